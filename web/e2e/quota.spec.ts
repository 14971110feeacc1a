import { expect, test } from '@playwright/test';

import { fillable, setFull } from './full';
import { Phone, picture, reports } from './phone';
import { Server } from './server';

let server: Server;
test.beforeAll(async () => (server = await Server.start()));
test.afterAll(async () => server.end());

test('on a full phone a photo is refused in words, and the written report is still saved', async ({ browser }) => {
  const phone = await Phone.signedIn(browser, server, server.person('volunteer'), { prepare: fillable });
  const task = await phone.claim();
  await phone.go(`v/${task}/report`);
  const buffer = await picture(phone.page);
  await setFull(phone.page, true);
  await phone.page.locator('input[type=file]').setInputFiles({ name: 'a.jpg', mimeType: 'image/jpeg', buffer });
  await expect(phone.page.locator('.err')).toContainText('手机空间不足');
  await phone.page.locator('.opt', { hasText: /^已走访$/ }).click();
  await phone.page.locator('#note').fill('没有照片');
  await phone.page.waitForTimeout(2500);
  await phone.main().click();
  await expect(phone.page.locator('.seg')).toBeVisible();
  await expect.poll(() => reports(server, task), { timeout: 30_000 }).toHaveLength(1);
  await phone.close();
});

test('a phone that is full between the saving and the sending gives its reserve up to send', async ({ browser }) => {
  const phone = await Phone.signedIn(browser, server, server.person('volunteer'), { prepare: fillable });
  const task = await phone.claim();
  await phone.offline();
  await phone.report(task, '保存以后手机才满');
  await setFull(phone.page, true);
  await phone.offline(false);
  await expect.poll(() => reports(server, task), { timeout: 30_000 }).toHaveLength(1);
  await expect(phone.page.locator('.seg')).toContainText('待发送 0', { timeout: 30_000 });
  await phone.close();
});
