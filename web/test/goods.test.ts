import { describe, expect, test } from 'vitest';

import type { Handout } from '../src/core/api';
import { handoutOf, homes, left, leftAt, missing, type Filled } from '../src/phone/goods';

const RICE = { has_serial: false, needs_receipt: true, once: false };
const PLAQUE = { has_serial: true, needs_receipt: false, once: true };

function handout(more: Partial<Handout> = {}): Handout {
  return { id: 'h', beneficiary_id: 'b', grid: '500116001002001', item: 'rice', occasion: 'spring_festival', quantity: 2, station: '500116001002', state: 'planned', version: 1, ...more };
}

function filled(more: Partial<Filled> = {}): Filled {
  return { serial: '', signedBy: '', relation: '', byProxy: false, ...more };
}

describe('what is missing follows from the item', () => {
  test.each([
    ['a receipt without a name', RICE, filled(), ['signed_by']],
    ['a receipt', RICE, filled({ signedBy: '王小明' }), []],
    ['a proxy without a relation', RICE, filled({ signedBy: '王芳', byProxy: true }), ['relation']],
    ['a proxy', RICE, filled({ signedBy: '王芳', byProxy: true, relation: '女儿' }), []],
    ['a piece without its number', PLAQUE, filled({ serial: ' ' }), ['serial']],
    ['an item that the phone does not know', undefined, filled(), ['signed_by']],
  ])('%s', (_what, item, given, expected) => {
    expect(missing(item, given)).toEqual(expected);
  });
});

test('a hand-out is sent as planned, with its receipt, and without the station, which a move may have changed', () => {
  expect(handoutOf(handout(), RICE, filled({ signedBy: ' 王芳 ', byProxy: true, relation: '女儿' }))).toEqual({
    beneficiary_id: 'b', item: 'rice', occasion: 'spring_festival', quantity: 2, receipt: { signed_by: '王芳', relation: '女儿' },
  });
});

test('a numbered item of a single time is one piece, without an occasion', () => {
  expect(handoutOf(handout({ item: 'plaque', occasion: 'once', quantity: 1 }), PLAQUE, filled({ serial: '500116-1' }))).toEqual({
    beneficiary_id: 'b', item: 'plaque', quantity: 1, serial: '500116-1',
  });
});

test('each household is listed once, with all that it gets', () => {
  const list = homes([handout({ id: '1' }), handout({ id: '2', beneficiary_id: 'c' }), handout({ id: '3', item: 'oil' })]);
  expect(list.map(({ beneficiary_id, handouts }) => [beneficiary_id, handouts.map(({ id }) => id)])).toEqual([['b', ['1', '3']], ['c', ['2']]]);
});

test('what waits to be sent is no longer to hand out', () => {
  const all = [handout(), handout({ id: 'other', occasion: 'army_day' }), handout({ id: 'plaque', item: 'plaque' }), handout({ id: 'done', state: 'handed_out' })];
  const waits = (type: string, more: object): never => ({ id: 'c', at: '', sent: false, type, ...more }) as never;
  const ids = (commands: readonly never[]): string[] => left(all, commands).map(({ id }) => id);
  expect(ids([])).toEqual(['h', 'other', 'plaque']);
  expect(ids([waits('handout.hand_out', { payload: { beneficiary_id: 'b', item: 'rice', occasion: 'spring_festival' } })])).toEqual(['other', 'plaque']);
  expect(ids([waits('handout.hand_out', { payload: { beneficiary_id: 'b', item: 'plaque' } }), waits('handout.return', { handout_id: 'h' })])).toEqual(['other']);
});

test('at a visit only what is left for that beneficiary is handed over', () => {
  const all = [handout(), handout({ id: 'oil', item: 'oil' }), handout({ id: 'elsewhere', beneficiary_id: 'c' })];
  const given = { id: 'x', at: '', sent: false, type: 'handout.hand_out', payload: { beneficiary_id: 'b', item: 'rice', occasion: 'spring_festival' } } as never;
  expect(leftAt('b', all, [given]).map(({ id }) => id)).toEqual(['oil']);
});
