import 'fake-indexeddb/auto';
import { expect, test } from 'vitest';

import type { ProblemBody, Synced } from '../src/core/api';
import { storageKey } from '../src/core/seal';
import type { Opened } from '../src/core/session';
import { erase, nameOf, openPerson } from '../src/core/store/person';
import { apply, journal, type Parts } from '../src/core/sync/engine';
import { add, readAll } from '../src/core/sync/outbox';
import { Rows } from '../src/core/sync/rows';
import { addDocument, sendAgain, settleDocument } from '../src/phone/documents';
import { addPhoto, commit, redraft, saveDraft } from '../src/phone/drafts';
import { readLocal } from '../src/phone/local';
import { deletesMore, NOTHING_UNSENT } from '../src/phone/unsent';

let people = 0;

async function phone(): Promise<Opened> {
  people += 1;
  const owner = { district: '500116', person: `sign-out-${people}` };
  return { owner, db: await openPerson(owner), key: await storageKey('A'.repeat(43), owner.person) } as Opened;
}

const PICTURE = new Blob(['a page']);

/** A report of a task with one photo, in the outbox; answers the photo's id. */
async function report(opened: Opened, task: string): Promise<string> {
  const photo = await addPhoto(opened, task, PICTURE);
  await commit(opened, task, { outcome: 'done', attachments: [photo] }, undefined, { name: '张德民' });
  return photo;
}

/** The service refuses the entry of the outbox with this id, or for this task. */
async function refuse({ db, key, owner }: Opened, of: string, code: string): Promise<void> {
  const waiting = (await readAll(db, key)).find(({ entry }) => entry.id === of || entry.task_id === of);
  if (!waiting) throw new Error('nothing waits');
  const problem: ProblemBody = { type: '', title: '', detail: '', status: 409, code, retryable: false };
  const result = { outcome: 'rejected', problem } as const;
  const server_time = '2026-11-30T10:00:00Z';
  const photo = await db.get('photos', waiting.entry.id);
  if (photo) return settleDocument(db, photo, (await journal(key, waiting, result, server_time)).entry);
  const page = { results: [result], reset: false, changes: [], removed: [], cursor: 'c', has_more: false, next_poll_s: 900, server_time };
  const parts: Parts = { db, key, rows: new Rows(), device: '', session: { owner } as Parts['session'], describe: () => ({}), changed: async () => undefined };
  await apply(parts, page as unknown as Synced, [waiting]);
}

/** A phone with each kind of what a sign-out lists; answers the ids of the pictures that wait, and of the refused ones. */
async function filled(opened: Opened): Promise<{ waiting: string[]; refused: string[] }> {
  const waiting = [await report(opened, 'waits'), await addDocument(opened, 'c', 'photo', {}, PICTURE)];
  const refused = [await report(opened, 'moved'), await addDocument(opened, 'd', 'photo', {}, PICTURE)];
  await refuse(opened, 'moved', 'refused_earlier');
  await refuse(opened, refused[1] ?? '', 'case_ended');
  await saveDraft(opened, 'draft', { answers: {}, needs: [], note: '', photos: [await addPhoto(opened, 'draft', PICTURE)] });
  return { waiting: waiting.sort(), refused: refused.sort() };
}

test('a sign-out lists the records, photos and drafts that have not arrived, and each refused picture with its reason', async () => {
  const opened = await phone();
  expect((await readLocal(opened)).unsent).toEqual(NOTHING_UNSENT);
  const { refused } = await filled(opened);
  const { unsent } = await readLocal(opened);
  expect(unsent).toMatchObject({ records: 1, photos: 2, drafts: 1 });
  expect(unsent.refused.map(({ id }) => id).sort()).toEqual(refused);
  expect(unsent.refused.map(({ record }) => record.problem?.code).sort()).toEqual(['case_ended', 'refused_earlier']);
});

test('a refused picture that is sent again, or is in a draft again, is no longer listed as refused', async () => {
  const opened = await phone();
  const document = await addDocument(opened, 'c', 'photo', {}, PICTURE);
  const photo = await report(opened, 't');
  await refuse(opened, document, 'case_ended');
  await refuse(opened, 't', 'not_assignee');
  const record = (await readLocal(opened)).journal.find(({ entry }) => entry.id === document);
  if (!record) throw new Error('no record');
  await sendAgain(opened, record);
  await redraft(opened, 't', { outcome: 'done', attachments: [photo] }, {});
  expect((await readLocal(opened)).unsent).toEqual({ records: 0, photos: 1, drafts: 1, refused: [] });
});

test('the photo of a refused report is listed and deleted, also while another report of its visit waits', async () => {
  const opened = await phone();
  const refused = await report(opened, 't');
  await refuse(opened, 't', 'not_assignee');
  const waiting = await report(opened, 't');
  const { unsent } = await readLocal(opened);
  expect([unsent.photos, unsent.refused.map(({ id, record }) => [id, record.problem?.code])]).toEqual([1, [[refused, 'not_assignee']]]);
  expect(await erase(opened.db, opened.owner)).toBe(true);
  expect(await (await openPerson(opened.owner)).getAllKeys('photos')).toEqual([waiting]);
});

test('a sign-out asks again if a picture was refused after it listed what it deletes', async () => {
  const opened = await phone();
  const [document] = [await addDocument(opened, 'c', 'photo', {}, PICTURE), await report(opened, 't')];
  const { unsent: listed } = await readLocal(opened);
  await refuse(opened, document, 'case_ended');
  const { unsent: now } = await readLocal(opened);
  expect([deletesMore(now, listed), deletesMore(listed, now), deletesMore(now, now)]).toEqual([true, false, false]);
});

test('a sign-out keeps the pictures that wait, and deletes refused ones, drafts and their photos', async () => {
  const opened = await phone();
  const { waiting } = await filled(opened);
  expect(await erase(opened.db, opened.owner)).toBe(true);
  const again = { ...opened, db: await openPerson(opened.owner) };
  expect([(await again.db.getAllKeys('photos')).sort(), (await again.db.getAllKeys('blobs')).sort()]).toEqual([waiting, waiting]);
  expect((await readLocal(again)).unsent).toEqual({ records: 1, photos: 2, drafts: 0, refused: [] });
});

test('a refused picture alone keeps no database after a sign-out, and a command does', async () => {
  const opened = await phone();
  await refuse(opened, await addDocument(opened, 'c', 'photo', {}, PICTURE), 'case_ended');
  expect(await erase(opened.db, opened.owner)).toBe(false);
  const names = async (): Promise<(string | undefined)[]> => (await indexedDB.databases()).map(({ name }) => name);
  expect(await names()).not.toContain(nameOf(opened.owner));

  const other = await phone();
  await add(other.db, other.key, { type: 'task.start', task_id: 't' }, {});
  expect(await erase(other.db, other.owner)).toBe(true);
  expect(await names()).toContain(nameOf(other.owner));
});
