import { expect, test } from '@playwright/test';

import { Phone, volunteers } from './phone';
import { Proxy } from './proxy';
import type { Server } from './server';

let server: Server;
let proxy: Proxy;
test.beforeAll(async () => {
  ({ proxy, server } = await Proxy.start());
});
test.afterAll(async () => {
  proxy.stop();
  await server.end();
});

/** From now on the server has another build. */
function release(name: string): void {
  proxy.rewrites.set('/m/sw.js', (text) => text.replace(/(["']?revision["']?:["'])[0-9a-f]{32}/g, `$1${name}`) + `\n// ${name}`);
  proxy.rewrites.set('/m/', (text) => text.replace('</head>', `<meta name="build" content="${name}"></head>`));
  proxy.rewrites.set('/m/index.html', (text) => text.replace('</head>', `<meta name="build" content="${name}"></head>`));
}

test('a new version waits for the tap, keeps the draft, and all of it is there offline', async ({ browser }) => {
  const [who] = await volunteers(server);
  if (!who) throw new Error('a volunteer is needed');
  const phone = await Phone.enrolled(browser, server, who, proxy.url);
  const task = await phone.claim();
  await phone.go(`v/${task}/report`);
  await phone.page.locator('#note').fill('写到一半');
  release('second');
  await phone.page.evaluate(async () => (await navigator.serviceWorker.getRegistration('/m/'))?.update());
  await expect(phone.page.getByText('有新版本，点此更新')).toBeVisible({ timeout: 20_000 });
  // Nothing has moved under the hand.
  await expect(phone.page.locator('#note')).toHaveValue('写到一半');
  expect(await phone.page.locator('meta[name=build]').count()).toBe(0);
  await phone.page.waitForTimeout(2500);
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
  const phone = await Phone.enrolled(browser, server, who, proxy.url);
  release('third');
  await phone.page.evaluate(async () => (await navigator.serviceWorker.getRegistration('/m/'))?.update());
  await expect(phone.page.getByText('有新版本，点此更新')).toBeVisible({ timeout: 20_000 });
  await phone.restart('');
  await expect(phone.page.locator('meta[name=build]')).toHaveAttribute('content', 'third', { timeout: 20_000 });
  await expect(phone.page.locator('.tabs')).toBeVisible();
  await phone.close();
});
