/** Uploads of the photos of reports that have arrived. */
import type { Http } from '../core/http';
import { openBytes } from '../core/seal';
import type { Opened } from '../core/session';

/** Sends them one at a time, until one fails; the next sync resumes it. `before` precedes each photo, `after` follows it. */
export async function sendPhotos(
  http: Http, { db, key, session }: Opened, before: (n: number, of: number) => void, after: () => Promise<void>,
): Promise<void> {
  const ready = (await db.getAll('photos')).filter(({ state }) => state === 'ready');
  for (const [index, photo] of ready.entries()) {
    before(index + 1, ready.length);
    const box = await db.get('blobs', photo.id);
    if (!box) continue;
    const { upload } = await import('../core/upload');
    try {
      const bytes = await openBytes(key, `photos|${photo.id}`, box);
      await upload(http, session, db, { id: photo.id, task_id: photo.task_id, bytes, sha256: photo.sha256 });
    } catch {
      return;
    }
    const tx = db.transaction(['photos', 'blobs', 'uploads'], 'readwrite');
    await Promise.all([
      tx.objectStore('photos').put({ ...photo, state: 'done' }, photo.id),
      tx.objectStore('blobs').delete(photo.id),
      tx.objectStore('uploads').delete(photo.id),
      tx.done,
    ]);
    await after();
  }
}
