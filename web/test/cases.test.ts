import { describe, expect, test } from 'vitest';

import { fieldsOf } from '../src/core/forms/fields';
import { faultsOf, fen, filledOf, isMoved, moveOf, offered, ordered, OWN, visitOf, type FilledMove } from '../src/phone/cases';
import { keptWords } from '../src/phone/side';
import { waiting } from './builders';

function filled(more: Partial<FilledMove> = {}): FilledMove {
  return { ...filledOf(), move: 'pass', answers: { seen: true }, ...more };
}

const fields = fieldsOf(waiting().form ?? {}, {}, () => []);
const faults = (more: Partial<FilledMove>): [string, string][] => [...faultsOf(waiting(), filled(more), fields)];

test('urgent cases come first, then those whose last day is next, then the longest waiting', () => {
  const cases = [
    waiting({ id: 'none' }), waiting({ id: 'late', due_on: '2026-12-09' }), waiting({ id: 'soon', due_on: '2026-12-01' }),
    waiting({ id: 'older', waiting_since: '2026-11-20T09:00:00+08:00' }), waiting({ id: 'urgent', urgent: true }),
  ];
  expect(ordered(cases).map(({ id }) => id)).toEqual(['urgent', 'soon', 'late', 'older', 'none']);
});

describe('what is missing follows from the move and the step', () => {
  test.each([
    ['no move', { move: '' }, [[OWN.move, 'missing']]],
    ['a move that is no longer permitted', { move: 'approve' }, [[OWN.move, 'missing']]],
    ['a move with its answers', {}, []],
    ['a move without them', { answers: {} }, [['seen', 'missing']]],
    ['a move that leaves the work undone', { move: 'drop', answers: {} }, []],
    ['an amount that is none', { yuan: '一百' }, [[OWN.yuan, 'invalid']]],
    ['a referral to no one', { move: 'send' }, [[OWN.referTo, 'missing']]],
    ['a referral without a name', { move: 'send', referTo: 'firm', referName: ' ' }, [[OWN.referName, 'missing']]],
    ['a referral', { move: 'send', referTo: 'firm', referName: '江津维修队' }, []],
  ] as const)('%s', (_what, given, expected) => {
    expect(faults(given)).toEqual(expected);
  });
});

test('a move is sent with what its step asks for', () => {
  const all = filled({ note: ' 屋顶漏雨 ', yuan: '1200.50', referTo: 'firm', referName: '江津维修队' });
  expect(moveOf(waiting(), all, fields)).toEqual({
    move: 'pass', note: '屋顶漏雨', answers: { seen: true }, amount_fen: 120_050, referral: { to: 'firm', name: '江津维修队' },
  });
  expect(moveOf(waiting(), { ...all, move: 'drop' }, fields)).toEqual({ move: 'drop', note: '屋顶漏雨' });
  const plain = waiting({ form: null, amount: false, referrals: [] });
  expect(moveOf(plain, filled(), [])).toEqual({ move: 'pass' });
});

test.each([
  ['done', ['pass', 'drop']], ['undone', ['unseen', 'drop']], [undefined, ['pass', 'unseen', 'drop']],
] as const)('after a visit that is %s, %s may come', (visit, expected) => {
  const moves = waiting().may_come.map((next) => (next.move === 'send' ? { ...next, move: 'unseen', refers: false } : next));
  const one = waiting({ may_come: moves.map((next) => ({ ...next, ...(next.move === 'pass' && { after_task: 'done' as const }), ...(next.move === 'unseen' && { after_task: 'undone' as const }) })) });
  expect(offered(one, visit).may_come.map(({ move }) => move)).toEqual(expected);
});

test.each([
  ['done', undefined, 'done'], ['cancelled', undefined, 'undone'], ['failed', undefined, 'undone'], ['expired', undefined, 'undone'],
  ['open', undefined, 'live'], ['done', 'accepted', 'live'], ['cancelled', 'open', 'live'], ['done', 'failed', 'undone'], ['done', 'done', 'done'],
] as const)('a visit that is %s, and %s for a second person, is %s', (state, second, expected) => {
  const tied = second ? { tie: { type: 'two_people', id: 't' } as const, tied: [{ id: 'u', state: second }] } : {};
  expect(visitOf({ state, ...tied })).toBe(expected);
});

test('what became of a visit is unknown without its task, and without that of the second person', () => {
  expect(visitOf(undefined)).toBeUndefined();
  expect(visitOf({ state: 'cancelled', tie: { type: 'two_people', id: 't' } })).toBeUndefined();
});

test('what was refused is filled in again', () => {
  const sent = moveOf(waiting(), filled({ note: '屋顶漏雨', yuan: '1200.50', referTo: 'firm', referName: '江津维修队' }), fields);
  expect(moveOf(waiting(), filledOf(sent), fields)).toEqual(sent);
});

test('an amount is yuan with at most two decimals', () => {
  expect(['300', '0.01', '1000000', '0', '1000000.01', '1.005', '-1', ''].map(fen)).toEqual([30_000, 1, 100_000_000, ...Array<undefined>(5).fill(undefined)]);
});

test('a case whose move waits to be sent is no longer to be moved', () => {
  const waits = { id: 'x', type: 'case.move', case_id: 'c', at: '', sent: false } as const;
  expect([isMoved('c', [waits]), isMoved('d', [waits]), isMoved('c', [])]).toEqual([true, false, false]);
});

test('what was read of a case goes with the case, and after 72 hours', () => {
  const [hour, words] = [3_600_000, (at: number) => ({ at, detail: '屋顶漏雨', missing: [] })];
  const kept = keptWords({ c: words(0), gone: words(0), old: words(-hour) }, [waiting(), waiting({ id: 'old' })], 72 * hour - 1);
  expect(Object.keys(kept)).toEqual(['c']);
});
