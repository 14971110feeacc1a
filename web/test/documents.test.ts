import 'fake-indexeddb/auto';
import { beforeEach, expect, test, vi } from 'vitest';

import { Refusal, Unreachable, type Http } from '../src/core/http';
import { open, openBytes, storageKey } from '../src/core/seal';
import type { Opened } from '../src/core/session';
import { JOURNAL_MS } from '../src/core/store/expiry';
import { openPerson, type JournalEntry } from '../src/core/store/person';
import { add, pending, readAll, sendable, type Sealed } from '../src/core/sync/outbox';
import type { Pending } from '../src/core/sync/project';
import { Rows } from '../src/core/sync/rows';
import { addDocument, canSendAgain, documentsOf, removeDocuments, sendAgain } from '../src/phone/documents';
import { addPhoto, dropOrphans, readPhoto } from '../src/phone/drafts';
import { forget } from '../src/phone/forget';
import { readLocal, type Settled } from '../src/phone/local';
import { sendPhotos } from '../src/phone/send-photos';
import type { CaseWords } from '../src/phone/side';
import { waiting } from './builders';

const upload = vi.hoisted(() => vi.fn<(...args: unknown[]) => Promise<void>>());
vi.mock('../src/core/upload', () => ({ upload }));
beforeEach(() => void upload.mockReset());

let people = 0;

async function phone(): Promise<Opened> {
  people += 1;
  const owner = { district: '500116', person: `documents-${people}` };
  return { owner, db: await openPerson(owner), key: await storageKey('A'.repeat(43), owner.person), session: {} } as Opened;
}

const PICTURE = new Blob(['a page']);
const MOVE = { type: 'case.move', case_id: 'c', base_version: 1, payload: { move: 'pass' } } as const;
const send = (opened: Opened, documentsOnly = false): Promise<boolean> => sendPhotos({} as Http, opened, () => undefined, () => Promise.resolve(), documentsOnly);

/** The types of what waits, and of what may be sent now. */
async function types({ db, key }: Opened): Promise<[string[], string[]]> {
  const entries = await readAll(db, key);
  return [entries.map(({ entry }) => entry.type), sendable(entries).map(({ entry }) => entry.type)];
}

async function records({ db, key }: Opened): Promise<(JournalEntry & Sealed)[]> {
  return Promise.all((await db.getAll('journal')).map(async (entry) => ({ ...entry, ...(await open<Sealed>(key, `journal|${entry.id}`, entry.box)) })));
}

function refusal(status: number, code: string, retryable = false): Refusal {
  return new Refusal(status, { type: '', title: '', detail: '', status, code, retryable }, undefined);
}

test('a picture waits in the outbox, sealed, and only the moves of its case wait for it', async () => {
  const opened = await phone();
  const { db, key } = opened;
  const id = await addDocument(opened, 'c', 'photo', { name: '张德民', kind: '维修 · 照片' }, PICTURE);
  await add(db, key, MOVE, {});
  await add(db, key, { ...MOVE, case_id: 'd' }, {});
  await add(db, key, { type: 'task.start', task_id: 't' }, {});
  expect(await types(opened)).toEqual([['case.document', 'case.move', 'case.move', 'task.start'], ['case.move', 'task.start']]);
  const box = await db.get('blobs', id);
  expect(box && new TextDecoder().decode(box.data)).not.toContain('a page');
  expect(box && new TextDecoder().decode(await openBytes(key, `photos|${id}`, box))).toBe('a page');

  await removeDocuments(db, [id]);
  expect(await types(opened)).toEqual([['case.move', 'case.move', 'task.start'], ['case.move', 'case.move', 'task.start']]);
  expect([await db.getAllKeys('photos'), await db.getAllKeys('blobs')]).toEqual([[], []]);
});

test('an upload frees the moves that wait for it, and leaves a record in place of the picture', async () => {
  const opened = await phone();
  const id = await addDocument(opened, 'c', 'photo', {}, PICTURE);
  await add(opened.db, opened.key, MOVE, {});
  expect(await send(opened)).toBe(true);
  expect(upload.mock.calls[0]?.[3]).toMatchObject({ id, owner: { case_id: 'c', document: 'photo' } });
  expect(await types(opened)).toEqual([['case.move'], ['case.move']]);
  expect(await records(opened)).toMatchObject([{ id, type: 'case.document', outcome: 'applied' }]);
  expect(await opened.db.getAllKeys('blobs')).toEqual([]);
});

