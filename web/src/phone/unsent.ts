/** What has not reached the service, as a sign-out lists it: what waits stays on the phone, the rest is deleted. */
import { waits, type Photo } from '../core/store/person';
import type { Opened as Waiting } from '../core/sync/outbox';
import type { Settled } from './local';

/** A picture that the service did not take, by itself or with its report. There is no other copy. */
export interface RefusedPicture {
  readonly id: string;
  /** The record of the refusal. */
  readonly record: Settled;
}

export interface Unsent {
  /** Commands that wait. */
  readonly records: number;
  /** Pictures that wait. */
  readonly photos: number;
  readonly drafts: number;
  readonly refused: readonly RefusedPicture[];
}

export const NOTHING_UNSENT: Unsent = { records: 0, photos: 0, drafts: 0, refused: [] };

/** `journal` is sorted from the newest record to the oldest. */
export function unsentOf(waiting: readonly Waiting[], photos: readonly Photo[], journal: readonly Settled[], drafts: number): Unsent {
  const outbox = waiting.map(({ entry }) => entry);
  const others = photos.filter((photo) => !waits(photo, outbox));
  const refusals = journal.filter(({ entry }) => entry.outcome === 'rejected');
  return {
    records: outbox.filter(({ type }) => type !== 'case.document').length,
    photos: photos.length - others.length,
    drafts,
    refused: others.flatMap(({ id, state }) => {
      const record = state === 'refused' || state === 'queued' ? refusals.find((one) => isOf(one, id)) : undefined;
      return record ? [{ id, record }] : [];
    }),
  };
}

/** Whether a sign-out would delete something that `listed` does not have. */
export function deletesMore(now: Unsent, listed: Unsent): boolean {
  const known = new Set(listed.refused.map(({ id }) => id));
  return now.drafts > listed.drafts || now.refused.some(({ id }) => !known.has(id));
}

/** Whether the record is that of the picture, or of the report that has it. */
function isOf({ entry, text }: Settled, picture: string): boolean {
  if (entry.type !== 'task.report') return entry.id === picture;
  const { payload } = JSON.parse(text) as { payload?: { attachments?: string[] } };
  return payload?.attachments?.includes(picture) ?? false;
}
