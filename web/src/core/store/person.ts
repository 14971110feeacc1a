/** The data of one person on this phone. Personal fields lie sealed; nothing is indexed by them. */
import { deleteDB, openDB, type DBSchema, type IDBPDatabase } from 'idb';

import type { Command, CommandResult } from '../api';
import type { PinLock } from '../pin';
import type { Box } from '../seal';
import type { Owner } from './device';

/** A row of the service: plain without personal data, sealed otherwise. */
export interface StoredRow {
  readonly type: string;
  readonly id: string;
  readonly version: number;
  readonly plain?: unknown;
  readonly box?: Box;
}

/**
 * A command, or a document of a case: its picture is uploaded under the id of the entry. `task.photo` is in the journal
 * alone: a photo of a report that arrived, refused by itself.
 */
export type EntryType = Command['type'] | 'case.document' | 'task.photo';

/** What waits to be sent. Its sealed text never changes. */
export interface OutboxEntry {
  readonly seq?: number;
  readonly id: string;
  readonly type: EntryType;
  readonly task_id?: string;
  readonly at: string;
  /** The sealed text of the command, and beside it what the app shows of it. */
  readonly box: Box;
  /** Whether the server may have received it: then it can no longer be taken back. */
  readonly sent: boolean;
}

/** What became of an entry of the outbox. */
export interface JournalEntry {
  readonly id: string;
  readonly type: EntryType;
  readonly task_id?: string;
  readonly at: string;
  /** The service's time at the answer. */
  readonly settled_at: string;
  readonly outcome: CommandResult['outcome'];
  /** The command's text, with what the app shows and the problem of the answer. */
  readonly box: Box;
  readonly read: boolean;
  /** Whether the particulars were dropped after their time. */
  readonly reduced?: boolean;
}

/** The draft of a report. */
export interface Draft {
  readonly task_id: string;
  readonly at: string;
  readonly box: Box;
}

/** A photo of a draft, a report or a document; its sealed bytes are in the store `blobs`. */
export interface Photo {
  readonly id: string;
  /** Absent for a document, whose entry of the outbox or record names the case. */
  readonly task_id?: string;
  /** Bytes of the picture. */
  readonly size: number;
  readonly sha256: string;
  /** `refused` by itself or with its report, until it is sent again or removed. */
  readonly state: 'draft' | 'queued' | 'ready' | 'done' | 'refused';
}

/** A task left the person's hands without an action of theirs. */
export interface MovedCard {
  readonly id: string;
  readonly at: string;
  readonly box: Box;
}

interface PersonSchema extends DBSchema {
  meta: { key: string; value: unknown };
  rows: { key: [string, string]; value: StoredRow };
  outbox: { key: number; value: OutboxEntry };
  journal: { key: string; value: JournalEntry };
  drafts: { key: string; value: Draft };
  photos: { key: string; value: Photo };
  blobs: { key: string; value: Box };
  moved: { key: string; value: MovedCard };
  uploads: { key: string; value: { id: string; url: string } };
}

export type PersonDb = IDBPDatabase<PersonSchema>;

/** Values of the store `meta`. */
export interface Meta {
  cursor: string;
  /** The key of the sealed data; absent while a PIN wraps it. */
  key: CryptoKey;
  pin: PinLock;
  /** The `device_key` of the sign-in, sealed: a new PIN wraps the key that is made from it. */
  device_key: Box;
  refresh: Box;
  session: string;
  /** `GET /v1/me`, sealed. */
  me: Box;
  synced_at: string;
  poll_s: number;
  skew_ms: number;
  notices_read: string[];
  /** Type and id of rows that were left out, since the app cannot read them. */
  unreadable: string[];
  /** The rows that a snapshot has brought so far, while old ones wait for its end. */
  snapshot: string[];
  /** What became of the person's proposals, by id, sealed. */
  proposals: Box;
  /** What was read of cases that wait, by id, sealed. */
  cases: Box;
}

export function nameOf(owner: Owner): string {
  return `gw1-${owner.district}-${owner.person}`;
}

export async function openPerson(owner: Owner, outdated: () => void = () => undefined): Promise<PersonDb> {
  return openDB<PersonSchema>(nameOf(owner), 1, {
    upgrade(db) {
      for (const store of ['meta', 'rows', 'journal', 'drafts', 'photos', 'blobs', 'moved', 'uploads'] as const) {
        db.createObjectStore(store);
      }
      db.createObjectStore('outbox', { keyPath: 'seq', autoIncrement: true });
    },
    // A newer version of the app opens the database in another window.
    blocking: (_current, _blocked, event) => {
      (event.target as IDBDatabase).close();
      outdated();
    },
  });
}

export async function getMeta<K extends keyof Meta>(db: PersonDb, key: K): Promise<Meta[K] | undefined> {
  return (await db.get('meta', key)) as Meta[K] | undefined;
}

export async function putMeta<K extends keyof Meta>(db: PersonDb, key: K, value: Meta[K]): Promise<void> {
  await db.put('meta', value, key);
}

/** Whether a picture is still to be sent: its report has arrived or waits, or it is a document in the outbox. */
export function waits({ task_id, state }: Photo, outbox: readonly Pick<OutboxEntry, 'type' | 'task_id'>[]): boolean {
  return state === 'ready' || (state === 'queued' && outbox.some((entry) => entry.type === 'task.report' && entry.task_id === task_id));
}

/** Deletes all but what waits to be sent; answers whether something waits. */
export async function erase(db: PersonDb, owner: Owner): Promise<boolean> {
  const [outbox, photos] = await Promise.all([db.getAll('outbox'), db.getAll('photos')]);
  const dropped = photos.filter((photo) => !waits(photo, outbox));
  if (outbox.length === 0 && dropped.length === photos.length) {
    db.close();
    await deleteDB(nameOf(owner));
    return false;
  }
  const tx = db.transaction(['meta', 'rows', 'journal', 'drafts', 'moved', 'photos', 'blobs', 'uploads'], 'readwrite');
  await Promise.all([
    ...(['meta', 'rows', 'journal', 'drafts', 'moved'] as const).map((store) => tx.objectStore(store).clear()),
    ...dropped.flatMap(({ id }) => (['photos', 'blobs', 'uploads'] as const).map((store) => tx.objectStore(store).delete(id))),
    tx.done,
  ]);
  db.close();
  return true;
}
