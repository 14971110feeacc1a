import { expect, test, type Page } from '@playwright/test';

import { passwordOf, Phone, reports, volunteers } from './phone';
import { Server } from './server';

let server: Server;
test.beforeAll(async () => (server = await Server.start()));
test.afterAll(async () => server.end());

const MINUTE = 60_000;

async function setPin(phone: Phone, pin: string): Promise<void> {
  await phone.go('pin');
  await phone.page.locator('#pin-fresh').fill(pin);
  await phone.page.locator('#pin-again').fill(pin);
  await phone.main().click();
  await expect(phone.page.getByText('PIN 锁已打开')).toBeVisible();
}

async function enter(page: Page, pin: string): Promise<void> {
  await page.locator('#pin').fill(pin);
  await page.getByRole('button', { name: '解锁' }).click();
}

/** The app goes out of sight, and comes back after a time by the phone's clock. */
async function away(page: Page, ms: number): Promise<void> {
  await page.evaluate((time) => {
    const now = Date.now.bind(Date);
    const show = (state: string): void => {
      Object.defineProperty(document, 'visibilityState', { value: state, configurable: true });
      document.dispatchEvent(new Event('visibilitychange'));
    };
    show('hidden');
    Date.now = (): number => now() + time;
    show('visible');
    Date.now = now;
  }, ms);
}

/** The minutes of the wait pass. */
async function waited(page: Page): Promise<void> {
  await page.evaluate(async () => {
    const { name = '' } = (await indexedDB.databases()).find((one) => one.name?.startsWith('gw1-')) ?? {};
    await new Promise<void>((done) => {
      const request = indexedDB.open(name);
      request.onsuccess = (): void => {
        const store = request.result.transaction('meta', 'readwrite').objectStore('meta');
        const read = store.get('pin');
        read.onsuccess = (): void => {
          store.put({ ...read.result, tried_at: 0 }, 'pin');
          store.transaction.oncomplete = (): void => (request.result.close(), done());
        };
      };
    });
  });
}

test('the PIN is asked for at the start and after fifteen minutes out of sight, also offline', async ({ browser }) => {
  const [who] = await volunteers(server);
  if (!who) throw new Error('a volunteer is needed');
  const phone = await Phone.enrolled(browser, server, who);
  const task = await phone.claim();
  const name = await phone.visit(task);
  await phone.offline();
  await setPin(phone, '2580');

  await phone.restart(`v/${task}/report`);
  await expect(phone.page.locator('h1')).toHaveText('已锁定');
  await expect(phone.page.getByText(name)).toHaveCount(0);
  await enter(phone.page, '1470');
  await expect(phone.page.getByRole('alert')).toHaveText('PIN 不对，请再输一次');
  await expect(phone.page.locator('#pin')).toBeFocused();
  await enter(phone.page, '2580');
  await phone.page.locator('.opt', { hasText: /^已走访$/ }).click();
  await phone.page.locator('#note').fill('锁定前写的');

  await away(phone.page, 14 * MINUTE);
  await expect(phone.page.locator('#note')).toHaveValue('锁定前写的');
  await away(phone.page, 15 * MINUTE);
  await expect(phone.page.locator('h1')).toHaveText('已锁定');
  await enter(phone.page, '2580');
  await expect(phone.page.locator('#note')).toHaveValue('锁定前写的');

  await phone.go('pin');
  await enter(phone.page, '2580');
  await phone.page.locator('.opt', { hasText: '关闭 PIN 锁' }).click();
  await phone.page.locator('#pin-current').fill('2580');
  await phone.main().click();
  await expect(phone.page.getByText('PIN 锁已关闭')).toBeVisible();
  await phone.restart('');
  await expect(phone.page.locator('.tabs')).toBeVisible();
  await phone.close();
});

test('@slow a forgotten PIN costs nothing: the password opens the app, and what waited is sent', async ({ browser }) => {
  const [, who] = await volunteers(server);
  if (!who) throw new Error('two volunteers are needed');
  const phone = await Phone.enrolled(browser, server, who);
  const task = await phone.claim();
  await setPin(phone, '258025');
  await phone.offline();
  await phone.go(`v/${task}/report`);
  await enter(phone.page, '258025');
  await phone.page.locator('.opt', { hasText: /^已走访$/ }).click();
  await phone.page.locator('#note').fill('忘记 PIN 之前写的');
  await phone.main().click();
  await expect(phone.page.locator('.seg')).toBeVisible();

  await phone.go('settings');
  await enter(phone.page, '258025');
  await phone.page.getByText('立即锁定').click();
  for (let wrong = 1; wrong <= 10; wrong += 1) {
    await enter(phone.page, '1470');
    if (wrong === 5) {
      await expect(phone.page.getByRole('alert')).toHaveText('输错多次，请 1 分钟后再试');
      await expect(phone.page.getByRole('button', { name: '解锁' })).toBeDisabled();
    }
    if (wrong < 10) await expect(phone.page.locator('#pin')).toHaveValue('');
    if (wrong >= 5 && wrong < 10) {
      await expect(phone.page.getByRole('button', { name: '解锁' })).toBeDisabled();
      await waited(phone.page);
      await expect(phone.page.getByRole('button', { name: '解锁' })).toBeEnabled();
    }
  }
  await expect(phone.page.getByRole('alert')).toContainText('输错次数太多');
  await phone.restart('');
  await expect(phone.page.getByRole('alert')).toContainText('输错次数太多');
  await expect.poll(() => phone.store('rows')).toEqual([]);
  expect(await phone.store('outbox')).toHaveLength(1);

  await phone.offline(false);
  await phone.main().click();
  await phone.page.locator('#phone').fill(who.phone);
  await phone.page.locator('#password').fill(passwordOf(who).password);
  await phone.main().click();
  await expect(phone.page.getByText('原来的 PIN 已取消')).toBeVisible();
  await expect.poll(() => reports(server, task), { timeout: 30_000 }).toHaveLength(1);
  await expect.poll(() => phone.store('outbox'), { timeout: 30_000 }).toEqual([]);
  await phone.page.getByText('以后再说').click();
  await expect(phone.page.locator('.sync.ok')).toBeVisible();
  await phone.close();
});
