/** Incremental sync, exactly as `docs/clients.md` describes it. */
import type { CommandResult, Push, Synced, Task } from '../api';
import { Refusal, Unreachable } from '../http';
import { seal } from '../seal';
import { locked, type Session } from '../session';
import { getMeta, putMeta, type JournalEntry, type MovedCard, type PersonDb } from '../store/person';
import { withReserve } from '../store/reserve';
import { batch, MOST_COMMANDS, readAll, sendable, type Opened, type Sealed } from './outbox';
import { moved } from './project';
import { isReadable } from './readable';
import { keyOf, toStore, type Rows } from './rows';
import { arriving, type ResetReason } from './snapshot';

/** How a run ended. */
export interface Run {
  readonly state: 'synced' | 'offline' | 'busy' | 'password' | 'suspended';
  /** Seconds until the next run. */
  readonly after?: number;
  /** Why the rows were fetched anew, if they were. */
  readonly reset?: ResetReason | undefined;
  readonly refusal?: Refusal;
}

export interface Parts {
  readonly db: PersonDb;
  readonly key: CryptoKey;
  readonly session: Session;
  readonly rows: Rows;
  readonly device: string;
  /** What to call a task whose row is about to go: for the card that says so. */
  readonly describe: (task: Task) => { name?: string | undefined; kind?: string | undefined };
  /** After each page, with the reason if it has begun a snapshot. */
  readonly changed: (reset: ResetReason | undefined) => Promise<void>;
}

const OUTCOMES = new Set<CommandResult['outcome']>(['applied', 'recorded', 'rejected']);

/** Sends the outbox and pulls until nothing is left; one run at a time among all windows. */
export async function sync(parts: Parts): Promise<Run> {
  return locked(`gw-sync-${parts.db.name}`, async () => {
    try {
      return await runs(parts);
    } catch (error) {
      if (error instanceof Unreachable) return { state: 'offline' };
      if (!(error instanceof Refusal)) throw error;
      if (parts.session.state !== 'active') return { state: parts.session.state, refusal: error };
      return { state: 'busy', refusal: error, ...(error.retryAfter === undefined ? {} : { after: error.retryAfter }) };
    }
  });
}

async function runs(parts: Parts): Promise<Run> {
  let most = MOST_COMMANDS;
  let reset: ResetReason | undefined;
  for (;;) {
    const waiting = sendable(await readAll(parts.db, parts.key));
    const entries = batch(waiting, most);
    let page: Synced | undefined;
    try {
      page = await exchange(parts, entries);
    } catch (error) {
      if (error instanceof Refusal && error.status === 413 && most > 1) {
        most = Math.ceil(Math.min(most, entries.length) / 2);
        continue;
      }
      throw error;
    }
    if (!page) {
      await putMeta(parts.db, 'synced_at', new Date().toISOString());
      return { state: 'synced', after: (await getMeta(parts.db, 'poll_s')) ?? 900, reset };
    }
    // On a full phone what is sent makes room: the reserve is given up for it.
    await withReserve(parts.db, () => apply(parts, page, entries));
    reset = page.reset_reason ?? reset;
    await parts.changed(page.reset_reason ?? undefined);
    const kept = page.results.filter((result) => !OUTCOMES.has(result.outcome)).length;
    const more = waiting.length > entries.length && kept < entries.length;
    if (!page.has_more && !more) {
      return kept > 0 ? { state: 'busy', reset } : { state: 'synced', after: page.next_poll_s, reset };
    }
  }
}

