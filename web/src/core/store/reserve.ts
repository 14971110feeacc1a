/** Space that is kept back, so that a written report fits on a full phone. */
import type { PersonDb } from './person';

/** Enough for hundreds of written reports. */
const BYTES = 512 * 1024;
/** `crypto.getRandomValues` fills no more at once. */
const CHUNK = 65_536;

export function isFull(error: unknown): boolean {
  return error instanceof DOMException && error.name === 'QuotaExceededError';
}

/** Less than this many bytes left are few. */
const FEW = 20 * 1024 * 1024;

/** Whether the browser says that little space is left. */
export async function isNearlyFull(): Promise<boolean> {
  const { quota, usage } = (await navigator.storage?.estimate?.()) ?? {};
  return quota !== undefined && usage !== undefined && quota - usage < FEW;
}

/** Takes the reserve, if there is space; random bytes, since databases compress others. */
export async function keepReserve(db: PersonDb): Promise<void> {
  if (await db.getKey('meta', 'reserve')) return;
  const bytes = new Uint8Array(BYTES);
  for (let at = 0; at < BYTES; at += CHUNK) crypto.getRandomValues(bytes.subarray(at, at + CHUNK));
  await db.put('meta', bytes, 'reserve').catch(() => undefined);
}

/** Does the work; on a full phone it gives the reserve up and tries once more. */
export async function withReserve<T>(db: PersonDb, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!isFull(error) || !(await db.getKey('meta', 'reserve'))) throw error;
    await db.delete('meta', 'reserve');
    return work();
  }
}
