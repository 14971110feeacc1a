import 'fake-indexeddb/auto';
import { expect, test } from 'vitest';

import { add, batch, MOST_BYTES, readAll, takeBack } from '../src/core/sync/outbox';
import { openPerson, type PersonDb } from '../src/core/store/person';
import { storageKey } from '../src/core/seal';
import { uuid7 } from '../src/core/uuid7';

let people = 0;

async function phone(): Promise<{ db: PersonDb; key: CryptoKey }> {
  people += 1;
  const db = await openPerson({ district: '500116', person: String(people) });
  return { db, key: await storageKey('A'.repeat(43), String(people)) };
}

test('ids sort in the order of the taps, also within a millisecond', () => {
  const ids = Array.from({ length: 50 }, () => uuid7(1_796_169_600_000));
  expect([...ids].sort()).toEqual(ids);
  for (const id of ids) expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
});

test('a command is frozen, in order, and nothing of it is readable', async () => {
  const { db, key } = await phone();
  await add(db, key, { type: 'task.start', task_id: 't' }, { name: '张德民' });
  await add(db, key, { type: 'task.report', task_id: 't', payload: { outcome: 'done', note: '一切安好' } }, { name: '张德民' });
  const stored = JSON.stringify(await db.getAll('outbox'), (_key, value: unknown) => (value instanceof Uint8Array ? new TextDecoder().decode(value) : value));
  expect(stored).not.toMatch(/张德民|一切安好/);
  const [first, second] = await readAll(db, key);
  expect(first?.entry.type).toBe('task.start');
  expect(JSON.parse(second?.text ?? '')).toMatchObject({ type: 'task.report', payload: { note: '一切安好' } });
  expect((await readAll(db, key))[1]?.text).toBe(second?.text);
});

test('a command can be taken back only before it is sent', async () => {
  const { db, key } = await phone();
  const id = await add(db, key, { type: 'task.claim', task_id: 't' }, {});
  const other = await add(db, key, { type: 'task.claim', task_id: 'u' }, {});
  const [entry] = await db.getAll('outbox');
  if (!entry) throw new Error('no entry');
  await db.put('outbox', { ...entry, sent: true });
  expect(await takeBack(db, id)).toBe(false);
  expect(await takeBack(db, other)).toBe(true);
  expect(await db.count('outbox')).toBe(1);
});

test('another person’s key opens nothing', async () => {
  const { db, key } = await phone();
  await add(db, key, { type: 'task.claim', task_id: 't' }, {});
  expect(await readAll(db, await storageKey('A'.repeat(43), 'other'))).toEqual([]);
  expect(await db.count('outbox')).toBe(1);
});

test('a request has the oldest commands that fit', () => {
  const small = Array.from({ length: 130 }, (_, i) => ({ text: String(i) }));
  expect(batch(small, 100)).toHaveLength(100);
  expect(batch(small, 7).map(({ text }) => text)).toEqual(['0', '1', '2', '3', '4', '5', '6']);
  const large = { text: 'x'.repeat(MOST_BYTES + 1) };
  expect(batch([large, ...small], 100)).toEqual([large]);
});

test('a damaged entry stays on the disk and does not hold up the others', async () => {
  const { db, key } = await phone();
  await add(db, key, { type: 'task.start', task_id: 't' }, {});
  await add(db, key, { type: 'task.release', task_id: 'u' }, {});
  const [first] = await db.getAll('outbox');
  if (!first) throw new Error('no entry');
  await db.put('outbox', { ...first, box: { ...first.box, data: new Uint8Array(first.box.data.length) } });
  expect((await readAll(db, key)).map(({ entry }) => entry.task_id)).toEqual(['u']);
  expect(await db.count('outbox')).toBe(2);
});

test('a command that replaces a call without an answer has the id of the call', async () => {
  const { db, key } = await phone();
  const id = uuid7();
  expect(await add(db, key, { type: 'absence.create', payload: {} }, {}, id)).toBe(id);
  expect(JSON.parse((await readAll(db, key))[0]?.text ?? '')).toMatchObject({ id, type: 'absence.create' });
});
