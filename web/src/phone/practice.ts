/** Practice: the whole flow with two invented people, in a database of its own. Nothing is sent. */
import { deleteDB } from 'idb';

import type { Beneficiary, Me, Synced, Task } from '../core/api';
import { Unreachable, type Answer, type Http } from '../core/http';
import { seal } from '../core/seal';
import { Session, type Opened } from '../core/session';
import { nameOf, openPerson, putMeta, type PersonDb } from '../core/store/person';
import type { Owner } from '../core/store/device';
import { apply } from '../core/sync/engine';
import { pending, readAll } from '../core/sync/outbox';
import { project } from '../core/sync/project';
import { toStore, type Incoming, type Rows } from '../core/sync/rows';
import { maskedName } from '../core/store/expiry';

const OWNER: Owner = { district: 'practice', person: '00000000-0000-7000-8000-000000000000' };
const PEOPLE: readonly [string, string, string][] = [
  ['00000000-0000-7000-8000-0000000000b1', '练习一', '练习路 1 号'],
  ['00000000-0000-7000-8000-0000000000b2', '练习二', '练习路 2 号'],
];

/** A session without a network. */
class NoSession extends Session {
  override call<T>(): Promise<Answer<T>> {
    return Promise.reject(new Unreachable('practice'));
  }

  override token(): Promise<string> {
    return Promise.reject(new Unreachable('practice'));
  }
}

function person(index: number, clear: boolean): Beneficiary {
  const [id = '', name = '', address = ''] = PEOPLE[index] ?? [];
  const pool: Beneficiary = { id, grid: '000000000000000', view: 'pool', name: maskedName(name) };
  if (!clear) return pool;
  return { ...pool, view: 'visitor', name, address, birth_year: 1948, gender: index === 0 ? 'male' : 'female', lives_alone: true, contact: 'visit', visits: [] };
}

function visit(index: number, kind: string, today: string, me: string): Task {
  const now = new Date().toISOString();
  return {
    id: `00000000-0000-7000-8000-0000000000a${index + 1}`, kind, kind_version: 1, grid: '000000000000000', beneficiary_id: PEOPLE[index]?.[0] ?? null,
    minutes: 30, priority: 5, skills: [], not_before: today, due_on: today, state: index === 0 ? 'assigned' : 'open', attempt: 1,
    escalation_level: 'grid', created_at: now, updated_at: now, version: 1,
    ...(index === 0 ? { assignee_id: me, planned_for: { day: today, plan_id: me, start: 540 } } : {}),
  };
}

/** Opens the practice with the kinds and words of the district. */
export async function begin(http: Http, rows: Rows, me: Me | undefined, today: string): Promise<Opened> {
  await forget();
  const key = await crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt']);
  const db = await openPerson(OWNER);
  const kinds = rows.all('service_kind');
  const kind = kinds.find(({ form }) => form)?.code ?? kinds[0]?.code ?? 'home_visit';
  const made: Incoming[] = [
    ...kinds.map((data) => ({ type: 'service_kind', id: data.code, version: 1, data })),
    ...rows.all('vocabulary').map((data) => ({ type: 'vocabulary', id: data.name, version: 1, data })),
    ...[0, 1].map((index) => ({ type: 'beneficiary', id: PEOPLE[index]?.[0] ?? '', version: 1, data: person(index, index === 0) })),
    ...[0, 1].map((index) => visit(index, kind, today, OWNER.person)).map((data) => ({ type: 'task', id: data.id, version: 1, data })),
  ];
  for (const row of await Promise.all(made.map((one) => toStore(key, one)))) await db.put('rows', row, [row.type, row.id]);
  if (me) await putMeta(db, 'me', await seal(key, 'meta|me', { ...me, id: OWNER.person }));
  return { owner: OWNER, db, key, session: new NoSession(http, db, key, OWNER) };
}

/** Deletes the practice. */
export async function forget(db?: PersonDb): Promise<void> {
  db?.close();
  await deleteDB(nameOf(OWNER));
}

/** Does what the service would do with the outbox, and sends nothing. */
export async function pretend(opened: Opened, rows: Rows): Promise<void> {
  const { db, key, session } = opened;
  const entries = await readAll(db, key);
  if (entries.length === 0) return;
  const commands = entries.map(pending);
  const tasks = rows.all('task').map((task) => {
    const { pending: _pending, ...after } = project(task, commands, OWNER.person, 2);
    return { ...after, version: task.version + 1 };
  });
  const page: Synced = {
    results: entries.map(({ entry }) => ({ id: entry.id, outcome: 'applied', replayed: false })),
    changes: [
      ...tasks.map((data) => ({ type: 'task' as const, id: data.id, version: data.version, data })),
      ...tasks.flatMap((task, index) =>
        task.state === 'accepted' ? [{ type: 'beneficiary' as const, id: PEOPLE[index]?.[0] ?? '', version: 1, data: person(index, true) }] : [],
      ),
    ],
    removed: [], cursor: 'practice', has_more: false, next_poll_s: 900, reset: false, server_time: new Date().toISOString(),
  };
  await apply({ db, key, session, rows, device: '', describe: () => ({}), changed: () => Promise.resolve() }, page, entries);
}
