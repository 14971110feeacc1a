import { expect, test } from '@playwright/test';

import { Phone } from './phone';
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
