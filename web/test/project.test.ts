import { describe, expect, test } from 'vitest';

import type { Command, Outcome, Phase } from '../src/core/api';
import { moved, project, type Pending } from '../src/core/sync/project';
import { ME, OTHER, task } from './builders';

function pending(type: Command['type'], payload?: Record<string, unknown>, task_id = task().id): Pending {
  return { id: type, type, task_id, at: '2026-11-27T09:00:00Z', sent: false, payload };
}

describe('what is shown is the row with the own commands applied', () => {
  const cases: [Phase, Command['type'], Phase][] = [
    ['open', 'task.claim', 'accepted'],
    ['assigned', 'task.accept', 'accepted'],
    ['assigned', 'task.decline', 'open'],
    ['accepted', 'task.release', 'open'],
    ['accepted', 'task.start', 'in_progress'],
    ['in_progress', 'task.release', 'open'],
  ];
  test.each(cases)('%s, %s: %s', (from, type, to) => {
    const before = task({ state: from, ...(from === 'open' ? {} : { assignee_id: ME }) });
    const shown = project(before, [pending(type)], ME, 2);
    expect(shown).toMatchObject({ state: to, pending: type });
  });

  const outcomes: [Outcome, number, Phase][] = [
    ['done', 1, 'done'], ['needs_follow_up', 1, 'done'], ['refused', 1, 'failed'], ['not_home', 1, 'open'], ['not_home', 2, 'failed'],
  ];
  test.each(outcomes)('a report with %s of attempt %i of 2: %s', (outcome, attempt, to) => {
    const before = task({ state: 'in_progress', assignee_id: ME, attempt });
    expect(project(before, [pending('task.report', { outcome })], ME, 2).state).toBe(to);
  });

  test('commands follow each other', () => {
    const commands = [pending('task.claim'), pending('task.start'), pending('task.report', { outcome: 'done' })];
    expect(project(task(), commands, ME, 2)).toMatchObject({ state: 'done', assignee_id: ME, pending: 'task.report' });
  });

  test('a command to another task, or to a task of another person, changes nothing', () => {
    const other = task({ state: 'accepted', assignee_id: OTHER });
    expect(project(other, [pending('task.start')], ME, 2)).toBe(other);
    expect(project(task(), [pending('task.claim', undefined, 'x')], ME, 2).state).toBe('open');
  });
});

describe('a task that leaves the hands without an own command is said', () => {
  const mine = task({ state: 'accepted', assignee_id: ME });
  test.each([
    ['reassigned', task({ state: 'assigned', assignee_id: OTHER })],
    ['cancelled', task({ state: 'cancelled' })],
    ['expired', task({ state: 'expired' })],
    ['open', task({ state: 'open' })],
    ['gone', undefined],
  ])('%s', (what, after) => {
    expect(moved([mine], new Map([[mine.id, after]]), new Set(), ME)).toEqual([{ task_id: mine.id, what }]);
  });

  test('not if it stays, is done, or an own command explains it', () => {
    expect(moved([mine], new Map([[mine.id, { ...mine, version: 2 }]]), new Set(), ME)).toEqual([]);
    expect(moved([mine], new Map([[mine.id, task({ state: 'done', assignee_id: ME })]]), new Set(), ME)).toEqual([]);
    expect(moved([mine], new Map([[mine.id, task()]]), new Set([mine.id]), ME)).toEqual([]);
    expect(moved([mine], new Map(), new Set(), ME)).toEqual([]);
  });
});
