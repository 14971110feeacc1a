/**
 * The PIN of this phone wraps the storage key; neither the PIN nor a hash of it is stored or sent. It stops
 * a finder of the phone, not an attacker with the phone's memory and time: a million PINs can be tried.
 */
import { utf8, type Bytes } from './bytes';
import type { Box } from './seal';

/** As many rounds as make one try take about a second on a cheap phone. */
export const ITERATIONS = 600_000;
/** Out of sight for this long, the app locks. */
export const AWAY_MS = 15 * 60_000;
/** From this many wrong entries on, the next one has to wait. */
const FREE = 5;
/** After this many wrong entries the password is needed. */
export const MOST = 10;
const FIRST_WAIT_MS = 60_000;

/** A storage key under a PIN. */
export interface Wrapped {
  readonly salt: Bytes;
  readonly iterations: number;
  readonly box: Box;
}

/** The lock of a person's data. */
export interface PinLock {
  /** Absent after too many wrong entries: then only a sign-in opens the data. */
  readonly wrapped?: Wrapped | undefined;
  /** Wrong entries since the last right one. */
  readonly wrong: number;
  /** When the last entry was made, in the phone's milliseconds. */
  readonly tried_at: number;
}

export type PinFault = 'digits' | 'weak' | 'differs';

/** The digits of an entry, also those of a Chinese keyboard: １２３ is 123. */
export function digitsOf(entry: string): string {
  return entry.normalize('NFKC').replace(/\s/g, '');
}

/** What is wrong with a new PIN and its repetition. */
export function pinFault(pin: string, again: string): PinFault | undefined {
  if (!/^\d{4,6}$/.test(pin)) return 'digits';
  if (isWeak(pin)) return 'weak';
  return pin === again ? undefined : 'differs';
}

/** Whether all steps from digit to digit are the same, and small: 1111, 1234, 654321. */
function isWeak(pin: string): boolean {
  const digits = Array.from(pin, Number);
  const steps = new Set(digits.slice(1).map((digit, i) => digit - (digits[i] ?? 0)));
  const [step] = steps;
  return steps.size === 1 && step !== undefined && Math.abs(step) <= 1;
}

/** Milliseconds until the next entry: 1, 2, 4, 8 and 16 minutes from the fifth wrong one on. */
export function waitMs({ wrong, tried_at }: Pick<PinLock, 'wrong' | 'tried_at'>, now: number): number {
  if (wrong < FREE) return 0;
  const wait = FIRST_WAIT_MS * 2 ** (wrong - FREE);
  // A clock that was set back makes nobody wait longer.
  return Math.max(0, Math.min(wait, tried_at + wait - now));
}

/** Whether the app has been out of sight for too long; a clock that was set back counts as that. */
export function wasAway(hiddenAt: number, now: number): boolean {
  return now < hiddenAt || now - hiddenAt >= AWAY_MS;
}

/** Wraps a key, which must be extractable, for one person. */
export async function wrapKey(key: CryptoKey, pin: string, person: string, iterations = ITERATIONS): Promise<Wrapped> {
  const [salt, iv] = [crypto.getRandomValues(new Uint8Array(16)), crypto.getRandomValues(new Uint8Array(12))];
  const data = await crypto.subtle.wrapKey('raw', key, await keyOf(pin, salt, iterations), algorithm(iv, person));
  return { salt, iterations, box: { iv, data: new Uint8Array(data) } };
}

/** The key, which the page can use but not read; `undefined` if the PIN is wrong. */
export async function unwrapKey(wrapped: Wrapped, pin: string, person: string): Promise<CryptoKey | undefined> {
  const { salt, iterations, box } = wrapped;
  const wrapping = await keyOf(pin, salt, iterations);
  try {
    return await crypto.subtle.unwrapKey('raw', box.data, wrapping, algorithm(box.iv, person), 'AES-GCM', false, ['encrypt', 'decrypt']);
  } catch (error) {
    if (error instanceof DOMException && error.name === 'OperationError') return undefined;
    throw error;
  }
}

async function keyOf(pin: string, salt: Bytes, iterations: number): Promise<CryptoKey> {
  const secret = await crypto.subtle.importKey('raw', utf8(pin), 'PBKDF2', false, ['deriveKey']);
  return crypto.subtle.deriveKey(
    { name: 'PBKDF2', hash: 'SHA-256', salt, iterations }, secret, { name: 'AES-GCM', length: 256 }, false, ['wrapKey', 'unwrapKey'],
  );
}

function algorithm(iv: Bytes, person: string): AesGcmParams {
  return { name: 'AES-GCM', iv, additionalData: utf8(`pin|${person}`) };
}
