import 'fake-indexeddb/auto';
import { deleteDB } from 'idb';
import { beforeEach, describe, expect, test } from 'vitest';

import { isPinned, removePin, setPin, tryPin, type Tried } from '../src/core/lock';
import { AWAY_MS, digitsOf, MOST, pinFault, unwrapKey, waitMs, wasAway, wrapKey } from '../src/core/pin';
import { open, seal, storageKey } from '../src/core/seal';
import type { Opened } from '../src/core/session';
import { getMeta, nameOf, openPerson, putMeta, type PersonDb } from '../src/core/store/person';

const MINUTE = 60_000;
const OWNER = { district: '500116000000', person: '01900000-0000-7000-8000-000000000001' };
const DEVICE_KEY = '5m0yqT3uZ4bUq1mC2o9Jt7f0vVZ3n8Wc6xkR1sLhPgE';

describe('a new PIN', () => {
  test.each([
    ['2580', undefined], ['135790', undefined], ['19520', undefined], ['2468', undefined],
    ['258', 'digits'], ['2580147', 'digits'], ['25a0', 'digits'], ['', 'digits'],
    ['1111', 'weak'], ['1234', 'weak'], ['654321', 'weak'],
  ])('%s: %s', (pin, fault) => expect(pinFault(pin, pin)).toBe(fault));

  test('is entered twice', () => expect(pinFault('2580', '2581')).toBe('differs'));

  test('may come from a Chinese keyboard', () => expect(digitsOf(' ２５８０ ')).toBe('2580'));
});

test('the wait doubles from the fifth wrong entry on, and a clock that was set back does not lengthen it', () => {
  const waits = Array.from({ length: MOST }, (_, wrong) => waitMs({ wrong, tried_at: 1000 }, 1000) / MINUTE);
  expect(waits).toEqual([0, 0, 0, 0, 0, 1, 2, 4, 8, 16]);
  expect(waitMs({ wrong: 5, tried_at: 1000 }, 1000 + MINUTE)).toBe(0);
  expect(waitMs({ wrong: 5, tried_at: 90 * MINUTE }, 0)).toBe(MINUTE);
});

test.each([
  [0, false], [AWAY_MS - 1, false], [AWAY_MS, true], [-1, true],
])('after %i ms out of sight: locked %s', (away, locked) => expect(wasAway(1e12, 1e12 + away)).toBe(locked));

test('a wrapped key opens with its PIN and for its person alone, and the page cannot read it', async () => {
  const key = await storageKey(DEVICE_KEY, OWNER.person, true);
  const wrapped = await wrapKey(key, '2580', OWNER.person, 10);
  const box = await seal(key, 'outbox|a', 'written');
  const opened = await unwrapKey(wrapped, '2580', OWNER.person);
  if (!opened) throw new Error('the PIN opens the key');
  expect(await open(opened, 'outbox|a', box)).toBe('written');
  await expect(crypto.subtle.exportKey('raw', opened)).rejects.toThrow();
  expect(await unwrapKey(wrapped, '2581', OWNER.person)).toBeUndefined();
  expect(await unwrapKey(wrapped, '2580', 'another')).toBeUndefined();
});

describe('the lock of a phone', () => {
  let db: PersonDb;
  let at = 0;

  beforeEach(async () => {
    db?.close();
    await deleteDB(nameOf(OWNER));
    db = await openPerson(OWNER);
    at = 1e12;
    const key = await storageKey(DEVICE_KEY, OWNER.person);
    await putMeta(db, 'key', key);
    await putMeta(db, 'device_key', await seal(key, 'meta|device_key', DEVICE_KEY));
    await putMeta(db, 'refresh', await seal(key, 'meta|refresh', 'token'));
    await db.put('rows', { type: 'task', id: 'a', version: 1, plain: {} }, ['task', 'a']);
    const box = await seal(key, 'outbox|c', 'written');
    await db.add('outbox', { id: 'c', type: 'task.report', at: '2026-11-28T08:00:00Z', box, sent: false });
    expect(await setPin({ owner: OWNER, db, key } as Opened, '2580')).toBe(true);
  });

  /** Tries after the longest wait. */
  function entry(pin: string): Promise<Tried> {
    at += 16 * MINUTE;
    return tryPin({ owner: OWNER, db }, pin, at);
  }

  test('has no key without the PIN, and the PIN opens it', async () => {
    expect(await getMeta(db, 'key')).toBeUndefined();
    const tried = await entry('2580');
    if (tried.state !== 'right') throw new Error(tried.state);
    const [written] = await db.getAll('outbox');
    expect(written && (await open(tried.key, 'outbox|c', written.box))).toBe('written');
    await removePin(db, tried.key);
    expect(await isPinned(db)).toBe(false);
    expect(await getMeta(db, 'key')).toBeDefined();
  });

  test('opens without a PIN after another window has taken it away, and keeps the rows', async () => {
    await removePin(db, await storageKey(DEVICE_KEY, OWNER.person));
    expect(await entry('2581')).toMatchObject({ state: 'right' });
    expect(await db.count('rows')).toBe(1);
  });

  test('makes wait after five wrong entries, also for the right PIN, and forgets them after it', async () => {
    for (let n = 0; n < 5; n += 1) expect(await entry('2581')).toEqual({ state: 'wrong' });
    expect(await tryPin({ owner: OWNER, db }, '2580', at + 1)).toEqual({ state: 'wait', ms: MINUTE - 1 });
    expect(await entry('2580')).toMatchObject({ state: 'right' });
    expect((await getMeta(db, 'pin'))?.wrong).toBe(0);
  });

  test('counts an entry whose answer the app did not live to see', async () => {
    const trying = entry('2581');
    await expect.poll(async () => (await getMeta(db, 'pin'))?.wrong).toBe(1);
    expect((await trying).state).toBe('wrong');
  });

  test('keeps what was written, and nothing else, after the last wrong entry', { timeout: 30_000 }, async () => {
    for (let n = 1; n < MOST; n += 1) expect((await entry('2581')).state).toBe('wrong');
    expect(await entry('2581')).toEqual({ state: 'spent' });
    expect(await entry('2580')).toEqual({ state: 'spent' });
    expect(await db.getAllKeys('meta')).toEqual(['pin']);
    expect(await db.count('rows')).toBe(0);
    const [written] = await db.getAll('outbox');
    const key = await storageKey(DEVICE_KEY, OWNER.person);
    expect(written && (await open(key, 'outbox|c', written.box))).toBe('written');
  });
});

test('a session from before needs a new sign-in first', async () => {
  const owner = { ...OWNER, person: 'another' };
  const db = await openPerson(owner);
  expect(await setPin({ owner, db, key: await storageKey(DEVICE_KEY, owner.person) } as Opened, '2580')).toBe(false);
  expect(await isPinned(db)).toBe(false);
});