/** One round trip; `undefined` if nothing has changed. */
async function exchange(parts: Parts, entries: readonly Opened[]): Promise<Synced | undefined> {
  const cursor = await getMeta(parts.db, 'cursor');
  const early = parts.session.takeEarly();
  if (entries.length === 0) {
    if (early && !cursor) return (await early).body;
    const path = `/v1/sync?limit=200${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ''}`;
    const headers: Record<string, string> = cursor ? { 'If-None-Match': `"${cursor}"` } : {};
    const answer = await parts.session.call<Synced>({ method: 'GET', path, headers });
    return answer.status === 304 ? undefined : answer.body;
  }
  await withReserve(parts.db, () => markSent(parts.db, entries));
  const head: Omit<Push, 'commands'> = {
    device: parts.device.slice(0, 64), device_time: new Date().toISOString(), limit: 200, ...(cursor ? { cursor } : {}),
  };
  // The texts are sent as they were made.
  const body = `${JSON.stringify(head).slice(0, -1)},"commands":[${entries.map((entry) => entry.text).join(',')}]}`;
  const headers = { 'Content-Type': 'application/json' };
  return (await parts.session.call<Synced>({ method: 'POST', path: '/v1/sync', body, headers })).body;
}

/** From here on the service may know them. */
async function markSent(db: PersonDb, entries: readonly Opened[]): Promise<void> {
  const tx = db.transaction('outbox', 'readwrite');
  await Promise.all([
    ...entries.filter(({ entry }) => !entry.sent).map(({ entry }) => tx.store.put({ ...entry, sent: true })),
    tx.done,
  ]);
}

/** Takes a page over in one transaction: results, rows, removals, and the cursor last. */
export async function apply(parts: Parts, page: Synced, entries: readonly Opened[]): Promise<void> {
  const { db, key, rows } = parts;
  const settled = await Promise.all(
    page.results.flatMap((result, index) => {
      const opened = entries[index];
      return opened && OUTCOMES.has(result.outcome) ? [journal(key, opened, result, page.server_time)] : [];
    }),
  );
  const arrived = arriving(page, await getMeta(db, 'snapshot'));
  const isOld = ({ type, id }: { type: string; id: string }): boolean => arrived !== undefined && !arrived.has(keyOf(type, id));
  const newer = page.changes.filter((row) => page.reset || isOld(row) || (rows.version(row.type, row.id) ?? 0) <= row.version);
  const incoming = newer.filter(({ type, data }) => isReadable(type, data));
  for (const { type, id } of incoming) arrived?.add(keyOf(type, id));
  const complete = arrived && !page.has_more ? arrived : undefined;
  const gone = complete ? rows.all('task').filter(({ id }) => !complete.has(keyOf('task', id))) : [];
  const cards = await movedCards(parts, page, gone, new Set(settled.flatMap(({ entry }) => entry.task_id ?? [])));
  const unreadable = await leftOut(db, page);
  const stored = await Promise.all(incoming.map((change) => toStore(key, change)));

  const tx = db.transaction(['meta', 'rows', 'outbox', 'journal', 'photos', 'moved'], 'readwrite', { durability: 'strict' });
  const store = {
    outbox: tx.objectStore('outbox'), journal: tx.objectStore('journal'), rows: tx.objectStore('rows'),
    photos: tx.objectStore('photos'), moved: tx.objectStore('moved'), meta: tx.objectStore('meta'),
  };
  await whole(tx, async (write) => {
    for (const { seq, entry, attachments } of settled) {
      write(store.outbox.delete(seq));
      write(store.journal.put(entry, entry.id));
      if (entry.type !== 'task.report') continue;
      const state = entry.outcome === 'rejected' ? 'refused' : 'ready';
      for (const id of attachments) {
        const photo = await store.photos.get(id);
        if (photo && photo.state === 'queued') write(store.photos.put({ ...photo, state }, id));
      }
    }
    if (page.reset && !arrived) write(store.rows.clear());
    for (const row of stored) write(store.rows.put(row, [row.type, row.id]));
    for (const { type, id } of page.removed) write(store.rows.delete([type, id]));
    if (complete) for (const key of await store.rows.getAllKeys()) if (!complete.has(keyOf(...key))) write(store.rows.delete(key));
    write(arrived && !complete ? store.meta.put([...arrived], 'snapshot') : store.meta.delete('snapshot'));
    for (const card of cards) write(store.moved.put(card, card.id));
    write(store.meta.put(new Date().toISOString(), 'synced_at'));
    write(store.meta.put(page.next_poll_s, 'poll_s'));
    write(store.meta.put(Date.parse(page.server_time) - Date.now(), 'skew_ms'));
    write(store.meta.put(unreadable, 'unreadable'));
    write(store.meta.put(page.cursor, 'cursor'));
  });

  if (page.reset && !arrived) rows.clear();
  for (const change of incoming) rows.put(change);
  for (const { type, id } of page.removed) rows.delete(type, id);
  if (complete) rows.keep(complete);
}

