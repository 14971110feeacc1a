/** What the phone knows besides the rows of the service. */
import { open } from '../core/seal';
import type { Opened } from '../core/session';
import { getMeta, type JournalEntry } from '../core/store/person';
import { readAll, type Opened as Waiting, type Sealed } from '../core/sync/outbox';
import { unsentOf, type Unsent } from './unsent';

/** A settled command with its content. */
export interface Settled extends Sealed {
  readonly entry: JournalEntry;
}

/** A card that says why a task is gone. */
export interface MovedNews {
  readonly id: string;
  readonly at: string;
  readonly what: string;
  readonly name?: string;
  readonly kind?: string;
}

export interface DraftNews {
  readonly task_id: string;
  readonly at: string;
}

/** Everything that the screens show of it. */
export interface Local {
  readonly waiting: Waiting[];
  readonly journal: Settled[];
  readonly drafts: DraftNews[];
  readonly moved: MovedNews[];
  /** Photos of reports that are not uploaded yet, by task. */
  readonly photosLeft: Record<string, number>;
  /** Ids of the refused pictures. */
  readonly refused: ReadonlySet<string>;
  readonly unsent: Unsent;
  readonly noticesRead: string[];
  /** How many rows were left out, since the app cannot read them. */
  readonly unreadable: number;
  readonly skew: number;
  readonly syncedAt: Date | undefined;
}

export async function readLocal({ db, key }: Opened): Promise<Local> {
  const [waiting, journal, drafts, moved, photos] = await Promise.all([
    readAll(db, key), db.getAll('journal'), db.getAll('drafts'), db.getAll('moved'), db.getAll('photos'),
  ]);
  const settled = await readable(journal.map(async (entry) => ({ entry, ...(await open<Sealed>(key, `journal|${entry.id}`, entry.box)) })));
  settled.sort((a, b) => (a.entry.at < b.entry.at ? 1 : -1));
  const photosLeft: Record<string, number> = {};
  for (const { state, task_id } of photos) {
    if (task_id && (state === 'queued' || state === 'ready' || state === 'refused')) photosLeft[task_id] = (photosLeft[task_id] ?? 0) + 1;
  }
  const at = await getMeta(db, 'synced_at');
  return {
    waiting,
    journal: settled,
    drafts: drafts.map(({ task_id, at: saved }) => ({ task_id, at: saved })),
    moved: await readable(
      moved.map(async ({ id, at: when, box }) => ({ id, at: when, ...(await open<Omit<MovedNews, 'id' | 'at'>>(key, `moved|${id}`, box)) })),
    ),
    photosLeft,
    refused: new Set(photos.flatMap(({ id, state }) => (state === 'refused' ? [id] : []))),
    unsent: unsentOf(waiting, photos, settled, drafts.length),
    noticesRead: (await getMeta(db, 'notices_read')) ?? [],
    unreadable: ((await getMeta(db, 'unreadable')) ?? []).length,
    skew: (await getMeta(db, 'skew_ms')) ?? 0,
    syncedAt: at ? new Date(at) : undefined,
  };
}

/** What opens; a damaged entry costs itself alone. */
async function readable<T>(opened: readonly Promise<T>[]): Promise<T[]> {
  const all = await Promise.allSettled(opened);
  return all.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
}
