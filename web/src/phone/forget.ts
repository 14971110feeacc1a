/** What the phone drops by itself. */
import { open, seal } from '../core/seal';
import type { Opened } from '../core/session';
import { expired, JOURNAL_MS, masked, reduced, STALE_MS, VISIBLE_MS } from '../core/store/expiry';
import { getMeta, type PersonDb } from '../core/store/person';
import type { Sealed } from '../core/sync/outbox';
import { toStore, type Rows } from '../core/sync/rows';

/** Drops all rows after a long time without a sync; answers whether it did. */
export async function forgetStale(db: PersonDb, now = Date.now()): Promise<boolean> {
  const syncedAt = await getMeta(db, 'synced_at');
  if (!syncedAt || now - Date.parse(syncedAt) <= STALE_MS) return false;
  const tx = db.transaction(['rows', 'meta'], 'readwrite');
  await Promise.all([tx.objectStore('rows').clear(), tx.objectStore('meta').delete('cursor'), tx.done]);
  return true;
}

/**
 * Drops what the phone must not keep, from the disk and from `rows`, which were just opened: also when the server
 * cannot be asked. The record of a refused picture stays as long as the picture, of which there is no other copy.
 */
export async function forget({ db, key, owner }: Opened, rows: Rows, now = Date.now()): Promise<void> {
  const gone = expired(rows.all('beneficiary'), rows.all('task'), owner.person, now).map(masked);
  for (const data of gone) {
    const row = { type: 'beneficiary', id: data.id, version: rows.version('beneficiary', data.id) ?? 0, data };
    await db.put('rows', await toStore(key, row), ['beneficiary', data.id]);
    rows.put(row);
  }
  for (const entry of await db.getAll('journal')) {
    const age = now - Date.parse(entry.settled_at);
    const place = `journal|${entry.id}`;
    if (age > JOURNAL_MS && (await db.get('photos', entry.id))?.state !== 'refused') await db.delete('journal', entry.id);
    else if (age > VISIBLE_MS && !entry.reduced) {
      const record = await open<Sealed>(key, place, entry.box).catch(() => undefined);
      const kept = record && reduced(record, entry.outcome !== 'rejected');
      if (kept) await db.put('journal', { ...entry, box: await seal(key, place, kept), reduced: true }, entry.id);
    }
  }
  for (const { id, at } of await db.getAll('moved')) if (now - Date.parse(at) > VISIBLE_MS) await db.delete('moved', id);
}
