/** The PIN lock of a person's data on this phone: setting it, trying it, and what is left after too many tries. */
import { MOST, unwrapKey, waitMs, wrapKey, type PinLock } from './pin';
import { open, storageKey } from './seal';
import type { Opened } from './session';
import { getMeta, type PersonDb } from './store/person';
import type { Owner } from './store/device';

/** A person's data without its key. */
export interface Locked {
  readonly owner: Owner;
  readonly db: PersonDb;
}

/** What became of an entry. */
export type Tried =
  | { readonly state: 'right'; readonly key: CryptoKey }
  | { readonly state: 'wrong' }
  | { readonly state: 'wait'; readonly ms: number }
  | { readonly state: 'spent' };

/** Whether a PIN is set. */
export async function isPinned(db: PersonDb): Promise<boolean> {
  return (await getMeta(db, 'pin')) !== undefined;
}

/** Locks the data with a new PIN; `false` if the key must first be had from a new sign-in. */
export async function setPin({ db, key, owner }: Opened, pin: string): Promise<boolean> {
  const box = await getMeta(db, 'device_key');
  if (!box) return false;
  const deviceKey = await open<string>(key, 'meta|device_key', box);
  const wrapped = await wrapKey(await storageKey(deviceKey, owner.person, true), pin, owner.person);
  const lock: PinLock = { wrapped, wrong: 0, tried_at: 0 };
  const tx = db.transaction('meta', 'readwrite', { durability: 'strict' });
  await Promise.all([tx.store.put(lock, 'pin'), tx.store.delete('key'), tx.done]);
  return true;
}

/** Takes the lock away; the app opens without a PIN again. */
export async function removePin(db: PersonDb, key: CryptoKey): Promise<void> {
  const tx = db.transaction('meta', 'readwrite', { durability: 'strict' });
  await Promise.all([tx.store.put(key, 'key'), tx.store.delete('pin'), tx.done]);
}

/** Tries a PIN. The entry is counted before it is known to be wrong, so that ending the app does not save it. */
export async function tryPin({ db, owner }: Locked, pin: string, now = Date.now()): Promise<Tried> {
  const tx = db.transaction('meta', 'readwrite', { durability: 'strict' });
  const [lock, bare] = (await Promise.all([tx.store.get('pin'), tx.store.get('key')])) as [PinLock | undefined, CryptoKey | undefined];
  const ms = lock ? waitMs(lock, now) : 0;
  // Another window has taken the lock away.
  if (!lock && bare) return { state: 'right', key: bare };
  if (!lock?.wrapped || lock.wrong >= MOST || ms > 0) {
    await tx.done;
    if (lock?.wrapped && lock.wrong < MOST) return { state: 'wait', ms };
    await spend(db);
    return { state: 'spent' };
  }
  const counted: PinLock = { ...lock, wrong: lock.wrong + 1, tried_at: now };
  // The slow part begins at once; what it finds is not looked at before the entry is counted on the disk.
  const unwrapped = unwrapKey(lock.wrapped, pin, owner.person);
  unwrapped.catch(() => undefined);
  await Promise.all([tx.store.put(counted, 'pin'), tx.done]);
  const key = await unwrapped;
  if (key) {
    await db.put('meta', { ...lock, wrong: 0 }, 'pin');
    return { state: 'right', key };
  }
  if (counted.wrong >= MOST) {
    await spend(db);
    return { state: 'spent' };
  }
  return { state: 'wrong' };
}

/**
 * Deletes the key, the session and the rows. What the person wrote stays, sealed: the next sign-in answers
 * the same key.
 */
async function spend(db: PersonDb): Promise<void> {
  const tx = db.transaction(['meta', 'rows'], 'readwrite', { durability: 'strict' });
  const meta = tx.objectStore('meta');
  const lock: PinLock = { wrong: MOST, tried_at: 0 };
  await Promise.all([
    meta.put(lock, 'pin'),
    ...(['key', 'device_key', 'refresh', 'session', 'me', 'cursor', 'synced_at'] as const).map((name) => meta.delete(name)),
    tx.objectStore('rows').clear(),
    tx.done,
  ]);
}
