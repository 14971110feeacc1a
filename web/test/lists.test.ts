import { readdirSync, readFileSync } from 'node:fs';

import { expect, test } from 'vitest';

import { distance, rough } from '../src/core/geo';
import { expired, masked, reduced } from '../src/core/store/expiry';
import { project, type ShownTask } from '../src/core/sync/project';
import { clock, dayOf, daysBetween, lunar, monday } from '../src/core/time';
import { first, groups, isLate, tripOf, whyMe } from '../src/phone/model';
import { beneficiary, ME, task } from './builders';

const mine = { state: 'accepted' as const, assignee_id: ME };

test('visits are grouped by day, in the order of the route, a started one first', () => {
  const plan = (day: string, start: number): { planned_for: { day: string; plan_id: string; start: number } } => ({ planned_for: { day, plan_id: 'p', start } });
  const tasks = [
    task({ id: 'later', due_on: '2026-12-20', ...mine }),
    task({ id: 'second', ...plan('2026-11-26', 590), ...mine }),
    task({ id: 'first', ...plan('2026-11-26', 540), ...mine }),
    task({ id: 'over', due_on: '2026-11-20', ...mine }),
    task({ id: 'week', ...plan('2026-11-28', 540), due_on: '2026-12-20', ...mine }),
    task({ id: 'started', due_on: '2026-12-20', assignee_id: ME, state: 'in_progress' }),
  ];
  const found = groups(tasks, '2026-11-26');
  const ids = Object.fromEntries(Object.entries(found).map(([name, list]) => [name, list.map(({ id }: { id: string }) => id)]));
  expect(ids).toEqual({ today: ['started', 'first', 'second'], overdue: ['over'], week: ['week'], later: ['later'] });
});

test('the way to a planned visit says when to leave', () => {
  const plan = { day: '2026-11-26', plan_id: 'p', start: 540 };
  expect(tripOf(task({ ...mine, planned_for: { ...plan, travel: 15 } }))).toEqual({ minutes: 15, leave: 525 });
  expect(tripOf(task({ ...mine, planned_for: plan }))).toBeUndefined();
  expect(tripOf(task({ ...mine, planned_for: { ...plan, travel: 0 } }))).toBeUndefined();
  expect(tripOf(task({ assignee_id: ME, state: 'in_progress', planned_for: { ...plan, travel: 15 } }))).toBeUndefined();
});

test('why me is said from the rows alone', () => {
  const visits = [{ day: '2026-10-12', kind: 'home_visit', outcome: 'done' as const, by: '王芳' }, { day: '2026-08-01', kind: 'home_visit', outcome: 'done' as const, by: '陈桂芳' }];
  const planned = task({ ...mine, planned_for: { day: '2026-11-26', plan_id: 'p', start: 540 } });
  const facts = whyMe(planned, beneficiary({ visits }), '陈桂芳', undefined, undefined).map(({ fact }) => fact);
  expect(facts).toEqual(['planned', 'known_before']);
  expect(whyMe(task(mine), beneficiary({ visits }), '王芳', undefined, 'claimed').map(({ fact }) => fact)).toEqual(['claimed', 'known']);
  const reasoned = task({ ...mine, planned_for: { day: '2026-11-26', plan_id: 'p', start: 540, why: 'on_the_way', travel: 12, order: 1 } });
  expect(whyMe(reasoned, undefined, '王芳', { lat: 29, lon: 106 }, undefined).slice(1)).toEqual([{ fact: 'on_the_way' }, { fact: 'travel', minutes: 12 }]);
  const call = task({ ...mine, planned_for: { day: '2026-11-26', plan_id: 'p', start: 540, why: 'by_phone', travel: 0, order: 1 } });
  expect(whyMe(call, undefined, '王芳', { lat: 29, lon: 106 }, undefined).slice(1)).toEqual([{ fact: 'by_phone' }]);
  expect(whyMe(task({ ...mine, state: 'assigned' }), undefined, '王芳', { lat: 29, lon: 106 }, undefined)).toEqual([{ fact: 'given' }]);
  // Accepted: it was given. Of what another phone did, nothing is said.
  expect(whyMe(task(mine), undefined, '王芳', undefined, 'given')).toEqual([{ fact: 'given' }]);
  expect(whyMe(task(mine), undefined, '王芳', undefined, undefined)).toEqual([{ fact: 'yours' }]);
});

test('urgent visits come first, then those that wait longest, each with its reasons', () => {
  const today = '2026-11-26';
  const tasks = [
    task({ id: 'usual', due_on: '2026-11-30', created_at: '2026-11-20T09:00:00+08:00' }),
    task({ id: 'waiting', not_before: '2026-11-01', due_on: '2026-11-30', created_at: '2026-11-01T09:00:00+08:00' }),
    task({ id: 'overdue', due_on: '2026-11-20', created_at: '2026-11-01T09:00:00+08:00' }),
    task({ id: 'urgent', due_on: '2026-11-28', priority: 9, attempt: 3, created_at: today }),
    task({ id: 'no one', due_on: '2026-11-29', unserved_why: 'no_skill', created_at: today }),
    task({ id: 'done', due_on: '2026-11-01', priority: 9, state: 'done' }),
  ].map((one) => ({ ...one, waiting: false }) as never);
  const found = first(tasks, today).map(({ task: { id }, reasons }) => [id, reasons.map((reason) => ('n' in reason ? `${reason.why} ${reason.n}` : 'because' in reason ? `${reason.why} ${reason.because}` : reason.why))]);
  expect(found).toEqual([
    ['urgent', ['urgent', 'not_reached 2']],
    ['overdue', ['overdue 6']],
    ['no one', ['no_one no_skill']],
    ['waiting', ['waiting 25']],
  ]);
});

