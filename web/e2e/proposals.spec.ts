import { expect, test } from '@playwright/test';

import { Phone } from './phone';
import { Server } from './server';

let server: Server;
test.beforeAll(async () => (server = await Server.start()));
test.afterAll(async () => server.end());

test('a volunteer proposes another day offline and reports a need, and the manager decides', async ({ browser }) => {
  test.setTimeout(120_000);
  const phone = await Phone.signedIn(browser, server, server.person('volunteer'));
  const { page } = phone;
  const [task] = await phone.ids('task', 'open');
  await phone.go(`v/${task}`);
  await phone.main().click();
  await expect.poll(async () => phone.ids('task', 'accepted'), { timeout: 30_000 }).toContain(task);
  await phone.offline();
  await phone.go(`v/${task}`);
  await page.locator('.line-btn', { hasText: '想换个日子去' }).click();
  await page.locator('dialog textarea').fill('那天要带孩子看病');
  await page.locator('dialog .btn.weak').click();
  await expect(page.locator('.note.info')).toContainText('已记下');
  await page.locator('.line-btn', { hasText: '这户有需要' }).click();
  await page.locator('dialog .opt').first().click();
  await page.locator('dialog .btn.weak').click();
  await expect.poll(async () => (await phone.store('outbox')).length).toBe(2);
  await phone.offline(false);
  await expect.poll(async () => (await phone.store('outbox')).length, { timeout: 30_000 }).toBe(0);

  const manager = await Phone.signedIn(browser, server, server.person('manager'));
  await manager.go('grid');
  const cards = manager.page.locator('section.card', { has: manager.page.getByText('不同意', { exact: true }) });
  await expect(cards).toHaveCount(2);
  const day = cards.filter({ hasText: '想改到' });
  await expect(day).toContainText('那天要带孩子看病');
  await day.getByText('同意', { exact: true }).click();
  await expect(cards).toHaveCount(1);
  await cards.getByText('不同意', { exact: true }).click();
  await manager.page.locator('dialog textarea').fill('已经有人在办');
  await manager.page.locator('dialog .btn.weak').click();
  await expect(cards).toHaveCount(0);
  await manager.close();

  // What became of both, on the phone of their author; also without a network.
  await phone.go('');
  await expect(page.locator('.note.info', { hasText: '知道了' })).toHaveCount(2, { timeout: 30_000 });
  await expect(page.getByText('修改密码')).toHaveCount(0);
  await page.locator('.sync').click();
  const decided = async (): Promise<void> => {
    await phone.go('out/sent');
    await expect(page.locator('article', { hasText: '建议改期' })).toContainText('网格员已同意', { timeout: 30_000 });
    await expect(page.locator('article', { hasText: '反映需求' })).toContainText('网格员没有同意：已经有人在办', { timeout: 30_000 });
  };
  await decided();
  await phone.go('');
  await phone.offline();
  await page.locator('.note.info .btn').first().click();
  await expect(page.locator('.note.info', { hasText: '知道了' })).toHaveCount(1);
  await decided();
  await phone.offline(false);
  await expect.poll(async () => (await phone.store('outbox')).length, { timeout: 30_000 }).toBe(0);
  await phone.close();
});

test('feedback is sent in writing, and listed with its answer', async ({ browser }) => {
  test.setTimeout(60_000);
  const phone = await Phone.signedIn(browser, server, server.person('volunteer'));
  const { page } = phone;
  await phone.go('feedback');
  await page.locator('#feedback').fill('字再大一点就好了');
  await page.locator('form .btn').click();
  await expect(page.locator('main .note.info')).toContainText('已收到');
  await expect(page.locator('section.card')).toContainText('还没有答复');
  await phone.close();
});
