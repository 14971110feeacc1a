/** What the phone reads besides the sync, and keeps sealed for the time without a network. */
import type { About, Proposal } from '../core/api';
import { open, seal } from '../core/seal';
import type { Opened } from '../core/session';
import type { Device } from '../core/store/device';
import { getMeta, putMeta } from '../core/store/person';
import type { Settled } from './local';

/** What became of a proposal. */
export type ProposalNews = Pick<Proposal, 'state' | 'reason' | 'kind'>;

export interface Side {
  /** By the id of the command that made the proposal. */
  readonly proposals: Record<string, ProposalNews>;
}

export const NO_SIDE: Side = { proposals: {} };

export async function readSide({ db, key }: Opened): Promise<Side> {
  const box = await getMeta(db, 'proposals');
  const proposals = box && (await open<Side['proposals']>(key, 'meta|proposals', box).catch(() => undefined));
  return proposals ? { proposals } : NO_SIDE;
}

/** Reads it anew where something of it may have changed. A failure leaves what was known. */
export async function loadSide(opened: Opened, before: Side, journal: readonly Settled[]): Promise<Side> {
  const proposals = await loadProposals(opened, before, journal).catch(() => before.proposals);
  const { db, key } = opened;
  if (proposals !== before.proposals) await putMeta(db, 'proposals', await seal(key, 'meta|proposals', proposals));
  return { proposals };
}

async function loadProposals({ session }: Opened, before: Side, journal: readonly Settled[]): Promise<Side['proposals']> {
  const own = journal.filter(({ entry }) => isProposal(entry.type) && entry.outcome !== 'rejected').map(({ entry }) => entry.id);
  if (own.every((id) => (before.proposals[id]?.state ?? 'open') !== 'open')) return before.proposals;
  const { body } = await session.call<{ items: Proposal[] }>({ method: 'GET', path: '/v1/proposals?limit=200' });
  const known = Object.entries(before.proposals).filter(([id]) => own.includes(id));
  const news = body.items.filter(({ id }) => own.includes(id)).map(({ id, state, reason, kind }) => [id, { state, reason, kind }] as const);
  return Object.fromEntries([...known, ...news]);
}

/** Whether a command asks the manager of the grid for a decision. */
export function isProposal(type: string): boolean {
  return type === 'need.raise' || type === 'task.propose_day';
}

/** Who runs the service, from the service or from the last time; it needs no sign-in. */
export async function loadAbout(device: Device): Promise<About | undefined> {
  try {
    const answer = await fetch('/v1/about', { cache: 'no-store', credentials: 'omit' });
    if (!answer.ok) return undefined;
    const about = (await answer.json()) as About;
    await device.setAbout(about);
    return about;
  } catch {
    return undefined;
  }
}