test('a picture stays through a broken line, a session that lacks something and a busy service', async () => {
  const opened = await phone();
  await addDocument(opened, 'c', 'photo', {}, PICTURE);
  for (const error of [new Unreachable('broken'), refusal(401, 'account_inactive'), refusal(403, 'second_factor_required'), refusal(429, 'too_many_requests', true), refusal(503, 'unavailable', true)]) {
    upload.mockRejectedValueOnce(error);
    expect(await send(opened)).toBe(false);
  }
  expect(await opened.db.getAllKeys('blobs')).toHaveLength(1);
  expect((await types(opened))[0]).toEqual(['case.document']);
});

test('a picture that is refused says why, and holds up neither the moves nor other pictures', async () => {
  const opened = await phone();
  await addDocument(opened, 'c', 'photo', {}, PICTURE);
  await addDocument(opened, 'd', 'photo', {}, PICTURE);
  await add(opened.db, opened.key, MOVE, {});
  upload.mockRejectedValueOnce(refusal(409, 'case_ended'));
  expect(await send(opened)).toBe(true);
  const found = await records(opened);
  expect(found.map(({ outcome, problem }) => [outcome, problem?.code]).sort()).toEqual([['applied', undefined], ['rejected', 'case_ended']]);
  expect(await types(opened)).toEqual([['case.move'], ['case.move']]);
});

test('a refused picture stays with its record until it is sent again or removed', async () => {
  const opened = await phone();
  const { db } = opened;
  const id = await addDocument(opened, 'c', 'photo', { name: '张德民' }, PICTURE);
  upload.mockRejectedValueOnce(refusal(404, 'not_found'));
  await send(opened);
  await dropOrphans(opened);
  expect(await (await readPhoto(opened, id))?.text()).toBe('a page');

  const [record] = (await readLocal(opened)).journal;
  if (!record) throw new Error('no record');
  const one = waiting({ documents: [{ code: 'photo', name: '照片', name_en: 'Photo' }] });
  expect(documentsOf(one, undefined, [], [record])).toMatchObject([{ state: 'refused', refused: [id], problem: { code: 'not_found' } }]);
  await Promise.all([sendAgain(opened, record), sendAgain(opened, record)]);
  expect([(await types(opened))[0], await records(opened)]).toEqual([['case.document'], []]);
  upload.mockRejectedValueOnce(refusal(422, 'invalid'));
  await send(opened);
  expect(upload.mock.calls[1]?.[3]).toMatchObject({ id, owner: { case_id: 'c', document: 'photo' } });
  expect((await records(opened)).map(({ problem, shown }) => [problem?.code, shown.name])).toEqual([['invalid', '张德民']]);

  await removeDocuments(db, [id]);
  expect([await records(opened), await db.getAllKeys('photos'), await db.getAllKeys('blobs')]).toEqual([[], [], []]);
});

test('refused pictures stay when another of the same document is taken and sent', async () => {
  const opened = await phone();
  const refused: string[] = [];
  for (let page = 1; page <= 3; page += 1) {
    refused.push(await addDocument(opened, 'c', 'photo', {}, PICTURE));
    upload.mockRejectedValueOnce(refusal(422, 'invalid'));
    await send(opened);
  }
  await addDocument(opened, 'c', 'photo', {}, PICTURE);
  await send(opened);
  const one = waiting({ documents: [{ code: 'photo', name: '照片', name_en: 'Photo' }] });
  const [found] = documentsOf(one, undefined, [], (await readLocal(opened)).journal);
  expect([...(found?.refused ?? [])].sort()).toEqual([...refused].sort());
  expect((await opened.db.getAllKeys('blobs')).sort()).toEqual([...refused].sort());
});

