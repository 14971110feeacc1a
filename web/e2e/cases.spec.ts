import { readFileSync } from 'node:fs';

import { expect, test, type Locator } from '@playwright/test';

import { Phone, picture } from './phone';
import { Api, Server } from './server';

let server: Server;
test.beforeAll(async () => (server = await Server.open()));
test.afterAll(async () => server.end());

interface Case {
  readonly id: string;
  readonly step: string;
  readonly version: number;
  readonly detail?: string;
  readonly history?: { readonly note?: string; readonly answers?: object }[];
}

/** A repair that a grid verifies and its village makes. */
const REPAIR = {
  code: 'repair', name: '住房维修', name_en: 'Repair', active: true,
  steps: [
    {
      code: 'found', name: '入户核实', name_en: 'To be verified', level: 'grid', days: 3, amount: true,
      form: {
        type: 'object', required: ['seen'],
        properties: {
          seen: { title: '看到的情况', 'x-title-en': 'What was seen', 'x-order': 1, oneOf: [{ const: 'bad', title: '需要维修', 'x-title-en': 'To be repaired' }, { const: 'good', title: '不需要', 'x-title-en': 'Not needed' }] },
        },
      },
      moves: [
        { code: 'pass', name: '上报', name_en: 'Pass on', to: 'village' },
        { code: 'drop', name: '不用办', name_en: 'Drop', to: 'dropped' },
      ],
    },
    {
      code: 'village', name: '安排维修', name_en: 'To be made', level: 'village', days: 5,
      moves: [
        { code: 'back', name: '退回补充', name_en: 'Back', to: 'found', effect: 'return' },
        { code: 'done', name: '修好', name_en: 'Done', to: 'done' },
      ],
    },
    { code: 'done', name: '已办结', name_en: 'Done', level: 'village', result: 'done' },
    { code: 'dropped', name: '已终止', name_en: 'Dropped', level: 'grid', result: 'dropped' },
  ],
};

test('a case that came back is moved at the home, without a network, and once; a refusal says why', async ({ browser }) => {
  const admin = await Api.of(server, server.anyone('admin'));
  const manager = await Api.of(server, server.person('manager'));
  await admin.call('POST', '/v1/case-kinds', REPAIR);
  const { items } = await manager.call<{ items: { id: string }[] }>('GET', '/v1/beneficiaries?limit=1');
  const made = await manager.call<Case>('POST', '/v1/cases', { kind: 'repair', beneficiary_id: items[0]?.id, source: 'phone', detail: '厨房屋顶漏雨' });
  const move = (api: Api, version: number, json: object): Promise<Case> => api.call('POST', `/v1/cases/${made.id}/moves`, json, { 'If-Match': `"v${version}"` });
  await move(manager, 1, { move: 'pass', answers: { seen: 'bad' } });
  const { area } = await manager.call<{ area: string }>('GET', '/v1/me');
  const village = await Api.of(server, server.anyone('supervisor', new RegExp(`^${area.slice(0, 12)}$`)));
  await move(village, 2, { move: 'back', note: '请量一下漏雨的面积' });

  const phone = await Phone.signedIn(browser, server, server.person('manager'));
  const { page } = phone;
  await phone.go('grid');
  await page.locator('.line-btn', { hasText: '等您办的事项' }).click();
  await page.locator('.route a', { hasText: '住房维修' }).click();
  await expect(page.locator('.facts')).toContainText('请量一下漏雨的面积');
  await expect(page.locator('.facts')).toContainText('厨房屋顶漏雨');

  // At the home there is no network: what was read is still there.
  await phone.offline();
  await phone.restart(`cases/${made.id}`);
  await expect(phone.page.locator('.facts')).toContainText('请量一下漏雨的面积');
  await phone.main().click();
  await expect(phone.page.locator('.note.bad')).toBeFocused();
  await phone.page.locator('.opt', { hasText: '上报' }).click();
  await expect(phone.page.locator('.note.bad')).toContainText('看到的情况');
  await phone.page.locator('.opt', { hasText: '需要维修' }).click();
  await phone.page.locator('[id="f-$yuan"]').fill('1200.50');
  await phone.page.locator('#note').fill('约三平方米');
  await phone.main().click();
  await expect(phone.page.locator('main .note.info')).toContainText('已办好 1 件，等待送达');
  expect(JSON.stringify([await phone.store('outbox'), await phone.store('meta'), await phone.store('rows')])).not.toMatch(/约三平方米|漏雨/);
  await phone.restart('out/waiting');
  await expect(phone.page.locator('article')).toContainText('办理事项');
  await phone.offline(false);
  await expect.poll(async () => (await manager.call<Case>('GET', `/v1/cases/${made.id}`)).step, { timeout: 30_000 }).toBe('village');
  const after = await manager.call<Case>('GET', `/v1/cases/${made.id}`);
  expect(after.history?.[3]).toMatchObject({ note: '约三平方米', answers: { seen: 'bad' }, amount_fen: 120_050 });
  await expect.poll(() => phone.store('outbox'), { timeout: 30_000 }).toEqual([]);
  await expect.poll(() => phone.ids('case')).not.toContain(made.id);

  // It comes back, and is moved by another person while the phone is away: the move is refused in words, and not lost.
  await move(village, after.version, { move: 'back', note: '缺照片' });
  await expect.poll(() => phone.ids('case'), { timeout: 30_000 }).toContain(made.id);
  await phone.offline();
  await phone.go(`cases/${made.id}`);
  await phone.page.locator('.opt', { hasText: '上报' }).click();
  await phone.page.locator('.opt', { hasText: '需要维修' }).click();
  await phone.page.locator('#note').fill('照片已交');
  await phone.main().click();
  await expect(phone.page.locator('main .note.info')).toContainText('等待送达');
  await move(manager, after.version + 1, { move: 'pass', answers: { seen: 'bad' } });
  await move(village, after.version + 2, { move: 'back', note: '再核实一次' });
  await phone.offline(false);
  await phone.go('out/sent');
  const card = phone.page.locator('article', { hasText: '办理事项' });
  await expect(card).toContainText('有人刚改过', { timeout: 30_000 });
  await card.getByText('再看这件事项').click();
  await expect(phone.page.locator('#note')).toHaveValue('照片已交');
  await expect(phone.page.locator('.facts')).toContainText('再核实一次');
  await phone.main().click();
  await expect.poll(async () => (await manager.call<Case>('GET', `/v1/cases/${made.id}`)).step, { timeout: 30_000 }).toBe('village');
  await phone.close();
});

