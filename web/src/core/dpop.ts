/** Proofs of the device's key: RFC 9449 as in `docs/clients.md`. */
import { base64url, sha256, utf8 } from './bytes';

/** The key of this installation. The private half cannot leave the browser. */
export interface DeviceKey {
  readonly pair: CryptoKeyPair;
  readonly jwk: PublicJwk;
}

export interface PublicJwk {
  readonly crv: string;
  readonly kty: string;
  readonly x: string;
  readonly y: string;
}

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256' } as const;

export async function newDeviceKey(): Promise<DeviceKey> {
  const pair = await crypto.subtle.generateKey(ALGORITHM, false, ['sign', 'verify']);
  const { x = '', y = '' } = await crypto.subtle.exportKey('jwk', pair.publicKey);
  return { pair, jwk: { crv: 'P-256', kty: 'EC', x, y } };
}

/** What a proof is for. */
export interface Proven {
  readonly method: string;
  /** The URL as the app calls it; query and fragment are dropped. */
  readonly url: string;
  readonly nonce: string | undefined;
  readonly accessToken: string | undefined;
  /** The phone's clock in milliseconds; the server's nonce decides, not this. */
  readonly now: number;
  readonly jti: string;
}

/** The first two parts of a proof, which the third part signs. */
export async function unsigned(jwk: PublicJwk, proven: Proven): Promise<string> {
  const header = { typ: 'dpop+jwt', alg: 'ES256', jwk };
  const claims: Record<string, unknown> = {
    jti: proven.jti,
    htm: proven.method,
    htu: proven.url.replace(/[?#].*$/, ''),
    iat: Math.floor(proven.now / 1000),
  };
  if (proven.nonce !== undefined) claims['nonce'] = proven.nonce;
  if (proven.accessToken !== undefined) {
    claims['ath'] = base64url(await sha256(utf8(proven.accessToken)));
  }
  return `${base64url(utf8(JSON.stringify(header)))}.${base64url(utf8(JSON.stringify(claims)))}`;
}

export async function proof(key: DeviceKey, proven: Proven): Promise<string> {
  const text = await unsigned(key.jwk, proven);
  const algorithm = { name: 'ECDSA', hash: 'SHA-256' };
  const signature = await crypto.subtle.sign(algorithm, key.pair.privateKey, utf8(text));
  return `${text}.${base64url(new Uint8Array(signature))}`;
}