test('the record of a refused picture outlasts the time of records, and others go', async () => {
  const opened = await phone();
  const id = await addDocument(opened, 'c', 'photo', { name: '张德民' }, PICTURE);
  upload.mockRejectedValueOnce(refusal(404, 'not_found'));
  await send(opened);
  await addDocument(opened, 'c', 'photo', {}, PICTURE);
  await send(opened);
  expect(await records(opened)).toHaveLength(2);

  await forget(opened, new Rows(), Date.now() + JOURNAL_MS + 60_000);
  await dropOrphans(opened);
  expect((await records(opened)).map((record) => [record.id, record.shown.name])).toEqual([[id, '张*民']]);
  expect(await (await readPhoto(opened, id))?.text()).toBe('a page');

  const [record] = (await readLocal(opened)).journal;
  if (!record) throw new Error('no record');
  await sendAgain(opened, record);
  await send(opened);
  expect(upload.mock.calls[2]?.[3]).toMatchObject({ id, owner: { case_id: 'c', document: 'photo' } });
});

test('a refused picture can be sent again while it is on the phone and not damaged', async () => {
  const opened = await phone();
  const { db } = opened;
  const [whole, damaged, lost] = [await addDocument(opened, 'c', 'photo', {}, PICTURE), await addDocument(opened, 'c', 'photo', {}, PICTURE), await addDocument(opened, 'c', 'photo', {}, PICTURE)];
  await db.put('blobs', { iv: new Uint8Array(12), data: new Uint8Array(20) }, damaged);
  upload.mockRejectedValue(refusal(422, 'invalid'));
  await send(opened);
  await db.delete('photos', lost);
  const { journal, refused } = await readLocal(opened);
  expect(Object.fromEntries(journal.map((record) => [record.entry.id, canSendAgain(record, refused)]))).toEqual({ [whole]: true, [damaged]: false, [lost]: false });
});

test('a picture that was removed during its upload leaves nothing when it is refused', async () => {
  const opened = await phone();
  const id = await addDocument(opened, 'c', 'photo', {}, PICTURE);
  upload.mockImplementationOnce(async () => {
    await removeDocuments(opened.db, [id]);
    throw refusal(409, 'case_ended');
  });
  await send(opened);
  expect([await records(opened), await opened.db.getAllKeys('photos')]).toEqual([[], []]);
});

test('a refusal for now, a missing right and a damaged picture hold up neither the others nor the move of a case', async () => {
  const opened = await phone();
  const ids: string[] = [];
  for (const case_id of ['a', 'b', 'c', 'd']) ids.push(await addDocument(opened, case_id, 'photo', {}, PICTURE));
  const [later = '', forbidden = '', damaged = '', sent = ''] = ids;
  await add(opened.db, opened.key, MOVE, {});
  await opened.db.put('blobs', { iv: new Uint8Array(12), data: new Uint8Array(20) }, damaged);
  upload.mockRejectedValueOnce(new Refusal(404, undefined, undefined)).mockRejectedValueOnce(refusal(403, 'forbidden'));
  expect(await send(opened)).toBe(true);
  expect(Object.fromEntries((await records(opened)).map(({ id, problem }) => [id, problem?.code]))).toEqual({
    [forbidden]: 'forbidden', [damaged]: 'damaged_picture', [sent]: undefined,
  });
  expect(await types(opened)).toEqual([['case.document', 'case.move'], ['case.move']]);
  expect((await opened.db.get('photos', later))?.state).toBe('ready');
});

/** Photos of reports that have arrived. */
async function reported(opened: Opened, ...tasks: string[]): Promise<void> {
  for (const task of tasks) {
    const id = await addPhoto(opened, task, PICTURE);
    const photo = await opened.db.get('photos', id);
    if (photo) await opened.db.put('photos', { ...photo, state: 'ready' }, id);
  }
}

test('the photo of a report that is refused for now is kept, and the others go', async () => {
  const opened = await phone();
  await reported(opened, 'a', 'b');
  upload.mockRejectedValueOnce(new Refusal(409, undefined, undefined));
  expect(await send(opened)).toBe(false);
  expect((await opened.db.getAll('photos')).map(({ state }) => state).sort()).toEqual(['done', 'ready']);
});

