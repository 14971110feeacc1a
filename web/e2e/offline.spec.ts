import { expect, test } from '@playwright/test';

import { CLAIM, Phone, picture, reports } from './phone';
import { Server } from './server';

let server: Server;
test.beforeAll(async () => (server = await Server.start()));
test.afterAll(async () => server.end());

test('a day without a network loses nothing and sends each report once', async ({ browser }) => {
  const phone = await Phone.signedIn(browser, server, server.person('volunteer'));
  const tasks = [await phone.claim(), await phone.claim(), await phone.claim()];
  await phone.offline();

  await phone.page.reload();
  await expect(phone.page.locator('.sync.off')).toContainText('离线，可继续工作');
  await phone.go(`v/${tasks[0]}`);
  await expect(phone.page.locator('.person h2')).not.toContainText('*');
  await phone.main().click();
  await expect(phone.page.locator('.bar .state')).toContainText('走访中');
  await phone.report(tasks[0] ?? '', '第一户，一切安好');
  await phone.report(tasks[1] ?? '', '第二户，需要修屋顶', '已走访，需跟进');

  await phone.go(`v/${tasks[2]}/report`);
  await phone.page.locator('input[type=file]').setInputFiles({ name: 'a.jpg', mimeType: 'image/jpeg', buffer: await picture(phone.page) });
  await expect(phone.page.locator('.shot img')).toBeVisible();
  await phone.page.locator('.opt', { hasText: /^家中无人$/ }).click();
  await phone.main().click();
  await expect(phone.page.locator('.seg')).toContainText('待发送 4');

  await phone.go('pool');
  await phone.page.locator(CLAIM, { hasText: '登记领取' }).first().click();
  await expect(phone.page.getByText('已登记领取')).toBeVisible();

  await phone.restart('out/waiting');
  await expect(phone.page.locator('.seg')).toContainText('待发送 5');
  await expect(phone.page.locator('.sync.off')).toContainText('待发送 5');

  await phone.offline(false);
  await expect(phone.page.locator('.seg')).toContainText('待发送 0', { timeout: 30_000 });
  await expect.poll(() => phone.store('outbox'), { timeout: 30_000 }).toEqual([]);
  const sent = await Promise.all(tasks.map((task) => reports(server, task)));
  expect(sent.map((list) => list.length)).toEqual([1, 1, 1]);
  expect(sent[0]?.[0]?.note).toBe('第一户，一切安好');
  expect(sent[1]?.[0]?.note).toBe('第二户，需要修屋顶');
  expect(sent[2]?.[0]?.attachments).toHaveLength(1);
  await expect.poll(async () => (await phone.store('blobs')).length, { timeout: 30_000 }).toBe(0);
  await phone.go('out/sent');
  await expect(phone.page.locator('article', { hasText: '照片' })).toContainText('照片 1 / 1');
  await phone.close();
});

test('while the server is gone the work goes on, and the outbox waits for it', async ({ browser }) => {
  const phone = await Phone.signedIn(browser, server, server.person('volunteer'));
  const task = await phone.claim();
  await server.stop();
  await phone.report(task, '服务停了');
  await expect(phone.page.locator('.seg')).toContainText('待发送 1');
  await server.restart();
  await phone.page.locator('.btn.main', { hasText: '立即发送' }).click();
  await expect(phone.page.locator('.seg')).toContainText('待发送 0', { timeout: 30_000 });
  expect(await reports(server, task)).toHaveLength(1);
  await phone.close();
});
