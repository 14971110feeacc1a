import { expect, test } from '@playwright/test';

import { Phone, volunteers } from './phone';
import { Proxy } from './proxy';
import { Api, Server } from './server';

let server: Server;
test.beforeAll(async () => {
  server = await Server.start({ GRIDWARD_SERVICE_NAME: '江津老兵走访', GRIDWARD_HOST_UNIT: '江津区退役军人事务局', GRIDWARD_FILING_NUMBER: '渝ICP备00000000号-1', GRIDWARD_COMPLAINT_CONTACT: '电话 023-00000000' });
});
test.afterAll(async () => server.end());

test('the host unit, the filing number and the way to complain are shown, also without a network', async ({ browser }) => {
  const phone = await Phone.open(browser, server.url);
  const { page } = phone;
  await expect(page.locator('h1')).toHaveText('江津老兵走访');
  await expect(page).toHaveTitle('江津老兵走访');
  await expect(page.locator('.foot').last()).toContainText('主办：江津区退役军人事务局');
  await expect(page.locator('.foot').last()).toContainText('备案编号：渝ICP备00000000号-1');
  await phone.signIn(server.person('volunteer'));
  await phone.ready();
  await phone.offline();
  for (const screen of ['me', 'settings']) {
    await phone.go(screen);
    await expect(page.locator('.foot')).toContainText('备案编号：渝ICP备00000000号-1');
  }
  await phone.go('feedback');
  await expect(page.getByText('电话 023-00000000')).toBeVisible();
  await phone.close();
});

test('WeChat’s browser is left by a tap on its menu, or kept', async ({ browser }) => {
  const phone = await Phone.open(browser, server.url, { userAgent: 'Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/120 Mobile Safari/537.36 MicroMessenger/8.0' });
  await expect(phone.page.getByText('在浏览器中打开')).toBeVisible();
  await phone.page.getByText('仍要继续').click();
  await expect(phone.page.getByText('在浏览器中打开')).toHaveCount(0);
  await expect(phone.page.locator('#phone')).toBeVisible();
  await phone.close();
});

test('who comes along on a visit and the number of the household are shown, also without a network', async ({ browser }) => {
  const [first, second] = await volunteers(server);
  if (!first || !second) throw new Error('two volunteers are needed');
  const manager = await Api.of(server, server.person('manager'));
  const supervisor = await Api.of(server, server.person('supervisor'));
  const { items } = await manager.call<{ items: { id: string; version: number }[] }>('GET', '/v1/beneficiaries?limit=1');
  await supervisor.call('PATCH', `/v1/beneficiaries/${items[0]?.id}`, { household: '02-A7' }, { 'If-Match': `"v${items[0]?.version}"` });
  const guest = { name: '李建国', office: '区退役军人事务局局长' };
  const made = await manager.call<{ id: string; tied?: { id: string }[] }>('POST', '/v1/tasks', { kind: 'home_visit', beneficiary_id: items[0]?.id, tie: { type: 'two_people' }, guest });
  const { tied } = await manager.call<{ tied: { id: string }[] }>('GET', `/v1/tasks/${made.id}`);
  await manager.call('POST', `/v1/tasks/${made.id}/reassign`, { person_id: first.id, force: true });
  await manager.call('POST', `/v1/tasks/${tied[0]?.id}/reassign`, { person_id: second.id, force: true });
  const phone = await Phone.enrolled(browser, server, first);
  await expect.poll(async () => (await phone.page.evaluate(() => document.querySelectorAll('.next, .route a').length))).toBeGreaterThan(0);
  await phone.page.waitForTimeout(1500);
  await phone.offline();
  await phone.go(`v/${made.id}`);
  await expect(phone.page.getByText(`和${second.name}一起上门`)).toBeVisible();
  await expect(phone.page.getByText(guest.office)).toBeVisible();
  await expect(phone.page.locator('dt:text-is("户号") + dd')).toHaveText('02-A7');
  await phone.close();
});

test('a district that asks for a PIN gets it set after the sign-in, and it is not removed', async ({ browser }) => {
  const { proxy, server: other } = await Proxy.start();
  proxy.rewrites.set('/v1/about', (text) => JSON.stringify({ ...(JSON.parse(text) as object), phone_pin: 'asked' }));
  const phone = await Phone.open(browser, proxy.url);
  const { page } = phone;
  const who = other.person('volunteer');
  await page.locator('#phone').fill(who.phone);
  await page.locator('#password').fill(who.password);
  await phone.main().click();
  await expect(page.getByText('本区县要求给手机端设 PIN')).toBeVisible();
  await expect(page.getByText('以后再说')).toHaveCount(0);
  await phone.go('');
  await page.getByText('请设 PIN，保护手机里的资料').click();
  await page.locator('#pin-fresh').fill('2580');
  await page.locator('#pin-again').fill('2580');
  await phone.main().click();
  await expect(page.getByText('PIN 锁已打开')).toBeVisible();
  await expect(page.getByText('关闭 PIN 锁')).toHaveCount(0);
  await page.getByText('回到今日').click();
  await expect(page.locator('.tabs')).toBeVisible();
  await expect(page.getByText('请设 PIN')).toHaveCount(0);
  await phone.close();
  proxy.stop();
  await other.end();
});
