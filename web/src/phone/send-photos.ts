/** Uploads of the photos of reports that have arrived, and of the documents of cases. */
import type { ProblemBody } from '../core/api';
import type { Bytes } from '../core/bytes';
import { Refusal, type Http } from '../core/http';
import { open, openBytes } from '../core/seal';
import type { Opened } from '../core/session';
import type { JournalEntry, PersonDb, Photo } from '../core/store/person';
import { withReserve } from '../core/store/reserve';
import { journal } from '../core/sync/engine';
import { readAll, type Opened as Waiting, type Sealed, type Shown } from '../core/sync/outbox';
import { ownerOf, settleDocument } from './documents';

/** The end of an upload. */
type Result = { readonly outcome: 'applied' } | { readonly outcome: 'rejected'; readonly problem: ProblemBody };

/** The refusal of a picture whose stored bytes are missing or cannot be decrypted. */
const DAMAGED: Result = {
  outcome: 'rejected',
  problem: { type: '', title: '', detail: '', status: 422, code: 'damaged_picture', retryable: false },
};

/**
 * Sends them one at a time, until the network or the service fails; the next sync resumes it, also for a picture that
 * was refused for now. `before` precedes each picture, `after` follows it. With `documentsOnly` the photos of reports
 * wait. Answers whether a document has left the outbox.
 */
export async function sendPhotos(
  http: Http, opened: Opened, before: (n: number, of: number) => void, after: () => Promise<void>, documentsOnly = false,
): Promise<boolean> {
  const { db, key } = opened;
  const waiting = (await readAll(db, key)).filter(({ entry }) => entry.type === 'case.document');
  const documents = new Map(waiting.map((document) => [document.entry.id, document]));
  const ready = (await db.getAll('photos')).filter(({ id, state }) => state === 'ready' && (!documentsOnly || documents.has(id)));
  let left = false;
  for (const [index, photo] of ready.entries()) {
    before(index + 1, ready.length);
    const document = documents.get(photo.id);
    const result = await sendOne(http, opened, photo, document);
    if (result === 'stop') return left;
    if (result === 'later') continue;
    await settle(opened, photo, document, result);
    left ||= document !== undefined;
    await after();
  }
  return left;
}

/** Uploads one picture: `later` if it alone is to be sent again, `stop` if the others would fail as well. */
async function sendOne(http: Http, opened: Opened, photo: Photo, document: Waiting | undefined): Promise<Result | 'later' | 'stop'> {
  const { id, task_id, sha256 } = photo;
  const owner = document ? ownerOf(document.text) : task_id ? { task_id } : undefined;
  if (!owner) return 'later';
  const bytes = await picture(opened, id);
  if (!bytes) return DAMAGED;
  const { upload } = await import('../core/upload');
  try {
    await upload(http, opened.session, opened.db, { id, owner, bytes, sha256 });
    return { outcome: 'applied' };
  } catch (error) {
    if (!(error instanceof Refusal) || error.isGeneral) return 'stop';
    const { isFinal, problem } = error;
    return isFinal && problem ? { outcome: 'rejected', problem } : 'later';
  }
}

async function picture({ db, key }: Opened, id: string): Promise<Bytes | undefined> {
  const box = await db.get('blobs', id);
  return box && openBytes(key, `photos|${id}`, box).catch(() => undefined);
}

/** Stores the result. */
async function settle(opened: Opened, photo: Photo, document: Waiting | undefined, result: Result): Promise<void> {
  const { db, key } = opened;
  const at = new Date().toISOString();
  if (document) {
    const { entry } = await journal(key, document, result, at);
    return withReserve(db, () => settleDocument(db, photo, entry));
  }
  if (result.outcome === 'applied') return settlePhoto(db, photo);
  const { id, task_id = '' } = photo;
  const refused = { entry: { id, type: 'task.photo', task_id, at }, text: '{}', shown: await shownOf(opened, task_id) } as const;
  const { entry } = await journal(key, refused, result, at);
  return withReserve(db, () => settlePhoto(db, photo, entry));
}

/**
 * Settles the photo of a report. One that is refused stays with the `record` of it, since there is no other copy. What
 * another run has settled meanwhile, which deletes the picture, stays as it is.
 */
async function settlePhoto(db: PersonDb, photo: Photo, record?: JournalEntry): Promise<void> {
  const { id } = photo;
  const tx = db.transaction(['journal', 'photos', 'blobs', 'uploads'], 'readwrite', { durability: 'strict' });
  if ((await tx.objectStore('photos').get(id))?.state !== 'ready') return tx.done;
  await Promise.all([
    tx.objectStore('photos').put({ ...photo, state: record ? 'refused' : 'done' }, id),
    record ? tx.objectStore('journal').put(record, id) : tx.objectStore('blobs').delete(id),
    tx.objectStore('uploads').delete(id),
    tx.done,
  ]);
}

/** What the app shows of the report of the task, if its record is still here. */
async function shownOf({ db, key }: Opened, task: string): Promise<Shown> {
  const entry = (await db.getAll('journal')).find(({ type, task_id }) => type === 'task.report' && task_id === task);
  const record = entry && (await open<Sealed>(key, `journal|${entry.id}`, entry.box).catch(() => undefined));
  return { name: record?.shown.name, kind: record?.shown.kind };
}
