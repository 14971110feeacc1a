/** Personal data on the phone: AES-256-GCM under a key that the page can use but not read. */
import { fromBase64url, utf8, type Bytes } from './bytes';

/** A sealed value. */
export interface Box {
  readonly iv: Bytes;
  readonly data: Bytes;
}

/**
 * The key of a person's data on this device, from the `device_key` of a sign-in: the same at each
 * sign-in, so data that was sealed before a session ended opens after the next one. It is extractable
 * only to be wrapped by a PIN.
 */
export async function storageKey(deviceKey: string, person: string, extractable = false): Promise<CryptoKey> {
  const secret = await crypto.subtle.importKey('raw', fromBase64url(deviceKey), 'HKDF', false, ['deriveKey']);
  return crypto.subtle.deriveKey(
    { name: 'HKDF', hash: 'SHA-256', salt: utf8('gridward storage 1'), info: utf8(person) },
    secret,
    { name: 'AES-GCM', length: 256 },
    extractable,
    ['encrypt', 'decrypt'],
  );
}

/** Seals a value for one place, such as `outbox|id`: it opens nowhere else. */
export async function seal(key: CryptoKey, place: string, value: unknown): Promise<Box> {
  return sealBytes(key, place, utf8(JSON.stringify(value)));
}

export async function sealBytes(key: CryptoKey, place: string, bytes: Bytes): Promise<Box> {
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const data = await crypto.subtle.encrypt({ name: 'AES-GCM', iv, additionalData: utf8(place) }, key, bytes);
  return { iv, data: new Uint8Array(data) };
}

/** The value of a box; rejects if the key, the place or the data differ. */
export async function open<T>(key: CryptoKey, place: string, box: Box): Promise<T> {
  return JSON.parse(new TextDecoder().decode(await openBytes(key, place, box))) as T;
}

export async function openBytes(key: CryptoKey, place: string, box: Box): Promise<Bytes> {
  const { iv, data } = box;
  const plain = await crypto.subtle.decrypt({ name: 'AES-GCM', iv, additionalData: utf8(place) }, key, data);
  return new Uint8Array(plain);
}
