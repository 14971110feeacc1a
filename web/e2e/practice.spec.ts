import { expect, test } from '@playwright/test';

import { Phone } from './phone';
import { Server } from './server';

let server: Server;
test.beforeAll(async () => (server = await Server.start()));
test.afterAll(async () => server.end());

test('the practice has the whole flow, sends nothing, and leaves nothing behind', async ({ browser }) => {
  const phone = await Phone.signedIn(browser, server, server.person('volunteer'));
  const { page } = phone;
  const claimed = await phone.claim();
  const sent: string[] = [];
  await phone.go('settings');
  await page.getByText('练习模式').click();
  await expect(page.getByText('练习，不会发送')).toBeVisible();
  page.on('request', (request) => sent.push(new URL(request.url()).pathname));
  await page.locator('.btn.main', { hasText: '接受' }).click();
  await page.locator('.btn.main', { hasText: '开始走访' }).click();
  await page.locator('.btn.main', { hasText: '填写走访记录' }).click();
  await page.locator('.opt', { hasText: /^已走访$/ }).click();
  await page.locator('#note').fill('只是练习');
  for (const group of await page.locator('fieldset[id^="f-"]:not(#f-outcome)').all()) await group.locator('.opt').first().click();
  await phone.main().click();
  await page.locator('.seg a', { hasText: '已送达' }).click();
  await expect(page.locator('article').first()).toContainText('已生效，任务已完成');
  await page.locator('.tabs a', { hasText: '待领取' }).click();
  await page.locator('.btn.weak').click();
  await page.locator('.tabs a', { hasText: '今日' }).click();
  await expect(page.locator('.next')).toContainText('练习二');
  expect(sent.filter((path) => path.startsWith('/v1/'))).toEqual([]);

  await page.getByText('结束练习').click();
  await expect(page.getByText('练习，不会发送')).toHaveCount(0);
  await expect(page.locator('.next')).not.toContainText('练习');
  await expect.poll(() => page.evaluate(async () => (await indexedDB.databases()).filter(({ name }) => name?.includes('practice')))).toEqual([]);
  await expect.poll(() => phone.ids('task', 'accepted')).toEqual([claimed]);
  await phone.close();
});
