import 'fake-indexeddb/auto';
import { expect, test } from 'vitest';

import type { Opened } from '../src/core/session';
import { storageKey } from '../src/core/seal';
import { openPerson } from '../src/core/store/person';
import { addPhoto, commit, dropDraft, dropOrphans, loadDraft, redraft, saveDraft } from '../src/phone/drafts';

let people = 0;

async function phone(): Promise<Opened> {
  people += 1;
  const owner = { district: '500116', person: `drafts-${people}` };
  return { owner, db: await openPerson(owner), key: await storageKey('A'.repeat(43), owner.person) } as Opened;
}

const PICTURE = new Blob(['picture']);

test('a refused report becomes a draft again, with its photos', async () => {
  const opened = await phone();
  const photo = await addPhoto(opened, 't', PICTURE);
  const payload = { outcome: 'done', answers: { health: 'good' }, needs: ['medical'], note: '一切安好', attachments: [photo] };
  await commit(opened, 't', payload, undefined, {});
  await redraft(opened, 't', payload, { name: '张德民', kind: '上门走访' });
  expect(await loadDraft(opened, 't')).toMatchObject({ outcome: 'done', answers: { health: 'good' }, needs: ['medical'], note: '一切安好', photos: [photo], name: '张德民' });
  expect((await opened.db.get('photos', photo))?.state).toBe('draft');
});

test('a draft that was begun since is kept', async () => {
  const opened = await phone();
  await saveDraft(opened, 't', { answers: {}, needs: [], note: '新的', photos: [] });
  await redraft(opened, 't', { outcome: 'done', note: '旧的' }, {});
  expect((await loadDraft(opened, 't'))?.note).toBe('新的');
});

test('a damaged draft does not keep the form shut', async () => {
  const opened = await phone();
  await opened.db.put('drafts', { task_id: 't', at: '2026-11-27T09:00:00Z', box: { iv: new Uint8Array(12), data: new Uint8Array(20) } }, 't');
  expect(await loadDraft(opened, 't')).toBeUndefined();
});

test('photos go with their draft, and those without an owner go too', async () => {
  const opened = await phone();
  const [kept, dropped, orphan] = [await addPhoto(opened, 'kept', PICTURE), await addPhoto(opened, 'dropped', PICTURE), await addPhoto(opened, 'orphan', PICTURE)];
  await saveDraft(opened, 'kept', { answers: {}, needs: [], note: '', photos: [kept] });
  await saveDraft(opened, 'dropped', { answers: {}, needs: [], note: '', photos: [dropped] });
  await dropDraft(opened, 'dropped', [dropped]);
  await dropOrphans(opened);
  expect(await opened.db.getAllKeys('photos')).toEqual([kept]);
  expect(await opened.db.getAllKeys('blobs')).toEqual([kept]);
  expect(orphan).not.toBe(kept);
});
