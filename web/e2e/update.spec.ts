import { expect, test } from '@playwright/test';

import { Phone, reports, volunteers } from './phone';
import { Proxy } from './proxy';
import { Server } from './server';
import { lookForUpdate, release } from './update';

let server: Server;
let proxy: Proxy;
test.beforeAll(async () => {
  ({ proxy, server } = await Proxy.start());
});
test.afterAll(async () => {
  proxy.stop();
  await server.end();
});

test('a new version waits for the tap, keeps the draft, and all of it is there offline', async ({ browser }) => {
  const [who] = await volunteers(server);
  if (!who) throw new Error('a volunteer is needed');
  const phone = await Phone.enrolled(browser, server, who, { url: proxy.url });
  const task = await phone.claim();
  await phone.go(`v/${task}/report`);
  await phone.page.locator('#note').fill('写到一半');
  release(proxy, 'second');
  await lookForUpdate(phone);
  await expect(phone.page.getByText('有新版本，点此更新')).toBeVisible({ timeout: 20_000 });
  // Nothing has moved under the hand.
  await expect(phone.page.locator('#note')).toHaveValue('写到一半');
  await expect(phone.page.locator('meta[name=build]')).toHaveCount(0);
  await phone.drafted();
  await phone.page.getByText('有新版本，点此更新').click();
  await expect(phone.page.locator('meta[name=build]')).toHaveAttribute('content', 'second', { timeout: 20_000 });
  await expect(phone.page.locator('#note')).toHaveValue('写到一半');

  await phone.offline();
  await phone.page.reload();
  await expect(phone.page.locator('#note')).toHaveValue('写到一半');
  await phone.close();
});

test('at a cold start a version that waits takes over before anything is shown', async ({ browser }) => {
  const [, who] = await volunteers(server);
  if (!who) throw new Error('a volunteer is needed');
  const phone = await Phone.enrolled(browser, server, who, { url: proxy.url });
  release(proxy, 'third');
  await lookForUpdate(phone);
  await expect(phone.page.getByText('有新版本，点此更新')).toBeVisible({ timeout: 20_000 });
  await phone.restart('');
  await expect(phone.page.locator('meta[name=build]')).toHaveAttribute('content', 'third', { timeout: 20_000 });
  await expect(phone.page.locator('.tabs')).toBeVisible();
  await phone.close();
});

test('@slow switched off, the app removes itself from phones, and what was not sent is sent when it is back', async ({ browser }) => {
  const { proxy: way, server: own } = await Proxy.start();
  const phone = await Phone.signedIn(browser, own, own.person('volunteer'), { url: way.url });
  const task = await phone.claim();
  await phone.offline();
  await phone.report(task, '停用前写的');
  await own.restart({ GRIDWARD_WEB: 'off' });
  way.weather = 'busy';
  await phone.offline(false);
  // The installed app may still open once; its new worker removes it.
  await phone.restart('');
  await expect(phone.page.getByText('手机端暂停使用')).toBeVisible({ timeout: 30_000 });
  const left = (): Promise<number[]> => phone.page.evaluate(async () => [(await navigator.serviceWorker.getRegistrations()).length, (await caches.keys()).length]);
  await expect.poll(left).toEqual([0, 0]);
  expect((await phone.store<{ task_id: string }>('outbox')).map(({ task_id }) => task_id)).toContain(task);
  await phone.restart('');
  await expect(phone.page.getByText('手机端暂停使用')).toBeVisible();
  expect(await reports(own, task)).toEqual([]);

  await own.restart();
  way.weather = 'fair';
  await phone.restart('');
  await phone.ready();
  await expect(phone.page.locator('.tabs')).toBeVisible();
  await expect.poll(async () => (await reports(own, task)).map(({ note }) => note), { timeout: 30_000 }).toEqual(['停用前写的']);
  await expect.poll(() => phone.store('outbox'), { timeout: 30_000 }).toEqual([]);
  await phone.close();
  way.stop();
  await own.end();
});
