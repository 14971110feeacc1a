/** What the screens show, as pure functions of rows. */
import type { Beneficiary, PlanVisit, Task } from '../core/api';
import { distance, rough } from '../core/geo';
import type { ShownTask } from '../core/sync/project';
import { addDays, daysBetween, monday } from '../core/time';

/** The groups of the list of visits. */
export interface Groups {
  readonly today: ShownTask[];
  readonly overdue: ShownTask[];
  readonly week: ShownTask[];
  readonly later: ShownTask[];
}

/** The day on which a task appears: planned, or due. */
export function dayOfTask(task: Task): string {
  return task.planned_for?.day ?? task.due_on;
}

/** One's visits by day, each group in the order of the route. */
export function groups(mine: readonly ShownTask[], today: string): Groups {
  const sunday = addDays(monday(today), 6);
  const sorted = [...mine].sort(byRoute);
  const made: Groups = { today: [], overdue: [], week: [], later: [] };
  for (const task of sorted) {
    const day = dayOfTask(task);
    if (task.due_on < today && day < today) made.overdue.push(task);
    else if (day <= today || task.state === 'in_progress') made.today.push(task);
    else (day <= sunday ? made.week : made.later).push(task);
  }
  return made;
}

/** A started visit first, then by day and time; unplanned ones by their window and due day. */
function byRoute(a: ShownTask, b: ShownTask): number {
  const started = Number(b.state === 'in_progress') - Number(a.state === 'in_progress');
  if (started !== 0) return started;
  const order = (task: Task): string =>
    `${dayOfTask(task)} ${String(startOf(task) ?? 1440).padStart(4, '0')} ${10 - task.priority} ${task.id}`;
  return order(a) < order(b) ? -1 : 1;
}

/** The planned start in minutes, or that of the window. */
export function startOf(task: Task): number | undefined {
  return task.planned_for?.start ?? task.window?.start;
}

/** The planned way to a visit: how long it takes, and when to leave; `undefined` if there is none. */
export function tripOf(task: Task): { readonly minutes: number; readonly leave: number } | undefined {
  const { start, travel } = task.planned_for ?? {};
  if (start === undefined || !travel || task.state === 'in_progress') return undefined;
  return { minutes: travel, leave: Math.max(0, start - travel) };
}

/** Where a visit is: the exact place if it is known, else the cell. */
export function placeOf(task: Task, beneficiary: Beneficiary | undefined): Beneficiary['place'] {
  return beneficiary?.stay?.place ?? task.place ?? beneficiary?.place ?? task.cell ?? beneficiary?.cell;
}

/** The kilometres from home, rounded to what a cell tells. */
export function kilometres(from: Beneficiary['place'], to: Beneficiary['place']): { readonly km: number; readonly m: number } | undefined {
  return from && to ? rough(distance(from, to)) : undefined;
}

/** The facts of "why me", in the order in which they are said. */
export type WhyFact =
  | { readonly fact: 'planned' | 'set'; readonly day: string; readonly start: number }
  | { readonly fact: 'claimed' | 'given' | 'yours' | 'by_hand' | 'known' | 'known_before' | 'new' | 'only_one' | 'by_phone' | 'on_the_way' | 'lighter_load' | 'best_fit' }
  | { readonly fact: 'travel'; readonly minutes: number }
  | { readonly fact: 'near'; readonly km: number };

/** How a visit came to the person, as far as this phone knows: by a claim of their own, or given and then accepted. */
export type Origin = 'claimed' | 'given' | undefined;

