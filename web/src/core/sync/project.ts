/**
 * What the app shows of a task: the row of the service with the person's own commands that wait to
 * be sent, applied in order. Only a preview: the service decides.
 */
import type { Outcome, Phase, Task } from '../api';
import type { EntryType } from '../store/person';

/** An entry that waits, in plain. */
export interface Pending {
  readonly id: string;
  readonly type: EntryType;
  readonly task_id?: string | undefined;
  readonly handout_id?: string | undefined;
  readonly case_id?: string | undefined;
  readonly at: string;
  readonly sent: boolean;
  readonly payload?: Record<string, unknown> | undefined;
}

/** A task as the app shows it. */
export interface ShownTask extends Task {
  /** The last command that waits for the service. */
  readonly pending?: EntryType;
}

/** The states in which a task is its assignee's work. */
const IN_HAND = new Set<Phase>(['assigned', 'accepted', 'in_progress']);

export function isMine(task: Pick<Task, 'state' | 'assignee_id'>, me: string): boolean {
  return task.assignee_id === me && IN_HAND.has(task.state);
}

/** From where each command leads where; `undefined` leaves the task as it is. */
function next(task: Task, command: Pending, me: string, attempts: number): Partial<Task> | undefined {
  const mine = isMine(task, me);
  switch (command.type) {
    case 'task.claim':
      return task.state === 'open' ? { state: 'accepted', assignee_id: me } : undefined;
    case 'task.accept':
      return mine && task.state === 'assigned' ? { state: 'accepted' } : undefined;
    case 'task.decline':
      return mine && task.state === 'assigned' ? { state: 'open', assignee_id: null } : undefined;
    case 'task.release':
      return mine ? { state: 'open', assignee_id: null } : undefined;
    case 'task.start':
      return mine && task.state !== 'in_progress' ? { state: 'in_progress' } : undefined;
    case 'task.report':
      return mine ? reported(command.payload?.['outcome'] as Outcome, task.attempt < attempts) : undefined;
    case 'task.reassign':
      return { state: 'assigned', assignee_id: command.payload?.['person_id'] as string };
    case 'task.cancel':
      return { state: 'cancelled' };
    case 'task.reschedule':
      return command.payload as Partial<Task> | undefined;
    case 'task.reopen':
      return { state: 'open', assignee_id: null };
    default:
      return undefined;
  }
}

function reported(outcome: Outcome, more: boolean): Partial<Task> {
  if (outcome === 'not_home' && more) return { state: 'open' };
  return outcome === 'not_home' || outcome === 'refused' ? { state: 'failed', outcome } : { state: 'done' };
}

/** The task with the commands applied; `attempts` is the limit of its kind. */
export function project(task: Task, commands: readonly Pending[], me: string, attempts: number): ShownTask {
  let shown: ShownTask = task;
  for (const command of commands) {
    if (command.task_id !== task.id) continue;
    const changed = next(shown, command, me, attempts);
    if (changed) shown = { ...shown, ...changed, pending: command.type };
  }
  return shown;
}

/** Why a task is no longer in the person's hands. */
export interface Moved {
  readonly task_id: string;
  readonly what: 'reassigned' | 'cancelled' | 'expired' | 'open' | 'gone';
}

/**
 * The tasks that a page takes out of the person's hands without an own command: those in `settled`
 * have one.
 */
export function moved(
  before: readonly Task[],
  after: ReadonlyMap<string, Task | undefined>,
  settled: ReadonlySet<string>,
  me: string,
): Moved[] {
  return before.flatMap((old): Moved[] => {
    if (!isMine(old, me) || settled.has(old.id) || !after.has(old.id)) return [];
    const now = after.get(old.id);
    if (!now) return [{ task_id: old.id, what: 'gone' }];
    if (isMine(now, me) || now.state === 'done' || now.state === 'failed') return [];
    if (now.state === 'cancelled' || now.state === 'expired') return [{ task_id: old.id, what: now.state }];
    return [{ task_id: old.id, what: now.state === 'open' ? 'open' : 'reassigned' }];
  });
}
