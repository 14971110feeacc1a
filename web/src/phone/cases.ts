/** Cases at whose step the grid acts, as pure functions: their order, what a move asks for, and what is sent. */
import type { CaseMove, Task, WaitingCase } from '../core/api';
import { cleaned, type Field } from '../core/forms/fields';
import { validate, type Fault } from '../core/forms/validate';
import type { Pending } from '../core/sync/project';

export type NextMove = WaitingCase['may_come'][number];

/** What is filled in for a move. */
export interface FilledMove {
  move: string;
  note: string;
  answers: Record<string, unknown>;
  /** An amount in yuan, as it was typed. */
  yuan: string;
  /** To whom the case is referred; empty for no one. */
  referTo: string;
  referName: string;
}

/** The ids of the fields that no form has. */
export const OWN = { move: '$move', yuan: '$yuan', referTo: '$to', referName: '$name' } as const;

/** Urgent ones first, then by the last day, then the longest waiting. */
export function ordered(cases: readonly WaitingCase[]): WaitingCase[] {
  const key = (one: WaitingCase): string => `${one.urgent ? 0 : 1} ${one.due_on ?? '9999'} ${one.waiting_since} ${one.id}`;
  return [...cases].sort((a, b) => (key(a) < key(b) ? -1 : 1));
}

const UNDONE: ReadonlySet<string> = new Set(['cancelled', 'failed', 'expired']);

/** What became of the visit of a step; `undefined` if the phone does not know. */
export type StepVisit = 'live' | 'undone' | 'done' | undefined;

/** What became of the visit of the step with this task, of a visit by two people of both tasks. */
export function visitOf(task: Pick<Task, 'state' | 'tie' | 'tied'> | undefined): StepVisit {
  if (!task) return undefined;
  const [byTwo, tied] = [task.tie?.type === 'two_people', task.tied ?? []];
  const states: readonly string[] = [task, ...(byTwo ? tied : [])].map(({ state }) => state);
  if (states.some((state) => state !== 'done' && !UNDONE.has(state))) return 'live';
  if (byTwo && tied.length === 0) return undefined;
  return states.some((state) => UNDONE.has(state)) ? 'undone' : 'done';
}

/** The case with the moves that may come after the visit of its step: all, if the phone does not know what became of it. */
export function offered(one: WaitingCase, visit: StepVisit): WaitingCase {
  if (!visit || visit === 'live') return one;
  return { ...one, may_come: one.may_come.filter(({ after_task }) => !after_task || after_task === visit) };
}

/** Whether a move of the case waits to be sent. */
export function isMoved(id: string, commands: readonly Pending[]): boolean {
  return commands.some((command) => command.type === 'case.move' && command.case_id === id);
}

/** Whether the form of the step is asked: not for a move that leaves its work undone. */
export function asks(taken: NextMove | undefined): taken is NextMove {
  return taken !== undefined && !taken.leaves_undone;
}

/** The fen of an amount in yuan; `undefined` for what is none. */
export function fen(yuan: string): number | undefined {
  if (!/^\d{1,7}(\.\d{1,2})?$/.test(yuan.trim())) return undefined;
  const amount = Math.round(Number(yuan) * 100);
  return amount >= 1 && amount <= 100_000_000 ? amount : undefined;
}

/** What is wrong, by the id of the field. */
export function faultsOf(one: WaitingCase, filled: FilledMove, fields: readonly Field[]): Map<string, Fault> {
  const taken = one.may_come.find(({ move }) => move === filled.move);
  const faults = new Map<string, Fault>();
  if (!taken) faults.set(OWN.move, 'missing');
  if (!asks(taken)) return faults;
  if (one.form) for (const [name, fault] of validate(one.form, cleaned(filled.answers, fields))) faults.set(name, fault);
  if (one.amount && filled.yuan.trim() !== '' && fen(filled.yuan) === undefined) faults.set(OWN.yuan, 'invalid');
  if (taken.refers && filled.referTo === '') faults.set(OWN.referTo, 'missing');
  if (filled.referTo !== '' && filled.referName.trim() === '') faults.set(OWN.referName, 'missing');
  return faults;
}

/** The request. */
export function moveOf(one: WaitingCase, filled: FilledMove, fields: readonly Field[]): CaseMove {
  const taken = one.may_come.find(({ move }) => move === filled.move);
  const note = filled.note.trim();
  const move: CaseMove = { move: filled.move, ...(note ? { note } : {}) };
  if (!asks(taken)) return move;
  const amount_fen = one.amount ? fen(filled.yuan) : undefined;
  return {
    ...move,
    ...(one.form ? { answers: cleaned(filled.answers, fields) } : {}),
    ...(amount_fen === undefined ? {} : { amount_fen }),
    ...(filled.referTo ? { referral: { to: filled.referTo, name: filled.referName.trim() } } : {}),
  };
}

/** What was filled in for a move that was refused, or nothing yet. */
export function filledOf(sent?: CaseMove): FilledMove {
  return {
    move: sent?.move ?? '', note: sent?.note ?? '', answers: { ...sent?.answers },
    yuan: sent?.amount_fen ? String(sent.amount_fen / 100) : '',
    referTo: sent?.referral?.to ?? '', referName: sent?.referral?.name ?? '',
  };
}
