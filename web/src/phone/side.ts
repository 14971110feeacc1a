/** What the phone reads besides the sync, and keeps sealed for the time without a network. */
import type { About, Proposal, Task } from '../core/api';
import { open, seal } from '../core/seal';
import type { Opened } from '../core/session';
import type { Device } from '../core/store/device';
import { getMeta, putMeta } from '../core/store/person';
import type { ShownTask } from '../core/sync/project';
import type { Settled } from './local';

/** What became of a proposal. */
export type ProposalNews = Pick<Proposal, 'state' | 'reason' | 'kind'>;

export interface Side {
  /** The names of those who visit together with the person, by task. */
  readonly companions: Record<string, readonly string[]>;
  /** By the id of the command that made the proposal. */
  readonly proposals: Record<string, ProposalNews>;
}

export const NO_SIDE: Side = { companions: {}, proposals: {} };

export async function readSide({ db, key }: Opened): Promise<Side> {
  const read = async <K extends 'companions' | 'proposals'>(name: K): Promise<Side[K]> => {
    const box = await getMeta(db, name);
    return (box && (await open<Side[K]>(key, `meta|${name}`, box).catch(() => undefined))) ?? NO_SIDE[name];
  };
  return { companions: await read('companions'), proposals: await read('proposals') };
}

/** Reads it anew where something of it may have changed. A failure leaves what was known. */
export async function loadSide(opened: Opened, before: Side, mine: readonly ShownTask[], journal: readonly Settled[]): Promise<Side> {
  const companions = await loadCompanions(opened, before, mine).catch(() => before.companions);
  const proposals = await loadProposals(opened, before, journal).catch(() => before.proposals);
  const { db, key } = opened;
  if (companions !== before.companions) await putMeta(db, 'companions', await seal(key, 'meta|companions', companions));
  if (proposals !== before.proposals) await putMeta(db, 'proposals', await seal(key, 'meta|proposals', proposals));
  return { companions, proposals };
}

async function loadCompanions({ session }: Opened, before: Side, mine: readonly ShownTask[]): Promise<Side['companions']> {
  const tied = mine.filter(({ tie }) => tie?.type === 'two_people');
  if (tied.length === 0 && Object.keys(before.companions).length === 0) return before.companions;
  const found = await Promise.all(
    tied.map(async ({ id }) => {
      const { body } = await session.call<Task>({ method: 'GET', path: `/v1/tasks/${id}` });
      return [id, (body.tied ?? []).flatMap(({ assignee_name }) => assignee_name ?? [])] as const;
    }),
  );
  return Object.fromEntries(found);
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
