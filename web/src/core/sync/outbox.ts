/** The outbox: commands, and documents of cases, in the order of the taps, frozen when they are made. */
import type { Command, ProblemBody } from '../api';
import { open, seal } from '../seal';
import type { OutboxEntry, PersonDb } from '../store/person';
import { withReserve } from '../store/reserve';
import { uuid7 } from '../uuid7';
import type { Pending } from './project';

/** What the app shows of a command after the task has left the phone. */
export interface Shown {
  readonly name?: string | undefined;
  readonly kind?: string | undefined;
  /** Names of the follow-up kinds that the report asks for. */
  readonly follow_ups?: readonly string[];
  /** Names of the needs that become cases. */
  readonly cases?: readonly string[];
  readonly photos?: number;
}

/** The sealed content of an entry. */
export interface Sealed {
  /** The JSON that is sent, always the same bytes. */
  readonly text: string;
  readonly shown: Shown;
  readonly problem?: ProblemBody;
}

/** A command to make; the outbox adds its id and time. */
export interface NewCommand {
  readonly type: Command['type'];
  readonly task_id?: string;
  readonly beneficiary_id?: string;
  readonly notice_id?: string;
  readonly absence_id?: string;
  readonly handout_id?: string;
  readonly case_id?: string;
  readonly base_version?: number;
  readonly payload?: Record<string, unknown>;
}

/** A document of a case, whose picture is stored with the entry. */
export interface NewDocument {
  readonly type: 'case.document';
  readonly task_id?: never;
  readonly case_id: string;
  readonly payload: { readonly document: string };
}

/** Seals a new entry. Storing it is one write, which the caller may join with others. */
export async function newEntry(key: CryptoKey, command: NewCommand | NewDocument, shown: Shown, now = new Date(), id = uuid7(now.getTime())): Promise<OutboxEntry> {
  const at = now.toISOString();
  const text = JSON.stringify({ id, at, ...command });
  const box = await seal(key, `outbox|${id}`, { text, shown } satisfies Sealed);
  return { id, type: command.type, at, box, sent: false, ...(command.task_id ? { task_id: command.task_id } : {}) };
}

/** Stores a command, under the id of a call that got no answer if there was one; it is on the disk when the promise resolves. */
export async function add(db: PersonDb, key: CryptoKey, command: NewCommand, shown: Shown, id?: string): Promise<string> {
  const entry = await newEntry(key, command, shown, undefined, id);
  await withReserve(db, async () => {
    const tx = db.transaction('outbox', 'readwrite', { durability: 'strict' });
    await Promise.all([tx.store.add(entry), tx.done]);
  });
  return entry.id;
}

/** Takes a command back that was never sent; `false` if it is too late. */
export async function takeBack(db: PersonDb, id: string): Promise<boolean> {
  const tx = db.transaction('outbox', 'readwrite');
  const entry = (await tx.store.getAll()).find((other) => other.id === id);
  const possible = entry?.seq !== undefined && !entry.sent;
  if (possible && entry.seq !== undefined) await tx.store.delete(entry.seq);
  await tx.done;
  return possible;
}

/** An entry with its content. */
export interface Opened extends Sealed {
  readonly entry: OutboxEntry;
}

export async function readAll(db: PersonDb, key: CryptoKey): Promise<Opened[]> {
  const entries = await db.getAll('outbox');
  const opened = entries.map((entry) =>
    open<Sealed>(key, `outbox|${entry.id}`, entry.box).then(
      (content): Opened[] => [{ entry, ...content }],
      // A damaged entry stays on the disk, and does not hold up the others.
      () => [],
    ),
  );
  return (await Promise.all(opened)).flat();
}

export function pending({ entry, text }: Opened): Pending {
  const { id, type, at, sent, task_id } = entry;
  const { payload, handout_id, case_id } = JSON.parse(text) as Pick<NewCommand, 'payload' | 'handout_id' | 'case_id'>;
  return { id, type, at, sent, task_id, handout_id, case_id, payload };
}

/** The commands that may be sent now: a move of a case follows the documents that wait to be uploaded to it. */
export function sendable(entries: readonly Opened[]): Opened[] {
  const waiting = entries.map((opened) => ({ opened, ...pending(opened) }));
  const cases = new Set(waiting.flatMap(({ type, case_id }) => (type === 'case.document' ? [case_id] : [])));
  return waiting
    .filter(({ type, case_id }) => type !== 'case.document' && !(type === 'case.move' && cases.has(case_id)))
    .map(({ opened }) => opened);
}

/** The most commands and bytes of JSON in one request: the service takes 100 and 256 KiB. */
export const MOST_COMMANDS = 100;
export const MOST_BYTES = 200 * 1024;

/** The oldest entries that fit into one request. A single large one is sent alone. */
export function batch<T extends { readonly text: string }>(entries: readonly T[], most: number): T[] {
  const taken: T[] = [];
  let bytes = 0;
  for (const entry of entries.slice(0, Math.min(most, MOST_COMMANDS))) {
    bytes += new TextEncoder().encode(entry.text).length + 1;
    if (taken.length > 0 && bytes > MOST_BYTES) break;
    taken.push(entry);
  }
  return taken;
}
