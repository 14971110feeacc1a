import { describe, expect, test } from 'vitest';

import { isReadable } from '../src/core/sync/readable';
import { beneficiary, task } from './builders';

describe('a row is readable if it has what the screens rely on', () => {
  const good = task();
  const waitingCase = {
    id: 'c', kind: 'repair', name: '维修', name_en: 'Repair', step: 'found', step_name: '待核实', step_name_en: 'To be verified',
    waiting_since: '2026-11-27T09:00:00+08:00', may_come: [],
  };
  const rows: [string, string, unknown, boolean][] = [
    ['a task', 'task', good, true],
    ['a planned task', 'task', task({ planned_for: { day: '2026-11-27', start: 540, plan_id: 'p' } }), true],
    ['no content', 'task', null, false],
    ['a text', 'task', 'task', false],
    ['a task without skills', 'task', { ...good, skills: undefined }, false],
    ['a task with a day that is none', 'task', { ...good, due_on: 'soon' }, false],
    ['a task whose plan has no time', 'task', { ...good, planned_for: { day: '2026-11-27' } }, false],
    ['a beneficiary', 'beneficiary', beneficiary(), true],
    ['a beneficiary whose visits are no list', 'beneficiary', { ...beneficiary(), visits: 3 }, false],
    ['a case', 'case', waitingCase, true],
    ['a case whose moves are no list', 'case', { ...waitingCase, may_come: 1 }, false],
    ['a type of a later version', 'parade', null, true],
  ];
  test.each(rows)('%s', (_what, type, data, expected) => {
    expect(isReadable(type, data)).toBe(expected);
  });
});