/** Why this visit is this person's, from the rows and what the person did on this phone. */
export function whyMe(task: Task, beneficiary: Beneficiary | undefined, name: string | undefined, home: Beneficiary['place'], origin: Origin): WhyFact[] {
  const facts: WhyFact[] = [];
  const planned = task.planned_for;
  // A time without a plan was set by a supervisor, also outside the person's hours.
  if (planned) facts.push({ fact: planned.plan_id ? 'planned' : 'set', day: planned.day, start: planned.start });
  else facts.push({ fact: task.state === 'assigned' ? 'given' : (origin ?? 'yours') });
  const reason = task.planned_for?.why;
  // Whether the person is known is said by the visits below.
  if (reason && reason !== 'known') facts.push({ fact: reason });
  const visits = beneficiary?.visits ?? [];
  if (name && visits.length > 0) {
    if (visits[0]?.by === name) facts.push({ fact: 'known' });
    else facts.push({ fact: visits.some((visit) => visit.by === name) ? 'known_before' : 'new' });
  }
  if (reason === 'by_phone') return facts;
  const away = kilometres(home, placeOf(task, beneficiary));
  const travel = task.planned_for?.travel ?? undefined;
  if (travel !== undefined) facts.push({ fact: 'travel', minutes: travel });
  else if (away) facts.push({ fact: 'near', km: away.km });
  return facts;
}

/** Why a visit comes first. */
export type Urgency =
  | { readonly why: 'urgent' }
  | { readonly why: 'no_one'; readonly because: NonNullable<Task['unserved_why']> }
  | { readonly why: 'overdue' | 'waiting' | 'not_reached'; readonly n: number };

/** A visit that comes first, and why. */
export interface First {
  readonly task: ShownTask;
  readonly reasons: readonly Urgency[];
}

const URGENT_PRIORITY = 8;
const LONG_WAIT_DAYS = 14;

/** Whether the last attempt has met no one either, so that the manager decides what follows. */
function hasMetNoOne({ state, outcome }: Task): boolean {
  return state === 'failed' && outcome === 'not_home';
}

/** The day from which a visit waits: that of its creation, or its first day if that is later. */
function waitingSince({ created_at, not_before }: Task): string {
  const created = created_at.slice(0, 10);
  return not_before > created ? not_before : created;
}

/** The visits of a grid that come first, from the rows alone: urgent ones, then those due or waiting longest. */
export function first(tasks: readonly ShownTask[], today: string): First[] {
  const of = (task: ShownTask): Urgency[] => {
    const missed = hasMetNoOne(task) ? task.attempt : task.attempt - 1;
    const late = task.state === 'failed' ? 0 : overdueBy(task, today);
    const waited = daysBetween(waitingSince(task), today);
    return [
      ...(task.priority >= URGENT_PRIORITY ? [{ why: 'urgent' } as const] : []),
      ...(late > 0 ? [{ why: 'overdue', n: late } as const] : []),
      ...(task.state === 'open' && task.unserved_why ? [{ why: 'no_one', because: task.unserved_why } as const] : []),
      ...(missed >= 2 || task.state === 'failed' ? [{ why: 'not_reached', n: missed } as const] : []),
      ...(task.state === 'open' && late === 0 && waited >= LONG_WAIT_DAYS ? [{ why: 'waiting', n: waited } as const] : []),
    ];
  };
  const order = ({ task }: First): string => `${task.priority >= URGENT_PRIORITY ? 0 : 1} ${task.due_on} ${task.created_at} ${task.id}`;
  return tasks
    .filter((task) => task.state === 'open' || task.state === 'assigned' || task.state === 'accepted' || hasMetNoOne(task))
    .map((task) => ({ task, reasons: of(task) }))
    .filter(({ reasons }) => reasons.length > 0)
    .sort((a, b) => (order(a) < order(b) ? -1 : 1));
}

/** How many days a task is overdue. */
export function overdueBy(task: Task, today: string): number {
  return Math.max(0, daysBetween(task.due_on, today));
}

/** Whether a planned visit is after the due day of its task. */
export function isLate({ day, due_on }: Pick<PlanVisit, 'day' | 'due_on'>): boolean {
  return !!day && !!due_on && day > due_on;
}

/** Skills that a task needs and the person has not. */
export function missingSkills(task: Task, skills: readonly string[]): string[] {
  return task.skills.filter((skill) => !skills.includes(skill));
}