test('the photo of a report that is refused for good says why, and waits no more until it is sent again', async () => {
  const opened = await phone();
  await reported(opened, 't');
  upload.mockRejectedValueOnce(refusal(422, 'invalid'));
  expect([await send(opened), await send(opened), upload.mock.calls.length]).toEqual([false, false, 1]);
  await dropOrphans(opened);
  const { unsent, journal: [record], refused } = await readLocal(opened);
  if (!record) throw new Error('no record');
  expect([record.entry.type, record.problem?.code, canSendAgain(record, refused)]).toEqual(['task.photo', 'invalid', true]);
  expect([unsent.photos, unsent.refused.map(({ id }) => id)]).toEqual([0, [record.entry.id]]);

  await sendAgain(opened, record);
  await send(opened);
  expect([await records(opened), (await opened.db.getAll('photos')).map(({ state }) => state)]).toEqual([[], ['done']]);
});

test('of two runs at once the later one leaves what the other has sent', async () => {
  const opened = await phone();
  await reported(opened, 't');
  await reported(opened, 'u');
  // The other run sends both while this one sends the first.
  upload.mockImplementationOnce(async () => void (await send(opened)));
  await send(opened);
  expect([await records(opened), (await opened.db.getAll('photos')).map(({ state }) => state)]).toEqual([[], ['done', 'done']]);
});

test('the documents of cases are sent in any case, the photos of reports when the person wants', async () => {
  const opened = await phone();
  await reported(opened, 't');
  await addDocument(opened, 'c', 'photo', {}, PICTURE);
  await add(opened.db, opened.key, MOVE, {});
  expect(await send(opened, true)).toBe(true);
  expect([await types(opened), (await opened.db.getAll('photos')).map(({ state }) => state)]).toEqual([[['case.move'], ['case.move']], ['ready']]);
  await send(opened);
  expect((await opened.db.getAll('photos')).map(({ state }) => state)).toEqual(['done']);
});

test('a document is there, waits, was refused, is missing, may be missing, or is not known yet', () => {
  const one = waiting({ documents: [{ code: 'form', name: '表', name_en: 'Form', required: true }, { code: 'photo', name: '照片', name_en: 'Photo' }] });
  const read = (...documents: string[]): CaseWords => ({ at: 0, missing: [], documents });
  const waits: Pending = { id: 'p', type: 'case.document', case_id: 'c', at: '', sent: false, payload: { document: 'form' } };
  const settled = (outcome: 'applied' | 'rejected'): Settled => ({
    entry: { id: 'p', type: 'case.document', outcome } as JournalEntry, shown: {},
    text: JSON.stringify({ case_id: 'c', payload: { document: 'form' } }),
  });
  const states = (known: CaseWords | undefined, commands: Pending[], journal: Settled[]): string[] => documentsOf(one, known, commands, journal).map(({ state }) => state);
  expect(states(undefined, [], [])).toEqual(['unknown', 'unknown']);
  expect(states(read(), [], [])).toEqual(['missing', 'optional']);
  expect(states(read('form'), [], [])).toEqual(['there', 'optional']);
  expect(states(read(), [waits], [settled('rejected')])).toEqual(['waiting', 'optional']);
  expect(states(read(), [{ ...waits, case_id: 'd' }], [])).toEqual(['missing', 'optional']);
  expect(states(read(), [], [settled('applied'), settled('rejected')])).toEqual(['there', 'optional']);
  expect(states(read(), [], [settled('rejected'), settled('applied')])).toEqual(['refused', 'optional']);
  expect(states(read('form'), [], [settled('rejected')])).toEqual(['there', 'optional']);

  const urgent = { ...one, urgent: true, documents: [{ code: 'form', name: '表', name_en: 'Form', required: true, waived_if_urgent: true }] };
  expect(documentsOf(urgent, read(), [], [])).toMatchObject([{ state: 'optional' }]);
  const old = { code: 'form', name: '表', name_en: 'Form' };
  expect(documentsOf(waiting(), { ...read(), missing: [old] }, [], [])).toMatchObject([{ code: 'form', state: 'missing' }]);
});

test('what waits is shown as it was made', async () => {
  const opened = await phone();
  const id = await addDocument(opened, 'c', 'photo', {}, PICTURE);
  const [entry] = await readAll(opened.db, opened.key);
  if (!entry) throw new Error('no entry');
  const one = waiting({ documents: [{ code: 'photo', name: '照片', name_en: 'Photo' }] });
  expect(documentsOf(one, undefined, [pending(entry)], [])).toMatchObject([{ state: 'waiting', waiting: [id] }]);
});
