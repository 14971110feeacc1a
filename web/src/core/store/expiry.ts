/** What the phone forgets by itself, also without a network. */
import type { Beneficiary, Task } from '../api';
import type { Shown } from '../sync/outbox';
import { isMine } from '../sync/project';

/** Personal data stay for this long after the visit: the same as on the service. */
export const VISIBLE_MS = 72 * 3600 * 1000;
/** After this long without a sync the rows are dropped. */
export const STALE_MS = 30 * 24 * 3600 * 1000;
/** How long the phone says what became of a report. */
export const JOURNAL_MS = 30 * 24 * 3600 * 1000;

/**
 * The beneficiaries whose particulars the phone must forget: no task of theirs is in the person's
 * hands, and the last change is longer ago than the visibility.
 */
export function expired(beneficiaries: readonly Beneficiary[], tasks: readonly Task[], me: string, now: number): Beneficiary[] {
  return beneficiaries.filter((beneficiary) => {
    if (beneficiary.view !== 'visitor') return false;
    const own = tasks.filter((task) => task.beneficiary_id === beneficiary.id);
    return !own.some((task) => isMine(task, me) || now - Date.parse(task.updated_at) < VISIBLE_MS);
  });
}

/** A name as lists show it: 张*民. */
export function maskedName(name: string): string {
  const letters = Array.from(name);
  return letters.map((letter, i) => (i === 0 || (i === letters.length - 1 && i > 1) ? letter : '*')).join('');
}

/** What is left of a beneficiary: what the pool shows. */
export function masked(beneficiary: Beneficiary): Beneficiary {
  const { id, grid, name, cell } = beneficiary;
  return { id, grid, view: 'pool', name: maskedName(name), ...(cell ? { cell } : {}) };
}

/**
 * What the phone keeps of a record that has arrived: its fate, with a masked name. The content of a
 * record that was not accepted stays, since nobody else has it.
 */
export function reduced<T extends { readonly text: string; readonly shown: Shown }>(record: T, accepted: boolean): T {
  const { name, ...shown } = record.shown;
  const kept = { ...record, shown: { ...shown, ...(name ? { name: maskedName(name) } : {}) } };
  if (!accepted) return kept;
  const { payload } = JSON.parse(record.text) as { payload?: { outcome?: string } };
  return { ...kept, text: JSON.stringify({ payload: { outcome: payload?.outcome }, reduced: true }) };
}
