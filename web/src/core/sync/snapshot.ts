/**
 * A snapshot that replaces the rows of the phone. Where the person may still have the old ones they stay
 * until its last page has arrived, so that a network that fails in between leaves the day's visits.
 */
import type { Synced } from '../api';

export type ResetReason = NonNullable<Synced['reset_reason']>;

/** After these the old rows stay meanwhile; after others they go at once. */
const STAYING: ReadonlySet<ResetReason> = new Set<ResetReason>(['epoch', 'age', 'district']);

/** Whether the work goes on with the old rows. */
export function stays(reason: ResetReason | null | undefined): boolean {
  return reason !== undefined && reason !== null && STAYING.has(reason);
}

/**
 * The keys of the rows that the running snapshot has brought before this page; `undefined` if no old rows wait
 * for its end.
 */
export function arriving(page: Pick<Synced, 'reset' | 'reset_reason'>, before: readonly string[] | undefined): Set<string> | undefined {
  if (page.reset) return stays(page.reset_reason) ? new Set() : undefined;
  return before && new Set(before);
}
