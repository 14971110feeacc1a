/** What the phone reads besides the sync, and keeps sealed for the time without a network. */
import type { About, CaseDetail, CaseDocuments, Proposal, WaitingCase } from '../core/api';
import { open, seal } from '../core/seal';
import type { Opened } from '../core/session';
import type { Device } from '../core/store/device';
import { VISIBLE_MS } from '../core/store/expiry';
import { getMeta, putMeta } from '../core/store/person';
import type { Settled } from './local';

/** What became of a proposal. */
export type ProposalNews = Pick<Proposal, 'state' | 'reason' | 'kind'>;

/** What a person reads of a case before a move, and when that was. */
export interface CaseWords {
  readonly at: number;
  readonly detail?: string | undefined;
  /** What was said at the step before, such as what is asked for after a return. */
  readonly said?: string | undefined;
  readonly missing: CaseDetail['missing_documents'];
  /** The codes of the documents that are there. */
  readonly documents?: readonly string[];
}

export interface Side {
  /** By the id of the command that made the proposal. */
  readonly proposals: Record<string, ProposalNews>;
  /** By the id of the case. */
  readonly cases: Record<string, CaseWords>;
}

export const NO_SIDE: Side = { proposals: {}, cases: {} };

export async function readSide({ db, key }: Opened): Promise<Side> {
  const read = async <K extends keyof Side>(name: K): Promise<Side[K]> => {
    const box = await getMeta(db, name);
    return (box && (await open<Side[K]>(key, `meta|${name}`, box).catch(() => undefined))) ?? NO_SIDE[name];
  };
  return { proposals: await read('proposals'), cases: await read('cases') };
}

async function keep<K extends keyof Side>({ db, key }: Opened, name: K, value: Side[K]): Promise<void> {
  await putMeta(db, name, await seal(key, `meta|${name}`, value));
}

/** The words of the cases that still wait, as long as particulars may be kept. */
export function keptWords(words: Side['cases'], waiting: readonly WaitingCase[], now: number): Side['cases'] {
  const ids = new Set(waiting.map(({ id }) => id));
  return Object.fromEntries(Object.entries(words).filter(([id, { at }]) => ids.has(id) && now - at < VISIBLE_MS));
}

/** Forgets the words of cases that are too old or no longer wait. */
export async function forgetWords(opened: Opened, before: Side, waiting: readonly WaitingCase[]): Promise<Side> {
  const cases = keptWords(before.cases, waiting, Date.now());
  if (Object.keys(cases).length === Object.keys(before.cases).length) return before;
  await keep(opened, 'cases', cases);
  return { ...before, cases };
}

/** Reads the words of a case, which the service records, and keeps them for the time without a network. */
export async function loadWords(opened: Opened, before: Side, id: string): Promise<Side> {
  const [{ body }, { body: { items } }] = await Promise.all([
    opened.session.call<CaseDetail>({ method: 'GET', path: `/v1/cases/${id}` }),
    opened.session.call<CaseDocuments>({ method: 'GET', path: `/v1/cases/${id}/documents` }),
  ]);
  const documents = items.flatMap(({ complete, document }) => (complete && document ? [document] : []));
  const moves = (body.history ?? []).filter(({ action }) => action === 'move');
  const words = { at: Date.now(), detail: body.detail ?? undefined, said: moves[moves.length - 1]?.note ?? undefined, missing: body.missing_documents, documents };
  const cases = { ...before.cases, [id]: words };
  await keep(opened, 'cases', cases);
  return { ...before, cases };
}

/** Reads it anew where something of it may have changed. A failure leaves what was known. */
export async function loadSide(opened: Opened, before: Side, journal: readonly Settled[]): Promise<Side> {
  const proposals = await loadProposals(opened, before, journal).catch(() => before.proposals);
  if (proposals !== before.proposals) await keep(opened, 'proposals', proposals);
  return { ...before, proposals };
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
