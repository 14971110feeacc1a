/** The rows of the service in memory, opened. */
import type {
  AccountNotice, Availability, Beneficiary, GoodsItem, Handout, Holiday, Notice, ServiceKind, Shift, Station, Task, Vocabulary, WaitingCase,
} from '../api';
import { open, seal } from '../seal';
import type { PersonDb, StoredRow } from '../store/person';
import { isReadable } from './readable';

export interface RowTypes {
  task: Task;
  beneficiary: Beneficiary;
  service_kind: ServiceKind;
  vocabulary: Vocabulary;
  notice: Notice;
  account_notice: AccountNotice;
  station: Station;
  holiday: Holiday;
  shift: Shift;
  availability: Availability;
  goods_item: GoodsItem;
  handout: Handout;
  case: WaitingCase;
}

/** The types with personal data, which are stored sealed. */
const SEALED = new Set(['beneficiary', 'account_notice', 'correction', 'case']);

/** Whether the row names people: a visit by two has the name of the other person. */
function isPersonal({ type, data }: Incoming): boolean {
  return SEALED.has(type) || (type === 'task' && ((data as Partial<Task>).tied ?? []).length > 0);
}

/** The name of a row among all. */
export function keyOf(type: string, id: string): string {
  return `${type} ${id}`;
}

/** A row on its way into the store. */
export interface Incoming {
  readonly type: string;
  readonly id: string;
  readonly version: number;
  readonly data: unknown;
}

export async function toStore(key: CryptoKey, row: Incoming): Promise<StoredRow> {
  const { type, id, version, data } = row;
  if (!isPersonal(row)) return { type, id, version, plain: data };
  return { type, id, version, box: await seal(key, `rows|${type}|${id}`, data) };
}

export class Rows {
  private readonly byType = new Map<string, Map<string, Incoming>>();

  /** Opens the rows; `stored` are those on the disk, if they were read already. */
  static async load(db: PersonDb, key: CryptoKey, stored = db.getAll('rows')): Promise<Rows> {
    const rows = new Rows();
    await Promise.all(
      (await stored).map(async ({ type, id, version, plain, box }) => {
        // A row that does not open is as good as none: the next snapshot brings it again.
        const data = box ? await open<unknown>(key, `rows|${type}|${id}`, box).catch(() => undefined) : plain;
        if (data !== undefined && isReadable(type, data)) rows.put({ type, id, version, data });
      }),
    );
    return rows;
  }

  put(row: Incoming): void {
    let ofType = this.byType.get(row.type);
    if (!ofType) this.byType.set(row.type, (ofType = new Map()));
    ofType.set(row.id, row);
  }

  delete(type: string, id: string): void {
    this.byType.get(type)?.delete(id);
  }

  clear(): void {
    this.byType.clear();
  }

  /** Drops all rows but these. */
  keep(keys: ReadonlySet<string>): void {
    for (const [type, rows] of this.byType) for (const id of rows.keys()) if (!keys.has(keyOf(type, id))) rows.delete(id);
  }

  version(type: string, id: string): number | undefined {
    return this.byType.get(type)?.get(id)?.version;
  }

  get<K extends keyof RowTypes>(type: K, id: string | null | undefined): RowTypes[K] | undefined {
    return id ? (this.byType.get(type)?.get(id)?.data as RowTypes[K] | undefined) : undefined;
  }

  all<K extends keyof RowTypes>(type: K): RowTypes[K][] {
    return [...(this.byType.get(type)?.values() ?? [])].map((row) => row.data as RowTypes[K]);
  }
}