test('a visit waits from its creation, or from its first day if that is later', () => {
  const today = '2026-11-26';
  const made = { due_on: '2026-12-20', created_at: '2026-10-01T09:00:00+08:00' };
  const tasks = [
    task({ id: 'later', not_before: '2026-12-01', ...made }),
    task({ id: 'just begun', not_before: '2026-11-26', ...made }),
    task({ id: 'nearly', not_before: '2026-11-13', ...made }),
    task({ id: 'waiting', not_before: '2026-11-12', ...made }),
    task({ id: 'created later', not_before: '2026-10-01', due_on: '2026-12-20', created_at: '2026-11-10T09:00:00+08:00' }),
  ];
  const found = first(tasks, today).map(({ task: { id }, reasons }) => [id, reasons]);
  expect(found).toEqual([
    ['waiting', [{ why: 'waiting', n: 14 }]],
    ['created later', [{ why: 'waiting', n: 16 }]],
  ]);
  const urgent = first([task({ not_before: '2026-12-01', priority: 9, ...made })], today);
  expect(urgent.map(({ reasons }) => reasons)).toEqual([[{ why: 'urgent' }]]);
});

test('a visit that has met no one at its last attempt comes first, for each default kind of service', () => {
  const defaults = new URL('../../api/src/catalogue/defaults/', import.meta.url);
  const files = readdirSync(defaults).filter((name) => name.endsWith('.json'));
  expect(files).toContain('home_visit.json');
  for (const file of files) {
    const { code, attempts } = JSON.parse(readFileSync(new URL(file, defaults), 'utf8')) as { code: string; attempts: number };
    const visit = task({ kind: code, attempt: attempts, state: 'accepted', assignee_id: ME, due_on: '2026-11-30' });
    const report = (outcome: 'not_home' | 'refused'): ShownTask =>
      project(visit, [{ id: 'r', type: 'task.report', task_id: visit.id, at: '', sent: false, payload: { outcome } }], ME, attempts);
    const reasons = (one: ShownTask): unknown => first([one], '2026-11-26').map((found) => found.reasons);
    expect(reasons(report('not_home')), code).toEqual([[{ why: 'not_reached', n: attempts }]]);
    expect(reasons(report('refused')), code).toEqual([]);
  }
});

test('a planned visit is late after its due day', () => {
  expect(isLate({ day: '2026-11-28', due_on: '2026-11-27' })).toBe(true);
  expect(isLate({ day: '2026-11-27', due_on: '2026-11-27' })).toBe(false);
  expect(isLate({ due_on: '2026-11-27' })).toBe(false);
});

test('distances are no more exact than a cell', () => {
  expect(Math.round(distance({ lat: 29, lon: 106 }, { lat: 29.01, lon: 106 }))).toBeCloseTo(1112, -1);
  expect(rough(1112)).toEqual({ km: 1, m: 1000 });
  expect(rough(80)).toEqual({ km: 0.5, m: 500 });
});

test('particulars are forgotten 72 hours after the visit, also without a network', () => {
  const now = Date.parse('2026-11-27T09:00:00+08:00');
  const card = beneficiary({ address: '桂花巷 12 号', phone: '13900001274' });
  const at = (hours: number): string => new Date(now - hours * 3_600_000).toISOString();
  const done = (hours: number): ReturnType<typeof task>[] => [task({ state: 'done', beneficiary_id: 'b', updated_at: at(hours) })];
  expect(expired([card], done(71), ME, now)).toEqual([]);
  expect(expired([card], done(73), ME, now)).toEqual([card]);
  expect(expired([card], [task({ ...mine, beneficiary_id: 'b', updated_at: at(1000) })], ME, now)).toEqual([]);
  expect(expired([beneficiary({ view: 'pool' })], [], ME, now)).toEqual([]);
  expect(masked(card)).toEqual({ id: 'b', grid: card.grid, view: 'pool', name: '张*民' });
});

test('of a record that has arrived only its fate is kept, of a refused one the content too', () => {
  const record = { text: JSON.stringify({ payload: { outcome: 'done', note: '药快吃完了' } }), shown: { name: '张德民', kind: '上门走访' } };
  const arrived = reduced(record, true);
  expect(JSON.stringify(arrived)).not.toMatch(/德|药/);
  expect(arrived).toMatchObject({ shown: { name: '张*民', kind: '上门走访' } });
  expect(JSON.parse(arrived.text)).toMatchObject({ payload: { outcome: 'done' } });
  expect(reduced(record, false)).toEqual({ text: record.text, shown: { name: '张*民', kind: '上门走访' } });
});

test('days are those of the district', () => {
  const moment = new Date('2026-11-26T16:30:00Z');
  expect(dayOf(moment, 'Asia/Shanghai')).toBe('2026-11-27');
  expect(clock(moment, 'Asia/Shanghai')).toBe('00:30');
  expect(daysBetween('2026-11-27', '2026-12-01')).toBe(4);
  expect(monday('2026-11-29')).toBe('2026-11-23');
  expect(lunar('2026-11-26')).toBe('十月十八');
});