/** Two cases of a new kind, whose first step wants documents. */
async function withDocuments(manager: Api, code: string): Promise<(Case | undefined)[]> {
  const admin = await Api.of(server, server.anyone('admin'));
  const [found, ...steps] = REPAIR.steps;
  const documents = [{ code: 'photo', name: '现场照片', name_en: 'Photo', required: true }, { code: 'proof', name: '证明', name_en: 'Proof' }];
  await admin.call('POST', '/v1/case-kinds', { ...REPAIR, code, name: '屋顶维修', name_en: 'Roof', steps: [{ ...found, documents }, ...steps] });
  const { items } = await manager.call<{ items: { id: string }[] }>('GET', '/v1/beneficiaries?limit=1');
  return Promise.all([0, 1].map(() => manager.call<Case>('POST', '/v1/cases', { kind: code, beneficiary_id: items[0]?.id, source: 'phone' })));
}

test('a document is photographed without a network, arrives before the move that needs it, and a refusal says why', async ({ browser }) => {
  const manager = await Api.of(server, server.person('manager'));
  const [made, ended] = await withDocuments(manager, 'roof');
  const phone = await Phone.signedIn(browser, server, server.person('manager'));
  await phone.go(`cases/${made?.id}`);
  const [photo, proof] = [(): Locator => phone.page.locator('.documents li', { hasText: '现场照片' }), (): Locator => phone.page.locator('.documents li', { hasText: '证明' })];
  await expect(photo()).toContainText('还缺，补齐后才能往下办');
  await expect(proof()).toContainText('可以不交');

  // At the home there is no network. A picture may be taken again.
  await phone.offline();
  await phone.restart(`cases/${made?.id}`);
  const buffer = await picture(phone.page);
  const take = async (): Promise<void> => {
    await phone.page.getByLabel('拍照或选图：现场照片').setInputFiles({ name: 'a.jpg', mimeType: 'image/jpeg', buffer });
    await expect(photo()).toContainText('已拍 1 张，等待送达');
  };
  await take();
  await phone.page.getByLabel('删除未送的：现场照片').click();
  await expect(photo()).toContainText('还缺');
  await expect(phone.page.getByLabel('拍照或选图：现场照片')).toBeFocused();
  await take();
  await phone.page.locator('.opt', { hasText: '上报' }).click();
  await phone.page.locator('.opt', { hasText: '需要维修' }).click();
  await phone.main().click();
  await expect(phone.page.locator('main .note.info')).toContainText('已办好 1 件，等待送达');
  await phone.go(`cases/${ended?.id}`);
  await take();
  await phone.restart('out/waiting');
  await expect(phone.page.locator('article', { hasText: '事项材料' })).toHaveCount(2);
  await expect(phone.page.locator('article', { hasText: '办理事项' })).toContainText('等材料先送到');

  await manager.call('POST', `/v1/cases/${ended?.id}/moves`, { move: 'drop' }, { 'If-Match': '"v1"' });
  await phone.offline(false);
  await expect.poll(async () => (await manager.call<Case>('GET', `/v1/cases/${made?.id}`)).step, { timeout: 30_000 }).toBe('village');
  const there = await manager.call<{ items: object[] }>('GET', `/v1/cases/${made?.id}/documents`);
  expect(there.items).toMatchObject([{ document: 'photo', type: 'image/jpeg', complete: true }]);
  const stored = async (): Promise<number[]> => Promise.all(['outbox', 'photos', 'blobs'].map(async (name) => (await phone.store(name)).length));
  await expect.poll(stored, { timeout: 30_000 }).toEqual([0, 1, 1]);
  await phone.go('out/sent');
  const refused = phone.page.locator('article', { hasText: '事项材料' });
  await expect(refused).toHaveCount(1);
  await expect(refused).toContainText('这件事项已经办结');
  await refused.getByText('删除照片').click();
  await expect(refused).toHaveCount(0);
  expect(await stored()).toEqual([0, 0, 0]);
  await phone.close();
});

