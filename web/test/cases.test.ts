import { describe, expect, test } from 'vitest';

import type { WaitingCase } from '../src/core/api';
import { fieldsOf } from '../src/core/forms/fields';
import { faultsOf, fen, filledOf, isMoved, moveOf, ordered, OWN, type FilledMove } from '../src/phone/cases';
import { keptWords } from '../src/phone/side';

function waiting(more: Partial<WaitingCase> = {}): WaitingCase {
  return {
    id: 'c', kind: 'repair', name: '维修', name_en: 'Repair', area: '500116001002001', urgent: false, step: 'found', step_name: '待核实',
    step_name_en: 'To be verified', waiting_since: '2026-11-27T09:00:00+08:00', version: 1,
    form: { type: 'object', required: ['seen'], properties: { seen: { type: 'boolean', title: '已到家中' } } },
    amount: true, referrals: [{ code: 'firm', name: '维修队', name_en: 'Repair firm' }],
    may_come: [
      { move: 'pass', name: '上报', name_en: 'Pass on', to: 'village', effect: 'advance' },
      { move: 'send', name: '转维修队', name_en: 'Send to a firm', to: 'firm', effect: 'advance', refers: true },
      { move: 'drop', name: '不需要', name_en: 'Not needed', to: 'dropped', effect: 'advance', leaves_undone: true },
    ],
    ...more,
  };
}

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
