import { expect, test } from '@playwright/test';

import { passwordOf, Phone, reports, volunteers } from './phone';
import { Api, Server } from './server';

let server: Server;
test.beforeAll(async () => (server = await Server.start()));
test.afterAll(async () => server.end());

test('after the session has ended the work goes on, and the password sends what waits', async ({ browser }) => {
  const [who] = await volunteers(server);
  if (!who) throw new Error('a volunteer is needed');
  const phone = await Phone.enrolled(browser, server, who);
  const task = await phone.claim();
  const supervisor = await Api.of(server, server.person('supervisor'));
  await supervisor.call('DELETE', `/v1/people/${who.id}/sessions`);
  await phone.page.waitForTimeout(6000);
  await phone.report(task, '登录过期时写的');
  await expect(phone.page.locator('.sync')).toContainText('登录已过期', { timeout: 30_000 });
  expect(await phone.store('outbox')).toHaveLength(1);

  await phone.page.locator('.sync').click();
  await phone.signIn(passwordOf(who));
  await expect.poll(() => reports(server, task), { timeout: 30_000 }).toHaveLength(1);
  await expect.poll(() => phone.store('outbox'), { timeout: 30_000 }).toEqual([]);
  await phone.close();
});

test('what one person has not sent stays sealed while another one uses the phone', async ({ browser }) => {
  const [, who, other] = await volunteers(server);
  if (!who || !other) throw new Error('three volunteers are needed');
  const phone = await Phone.enrolled(browser, server, who);
  const task = await phone.claim();
  await phone.offline();
  await phone.report(task, '别人看不到');
  await phone.go('settings');
  await phone.page.getByText('退出登录').first().click();
  await expect(phone.page.locator('dialog')).toContainText('还有 1 条记录没有发送');
  await phone.page.getByText('仍要退出').click();
  await expect(phone.page.locator('#phone')).toBeVisible();
  await phone.offline(false);
  await expect(phone.page.getByText('本机还有其他人未发送的记录')).toBeVisible();
  await phone.enrol(server, other);
  await phone.page.waitForTimeout(2000);
  expect(await reports(server, task)).toEqual([]);
  expect(await phone.store('outbox')).toHaveLength(1);

  await phone.go('settings');
  await phone.page.getByText('退出登录').first().click();
  await phone.page.locator('dialog .btn.weak').click();
  await phone.signIn(passwordOf(who));
  await expect.poll(() => reports(server, task), { timeout: 30_000 }).toHaveLength(1);
  await phone.close();
});