test('a sign-out names a refused picture with its reason, saves it, and deletes it only when asked to', async ({ browser }) => {
  const manager = await Api.of(server, server.person('manager'));
  const [ended] = await withDocuments(manager, 'wall');
  const phone = await Phone.signedIn(browser, server, server.person('manager'));
  const { page } = phone;
  await phone.go(`cases/${ended?.id}`);
  const buffer = await picture(page);
  await phone.offline();
  await page.getByLabel('拍照或选图：现场照片').setInputFiles({ name: 'a.jpg', mimeType: 'image/jpeg', buffer });
  await expect(page.locator('.documents')).toContainText('已拍 1 张，等待送达');
  const dialog = page.locator('dialog');
  const ask = async (): Promise<void> => {
    await phone.go('settings');
    await page.getByText('退出登录').first().click();
  };
  await ask();
  await expect(dialog).toContainText('还有 1 张照片没有发送');
  await expect(dialog).not.toContainText('没有接受');
  await dialog.getByText('先不退出').click();

  await manager.call('POST', `/v1/cases/${ended?.id}/moves`, { move: 'drop' }, { 'If-Match': '"v1"' });
  await phone.offline(false);
  await expect.poll(async () => (await phone.store('outbox')).length, { timeout: 30_000 }).toBe(0);
  await ask();
  await expect(dialog).toContainText('有 1 张照片服务端没有接受');
  await expect(dialog).toContainText('这件事项已经办结');
  const [saved] = await Promise.all([page.waitForEvent('download'), dialog.getByText('存到手机', { exact: true }).click()]);
  expect(readFileSync(await saved.path()).subarray(0, 2)).toEqual(Buffer.from([0xff, 0xd8]));
  await expect(dialog.getByRole('status')).toContainText('已交给浏览器保存');
  await dialog.getByText('先不退出').click();
  await expect(dialog).toHaveCount(0);
  expect(await phone.store('blobs')).toHaveLength(1);

  await ask();
  await dialog.getByText('删除并退出').click();
  await expect(page.locator('#phone')).toBeVisible();
  await expect.poll(() => page.evaluate(async () => (await indexedDB.databases()).map(({ name }) => name))).toEqual(['gw-device']);
  await phone.close();
});
