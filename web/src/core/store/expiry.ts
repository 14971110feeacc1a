/** What the phone forgets by itself, also without a network. */
import type { Beneficiary, Task } from '../api';
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

/** What is left of a beneficiary: what the pool shows. */
export function masked(beneficiary: Beneficiary): Beneficiary {
  const { id, grid, name, cell } = beneficiary;
  const letters = Array.from(name);
  const hidden = letters.map((letter, i) => (i === 0 || (i === letters.length - 1 && i > 1) ? letter : '*')).join('');
  return { id, grid, view: 'pool', name: hidden, ...(cell ? { cell } : {}) };
}
