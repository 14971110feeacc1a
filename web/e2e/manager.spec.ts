import { expect, test } from '@playwright/test';

import { Phone } from './phone';
import { Api, Server } from './server';

let server: Server;
test.beforeAll(async () => (server = await Server.start()));
test.afterAll(async () => server.end());

test('a grid manager sees a plan before it takes effect, reassigns offline, and posts a notice', async ({ browser }) => {
  test.setTimeout(120_000);
  const phone = await Phone.signedIn(browser, server, server.person('manager'));
  const { page } = phone;
  const before = await phone.ids('task', 'assigned');
  await phone.go('grid');
  await page.locator('.trio button').click();
  await page.locator('dialog .btn.weak').click();
  await expect(page.locator('dialog')).toContainText('还没有生效', { timeout: 60_000 });
  expect(await phone.ids('task', 'assigned')).toEqual(before);
  await page.getByText('按这样安排').click();
  // Whether the demo's plan is late depends on the hour.
  const again = page.getByText('仍按这样安排');
  await page.locator('.note.info').or(again).waitFor({ timeout: 60_000 });
  if (await again.isVisible()) await again.click();
  await expect(page.locator('.note.info')).toContainText('已安排', { timeout: 60_000 });
  await expect.poll(async () => (await phone.ids('task', 'assigned')).length).toBeGreaterThan(before.length);
  // People are shown by what they still carry.
  await expect(page.locator('section', { hasText: '仍有' }).first()).toBeVisible();

  const [task] = await phone.ids('task', 'assigned');
  await phone.offline();
  await phone.go(`v/${task}`);
  await page.locator('.line-btn', { hasText: '改派' }).click();
  const chosen = page.locator('dialog .btn').first();
  const name = (await chosen.innerText()).split(/[（\n]/)[0] ?? '';
  await chosen.click();
  await expect(page.locator('.bar .state')).toContainText('待同步');
  await phone.offline(false);
  await expect.poll(async () => (await phone.store('outbox')).length, { timeout: 30_000 }).toBe(0);
  await phone.go('grid');
  await expect(page.locator('section.card', { has: page.locator('h2', { hasText: name }) })).toContainText('仍有');

  await phone.go('grid/notice');
  await page.locator('#title').fill('周六停水');
  await page.locator('#text').fill('周六上午停水，走访请改下午。');
  await phone.main().click();
  await expect(page.locator('article')).toContainText('周六停水');
  await phone.go('grid/task');
  await page.locator('#kind').selectOption({ index: 1 });
  await page.locator('#who').selectOption({ index: 1 });
  await phone.main().click();
  await expect(page.locator('h1')).toHaveText('网格');
  await phone.close();
});

test('a plan that makes many visits late says so and needs a second tap, and one that is closed is discarded', async ({ browser }) => {
  test.setTimeout(120_000);
  const manager = await Api.of(server, server.person('manager'));
  const { items } = await manager.call<{ items: { id: string }[] }>('GET', '/v1/beneficiaries?limit=10');
  const tomorrow = new Intl.DateTimeFormat('en-CA', { timeZone: 'Asia/Shanghai' }).format(Date.now() + 86_400_000);
  for (const { id } of [...items, ...items, ...items]) {
    await manager.call('POST', '/v1/tasks', { kind: 'home_visit', beneficiary_id: id, minutes: 120, due_on: tomorrow });
  }
  const phone = await Phone.signedIn(browser, server, server.person('manager'));
  const { page } = phone;
  await phone.go('grid');
  const plan = async (): Promise<void> => {
    await page.locator('.trio button').click();
    await page.locator('dialog .btn.weak').click();
    await expect(page.locator('dialog > div > .state.warn')).toContainText('晚于期限', { timeout: 60_000 });
  };
  const discarded = async (): Promise<number> => (await manager.call<{ items: unknown[] }>('GET', '/v1/plans?state=discarded')).items.length;
  await plan();
  await page.getByText('先不安排').click();
  await expect.poll(discarded).toBe(1);

  const before = await phone.ids('task', 'assigned');
  await plan();
  await page.getByText('按这样安排').click();
  await expect(page.locator('dialog [role=alert]')).toContainText('会逾期');
  expect(await phone.ids('task', 'assigned')).toEqual(before);
  await page.getByText('仍按这样安排').click();
  await expect(page.locator('.note.info')).toContainText('已安排', { timeout: 60_000 });
  await expect.poll(async () => (await phone.ids('task', 'assigned')).length).toBeGreaterThan(before.length);
  expect(await discarded()).toBe(1);
  await phone.close();
});
