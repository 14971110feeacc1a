/** The draft of a report, sealed; and the moment in which it becomes a command. */
import type { Outcome, Place } from '../core/api';
import { hex, sha256, type Bytes } from '../core/bytes';
import { open, openBytes, seal, sealBytes, type Box } from '../core/seal';
import type { Opened } from '../core/session';
import type { Photo } from '../core/store/person';
import { withReserve } from '../core/store/reserve';
import { newEntry, type Shown } from '../core/sync/outbox';

/** What is written so far. */
export interface DraftContent {
  outcome?: Outcome | undefined;
  answers: Record<string, unknown>;
  needs: string[];
  note: string;
  photos: string[];
  place?: (Place & { accuracy_m: number }) | undefined;
  name?: string | undefined;
  kind?: string | undefined;
}

export function emptyDraft(): DraftContent {
  return { answers: {}, needs: [], note: '', photos: [] };
}

export async function loadDraft({ db, key }: Opened, task: string): Promise<DraftContent | undefined> {
  const draft = await db.get('drafts', task);
  // A damaged draft does not keep the form shut.
  return draft && open<DraftContent>(key, `drafts|${task}`, draft.box).catch(() => undefined);
}

export async function saveDraft({ db, key }: Opened, task: string, content: DraftContent): Promise<void> {
  const box = await seal(key, `drafts|${task}`, content);
  await db.put('drafts', { task_id: task, at: new Date().toISOString(), box }, task);
}

/** Deletes a draft with its photos. */
export async function dropDraft({ db }: Opened, task: string, photos: readonly string[]): Promise<void> {
  const tx = db.transaction(['drafts', 'photos', 'blobs'], 'readwrite');
  void tx.objectStore('drafts').delete(task);
  for (const id of photos) {
    void tx.objectStore('photos').delete(id);
    void tx.objectStore('blobs').delete(id);
  }
  await tx.done;
}

/** A picture as it is stored: what is known of it, and its sealed bytes. */
export async function sealPicture(key: CryptoKey, id: string, picture: Blob): Promise<{ photo: Omit<Photo, 'state'>; box: Box }> {
  const bytes = new Uint8Array(await picture.arrayBuffer()) as Bytes;
  const photo = { id, size: bytes.length, sha256: hex(await sha256(bytes)) };
  return { photo, box: await sealBytes(key, `photos|${id}`, bytes) };
}

export async function addPhoto({ db, key }: Opened, task: string, picture: Blob): Promise<string> {
  const id = crypto.randomUUID();
  const { photo: sealed, box } = await sealPicture(key, id, picture);
  const photo: Photo = { ...sealed, task_id: task, state: 'draft' };
  const tx = db.transaction(['photos', 'blobs'], 'readwrite');
  await Promise.all([tx.objectStore('photos').put(photo, id), tx.objectStore('blobs').put(box, id), tx.done]);
  return id;
}

export async function readPhoto({ db, key }: Opened, id: string): Promise<Blob | undefined> {
  const box = await db.get('blobs', id);
  return box && new Blob([await openBytes(key, `photos|${id}`, box)], { type: 'image/jpeg' });
}

export async function removePhoto({ db }: Pick<Opened, 'db'>, id: string): Promise<void> {
  const tx = db.transaction(['photos', 'blobs'], 'readwrite');
  await Promise.all([tx.objectStore('photos').delete(id), tx.objectStore('blobs').delete(id), tx.done]);
}

/**
 * Turns the draft into a command of the outbox, in one transaction: there is never neither and never
 * both, also when the page is killed.
 */
export async function commit(
  { db, key }: Opened,
  task: string,
  payload: Record<string, unknown>,
  base: number | undefined,
  shown: Shown,
): Promise<void> {
  const attachments = (payload['attachments'] as string[] | undefined) ?? [];
  const entry = await newEntry(
    key,
    { type: 'task.report', task_id: task, ...(base === undefined ? {} : { base_version: base }), payload },
    { ...shown, photos: attachments.length },
  );
  await withReserve(db, async () => {
    const tx = db.transaction(['outbox', 'drafts', 'photos'], 'readwrite', { durability: 'strict' });
    const writes: Promise<unknown>[] = [tx.objectStore('outbox').add(entry), tx.objectStore('drafts').delete(task)];
    for (const id of attachments) {
      const photo = await tx.objectStore('photos').get(id);
      if (photo) writes.push(tx.objectStore('photos').put({ ...photo, state: 'queued' }, id));
    }
    await Promise.all([...writes, tx.done]);
  });
}

/** Makes a refused report a draft again, with its photos, unless another draft has been begun. */
export async function redraft(opened: Opened, task: string, payload: Record<string, unknown>, shown: Shown): Promise<void> {
  const { db } = opened;
  if (await db.get('drafts', task)) return;
  const { outcome, answers, needs, note, attachments } = payload as Partial<DraftContent> & { attachments?: string[] };
  const photos: string[] = [];
  for (const id of attachments ?? []) {
    const photo = await db.get('photos', id);
    if (!photo || photo.state === 'done') continue;
    await db.put('photos', { ...photo, state: 'draft' }, id);
    photos.push(id);
  }
  const content = { outcome, answers: answers ?? {}, needs: needs ?? [], note: note ?? '', photos, name: shown.name, kind: shown.kind };
  await saveDraft(opened, task, content);
}

/** Deletes photos that no draft, no waiting report and no record names any more. */
export async function dropOrphans({ db }: Pick<Opened, 'db'>): Promise<void> {
  const [drafts, outbox, journal] = await Promise.all([db.getAll('drafts'), db.getAll('outbox'), db.getAll('journal')]);
  const tasks = new Set([...drafts, ...outbox, ...journal].map(({ task_id }) => task_id));
  const documents = new Set([...outbox, ...journal].map(({ id }) => id));
  for (const { id, task_id, state } of await db.getAll('photos')) {
    if (state === 'ready' || (task_id ? tasks.has(task_id) : documents.has(id))) continue;
    await removePhoto({ db }, id);
  }
}
