/** What the phone drops by itself. */
import { open, seal } from '../core/seal';
import type { Opened } from '../core/session';
import { expired, JOURNAL_MS, masked, reduced, STALE_MS, VISIBLE_MS } from '../core/store/expiry';
import { getMeta, type PersonDb } from '../core/store/person';
import type { Sealed } from '../core/sync/outbox';
import { Rows, toStore } from '../core/sync/rows';

/** Drops all rows after a long time without a sync. */
export async function forgetStale(db: PersonDb, now = Date.now()): Promise<void> {
  const syncedAt = await getMeta(db, 'synced_at');
  if (!syncedAt || now - Date.parse(syncedAt) <= STALE_MS) return;
  const tx = db.transaction(['rows', 'meta'], 'readwrite');
  await Promise.all([tx.objectStore('rows').clear(), tx.objectStore('meta').delete('cursor'), tx.done]);
}

/** Drops what the phone must not keep: also when the server cannot be asked. */
export async function forget({ db, key, owner }: Opened): Promise<void> {
  const now = Date.now();
  await forgetStale(db, now);
  const rows = await Rows.load(db, key);
  const gone = expired(rows.all('beneficiary'), rows.all('task'), owner.person, now).map(masked);
  for (const data of gone) {
    const version = rows.version('beneficiary', data.id) ?? 0;
    await db.put('rows', await toStore(key, { type: 'beneficiary', id: data.id, version, data }), ['beneficiary', data.id]);
  }
  for (const entry of await db.getAll('journal')) {
    const age = now - Date.parse(entry.settled_at);
    const place = `journal|${entry.id}`;
    if (age > JOURNAL_MS) await db.delete('journal', entry.id);
    else if (age > VISIBLE_MS && !entry.reduced) {
      const record = await open<Sealed>(key, place, entry.box).catch(() => undefined);
      const kept = record && reduced(record, entry.outcome !== 'rejected');
      if (kept) await db.put('journal', { ...entry, box: await seal(key, place, kept), reduced: true }, entry.id);
    }
  }
  for (const { id, at } of await db.getAll('moved')) if (now - Date.parse(at) > VISIBLE_MS) await db.delete('moved', id);
}
