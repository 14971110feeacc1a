import 'fake-indexeddb/auto';
import { describe, expect, test } from 'vitest';

import type { Synced } from '../src/core/api';
import { storageKey } from '../src/core/seal';
import { getMeta, openPerson } from '../src/core/store/person';
import { apply, type Parts } from '../src/core/sync/engine';
import { Rows } from '../src/core/sync/rows';
import type { ResetReason } from '../src/core/sync/snapshot';
import { ME, task } from './builders';

let phones = 0;

/** A phone with its rows in memory. */
async function phone(): Promise<Parts> {
  phones += 1;
  const owner = { district: '500116', person: ME };
  const db = await openPerson({ ...owner, person: `snapshot-${phones}` });
  const key = await storageKey('A'.repeat(43), owner.person);
  return {
    db, key, rows: new Rows(), device: 'phone', session: { owner } as Parts['session'],
    describe: () => ({ name: '张德民' }), changed: async () => undefined,
  };
}

interface Row { readonly id: string; readonly version?: number; readonly note?: string }

function page(rows: readonly Row[], more: Partial<Synced> = {}): Synced {
  const changes = rows.map(({ id, version = 1, note = '' }) => ({
    type: 'task', id, version, data: task({ id, version, assignee_id: ME, state: 'accepted', title: note }),
  }));
  return {
    results: [], reset: false, changes, removed: [], cursor: 'c', has_more: false, next_poll_s: 900,
    server_time: '2026-11-28T08:00:00+08:00', ...more,
  } as unknown as Synced;
}

const reset = (reset_reason: ResetReason, has_more: boolean): Partial<Synced> => ({ reset: true, reset_reason, has_more });

/** The tasks on the disk and in memory, which are the same. */
async function tasks({ db, key, rows }: Parts): Promise<Record<string, string>> {
  const read = (from: Rows): Record<string, string> => Object.fromEntries(from.all('task').map(({ id, title }) => [id, title ?? '']).sort());
  const stored = read(await Rows.load(db, key));
  expect(read(rows)).toEqual(stored);
  return stored;
}

describe('the old rows stay until the new snapshot is complete, where the person may have them', () => {
  test.each<ResetReason>(['epoch', 'age', 'district'])('%s', async (reason) => {
    const mine = await phone();
    await apply(mine, page([{ id: 'a', version: 5, note: 'old' }, { id: 'b', note: 'old' }, { id: 'c', note: 'old' }]), []);
    await apply(mine, page([{ id: 'a', version: 2, note: 'new' }], reset(reason, true)), []);
    expect(await tasks(mine)).toEqual({ a: 'new', b: 'old', c: 'old' });
    // The app is ended in between; the rest goes on where it was.
    const again = { ...mine, rows: await Rows.load(mine.db, mine.key) };
    await apply(again, page([{ id: 'b', note: 'new' }]), []);
    expect(await tasks(again)).toEqual({ a: 'new', b: 'new' });
    expect(await getMeta(again.db, 'snapshot')).toBeUndefined();
    // The visit that did not come back is named on a card.
    expect((await again.db.getAll('moved')).map(({ id }) => id)).toEqual(['c']);
  });

  test('a version counts among the rows of one snapshot', async () => {
    const mine = await phone();
    await apply(mine, page([{ id: 'a', version: 9, note: 'old' }]), []);
    await apply(mine, page([{ id: 'a', version: 3, note: 'new' }], reset('epoch', true)), []);
    await apply(mine, page([{ id: 'a', version: 2, note: 'late' }]), []);
    expect(await tasks(mine)).toEqual({ a: 'new' });
  });

  test('a second reset begins anew', async () => {
    const mine = await phone();
    await apply(mine, page([{ id: 'a', note: 'old' }, { id: 'b', note: 'old' }]), []);
    await apply(mine, page([{ id: 'a', note: 'new' }], reset('age', true)), []);
    await apply(mine, page([{ id: 'b', note: 'newer' }], reset('age', false)), []);
    expect(await tasks(mine)).toEqual({ b: 'newer' });
  });
});

test.each<ResetReason>(['scope', 'no_cursor'])('after %s the old rows go with the first page', async (reason) => {
  const mine = await phone();
  await apply(mine, page([{ id: 'a' }, { id: 'b' }]), []);
  await apply(mine, page([{ id: 'c' }], reset(reason, true)), []);
  expect(Object.keys(await tasks(mine))).toEqual(['c']);
  await apply(mine, page([{ id: 'd' }]), []);
  expect(Object.keys(await tasks(mine))).toEqual(['c', 'd']);
});