/** Writes all of it or nothing: a write that fails, as on a full phone, takes the others back. */
async function whole(
  tx: { abort: () => void; readonly done: Promise<void> },
  work: (write: (request: Promise<unknown>) => void) => Promise<void>,
): Promise<void> {
  const done = tx.done.then(() => undefined, (error: unknown) => error);
  try {
    // What fails here fails the transaction, which says so.
    await work((request) => void request.catch(() => undefined));
  } catch (error) {
    tx.abort();
    throw error;
  }
  const error = await done;
  if (error) throw error;
}

/** The rows that the app cannot read, by type and id: those of before that were not replaced, and those of this page. */
async function leftOut(db: PersonDb, page: Synced): Promise<string[]> {
  const before = page.reset ? [] : ((await getMeta(db, 'unreadable')) ?? []);
  const left = new Set(before);
  for (const { type, id, data } of page.changes) {
    if (isReadable(type, data)) left.delete(`${type} ${id}`);
    else left.add(`${type} ${id}`);
  }
  for (const { type, id } of page.removed) left.delete(`${type} ${id}`);
  return [...left];
}

interface Settled {
  readonly seq: number;
  readonly entry: JournalEntry;
  readonly attachments: readonly string[];
}

/** What a record is made of. */
type Ended = Pick<Opened, 'text' | 'shown'> & { readonly entry: Omit<Opened['entry'], 'box' | 'sent'> };

/** The record of what became of an entry. */
export async function journal(key: CryptoKey, opened: Ended, result: Pick<CommandResult, 'outcome' | 'problem'>, at: string): Promise<Settled> {
  const { id, type, task_id, seq } = opened.entry;
  const content: Sealed = {
    text: opened.text, shown: opened.shown, ...(result.problem ? { problem: result.problem } : {}),
  };
  const { payload } = JSON.parse(opened.text) as { payload?: { attachments?: string[] } };
  return {
    seq: seq ?? 0,
    attachments: payload?.attachments ?? [],
    entry: {
      id, type, at: opened.entry.at, settled_at: at, outcome: result.outcome, read: false,
      box: await seal(key, `journal|${id}`, content),
      ...(task_id ? { task_id } : {}),
    },
  };
}

/** The cards for tasks that this page takes out of the person's hands; `missing` ones are not in a new snapshot. */
async function movedCards(parts: Parts, page: Synced, missing: readonly Task[], settled: ReadonlySet<string>): Promise<MovedCard[]> {
  const after = new Map<string, Task | undefined>(missing.map(({ id }) => [id, undefined]));
  for (const { type, id } of page.removed) if (type === 'task') after.set(id, undefined);
  for (const { type, id, data } of page.changes) if (type === 'task') after.set(id, data as Task);
  const cards = moved(parts.rows.all('task'), after, settled, parts.session.owner.person);
  return Promise.all(
    cards.map(async ({ task_id, what }) => {
      const task = parts.rows.get('task', task_id);
      const content = { what, ...(task ? parts.describe(task) : {}) };
      return { id: task_id, at: page.server_time, box: await seal(parts.key, `moved|${task_id}`, content) };
    }),
  );
}
