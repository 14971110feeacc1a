/** Documents of cases: the state of each that a step lists, and the pictures in the outbox. */
import type { CaseDocumentWord, ProblemBody, WaitingCase } from '../core/api';
import type { Opened } from '../core/session';
import type { JournalEntry, PersonDb, Photo } from '../core/store/person';
import { newEntry, type Shown } from '../core/sync/outbox';
import type { Pending } from '../core/sync/project';
import { sealPicture } from './drafts';
import type { Settled } from './local';
import type { CaseWords } from './side';

const STORES = ['outbox', 'journal', 'photos', 'blobs', 'uploads'] as const;

/** A document as displayed on the screen of its case. */
export interface ShownDocument {
  readonly code: string;
  readonly name: string;
  readonly name_en: string;
  readonly state: 'there' | 'waiting' | 'refused' | 'missing' | 'optional' | 'unknown';
  /** Ids of the pictures in the outbox. */
  readonly waiting: readonly string[];
  /** Ids of the refused pictures, which are still on the phone. */
  readonly refused: readonly string[];
  /** The refusal of the last picture. */
  readonly problem?: ProblemBody | undefined;
}

/** The fields of an entry's text that identify the document. */
interface DocumentText {
  readonly case_id?: string;
  readonly payload?: { readonly document?: string };
}

/** The case, and the code of the document, of an entry's text. */
export function ownerOf(text: string): { case_id: string; document: string } {
  const { case_id = '', payload } = JSON.parse(text) as DocumentText;
  return { case_id, document: payload?.document ?? '' };
}

/**
 * The state of each document that the step of the case lists. `read` is the last answer of the service about the case;
 * `journal` is sorted from the newest record to the oldest.
 */
export function documentsOf(
  one: WaitingCase, read: CaseWords | undefined, commands: readonly Pending[], journal: readonly Settled[],
): ShownDocument[] {
  const own = journal.flatMap((record) => (record.entry.type === 'case.document' ? [{ ...record, ...ownerOf(record.text) }] : []));
  // A row stored by an earlier version has no list: the missing documents of the last answer take its place.
  const wanted: readonly CaseDocumentWord[] = one.documents ?? read?.missing?.map((word) => ({ ...word, required: true })) ?? [];
  return wanted.map(({ code, name, name_en, required, waived_if_urgent }) => {
    const waiting = commands.flatMap(({ id, type, case_id, payload }) => (type === 'case.document' && case_id === one.id && payload?.['document'] === code ? [id] : []));
    const records = own.filter(({ case_id, document }) => case_id === one.id && document === code);
    const [last] = records;
    const refused = records.flatMap(({ entry: { id, outcome } }) => (outcome === 'rejected' ? [id] : []));
    const shown = (state: ShownDocument['state']): ShownDocument => ({ code, name, name_en, waiting, refused, state });
    if (waiting.length > 0) return shown('waiting');
    if (last?.entry.outcome === 'applied' || read?.documents?.includes(code)) return shown('there');
    if (last) return { ...shown('refused'), problem: last.problem };
    if (!read?.documents) return shown('unknown');
    return shown(required && !(one.urgent && waived_if_urgent) ? 'missing' : 'optional');
  });
}

/** Adds a picture to the outbox. The entry and the sealed picture are stored in one transaction. */
export async function addDocument({ db, key }: Opened, case_id: string, document: string, shown: Shown, picture: Blob): Promise<string> {
  const entry = await newEntry(key, { type: 'case.document', case_id, payload: { document } }, shown);
  const { id } = entry;
  const { photo, box } = await sealPicture(key, id, picture);
  const tx = db.transaction(['outbox', 'photos', 'blobs'], 'readwrite', { durability: 'strict' });
  await Promise.all([
    tx.objectStore('outbox').add(entry),
    tx.objectStore('photos').put({ ...photo, state: 'ready' }, id),
    tx.objectStore('blobs').put(box, id),
    tx.done,
  ]);
  return id;
}

/** Removes pictures, with their entries of the outbox and the records of their refusals. */
export async function removeDocuments(db: PersonDb, ids: readonly string[]): Promise<void> {
  const tx = db.transaction(STORES, 'readwrite', { durability: 'strict' });
  const entries = (await tx.objectStore('outbox').getAll()).filter(({ id }) => ids.includes(id));
  await Promise.all([
    ...entries.flatMap(({ seq }) => (seq === undefined ? [] : [tx.objectStore('outbox').delete(seq)])),
    ...ids.flatMap((id) => (['journal', 'photos', 'blobs', 'uploads'] as const).map((store) => tx.objectStore(store).delete(id))),
    tx.done,
  ]);
}

/**
 * Replaces the entry of an uploaded or refused picture with its record. A refused picture stays on the phone, since
 * there is no other copy, unless it was removed during the upload.
 */
export async function settleDocument(db: PersonDb, photo: Photo, record: JournalEntry): Promise<void> {
  const { id } = photo;
  const tx = db.transaction(STORES, 'readwrite', { durability: 'strict' });
  const [outbox, photos] = [tx.objectStore('outbox'), tx.objectStore('photos')];
  const seq = (await outbox.getAll()).find((entry) => entry.id === id)?.seq;
  const refused = record.outcome === 'rejected';
  if (refused && seq === undefined) return tx.done;
  await Promise.all([
    ...(seq === undefined ? [] : [outbox.delete(seq)]),
    tx.objectStore('journal').put(record, id),
    tx.objectStore('uploads').delete(id),
    ...(refused ? [photos.put({ ...photo, state: 'refused' }, id)] : [photos.delete(id), tx.objectStore('blobs').delete(id)]),
    tx.done,
  ]);
}

/** Whether the picture of a record can be sent again: it is among the `refused` ones on the phone, and not damaged. */
export function canSendAgain({ entry, problem }: Settled, refused: ReadonlySet<string>): boolean {
  return refused.has(entry.id) && problem?.code !== 'damaged_picture';
}

/** Lets a refused picture wait again, under the same id: a document in the outbox. */
export async function sendAgain({ db, key }: Opened, { entry: { id, type }, text, shown }: Settled): Promise<void> {
  const { case_id, document } = ownerOf(text);
  const entry = type === 'case.document' ? await newEntry(key, { type, case_id, payload: { document } }, shown, undefined, id) : undefined;
  const tx = db.transaction(['outbox', 'journal', 'photos'], 'readwrite', { durability: 'strict' });
  const photo = await tx.objectStore('photos').get(id);
  if (photo?.state !== 'refused') return tx.done;
  await Promise.all([
    ...(entry ? [tx.objectStore('outbox').add(entry)] : []),
    tx.objectStore('journal').delete(id),
    tx.objectStore('photos').put({ ...photo, state: 'ready' }, id),
    tx.done,
  ]);
}
