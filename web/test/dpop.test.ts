import { readFileSync } from 'node:fs';

import { expect, test } from 'vitest';

import { newDeviceKey, proof, unsigned, type PublicJwk } from '../src/core/dpop';
import { fromBase64url, utf8 } from '../src/core/bytes';

/** The test vectors of the guide for developers of apps. */
function vector(name: string): string {
  const guide = readFileSync(new URL('../../docs/clients.md', import.meta.url), 'utf8');
  const found = new RegExp('```\\w+ ' + name + '\\n([^`]+)\\n```').exec(guide)?.[1];
  if (!found) throw new Error(`no vector ${name}`);
  return found;
}

function jwk(): PublicJwk {
  const { crv, kty, x, y } = JSON.parse(vector('key')) as PublicJwk;
  return { crv, kty, x, y };
}

test('a proof with an access token has the parts of the guide', async () => {
  const claims = JSON.parse(vector('request-claims')) as { jti: string; iat: number; nonce: string };
  const text = await unsigned(jwk(), {
    method: 'GET', url: 'https://gridward.example/v1/tasks?state=open', nonce: claims.nonce,
    accessToken: vector('access-token'), now: claims.iat * 1000, jti: claims.jti,
  });
  expect(text).toBe(vector('request-proof').split('.').slice(0, 2).join('.'));
});

test('a proof without an access token has no hash of one', async () => {
  const claims = JSON.parse(vector('sign-in-claims')) as { jti: string; iat: number; nonce: string };
  const text = await unsigned(jwk(), {
    method: 'POST', url: 'https://gridward.example/v1/auth/sign-in', nonce: claims.nonce,
    accessToken: undefined, now: claims.iat * 1000, jti: claims.jti,
  });
  expect(text).toBe(vector('sign-in-proof').split('.').slice(0, 2).join('.'));
});

test('the key of a device signs, and its private half cannot be read', async () => {
  const key = await newDeviceKey();
  await expect(crypto.subtle.exportKey('jwk', key.pair.privateKey)).rejects.toThrow();
  const made = await proof(key, {
    method: 'GET', url: 'https://gridward.example/v1/me', nonce: undefined, accessToken: undefined, now: 0, jti: 'a',
  });
  const [head, claims, signature = ''] = made.split('.');
  const algorithm = { name: 'ECDSA', hash: 'SHA-256' };
  expect(fromBase64url(signature)).toHaveLength(64);
  expect(await crypto.subtle.verify(algorithm, key.pair.publicKey, fromBase64url(signature), utf8(`${head}.${claims}`))).toBe(true);
});
