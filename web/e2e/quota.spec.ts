import { expect, test } from '@playwright/test';

import { Phone, picture, reports } from './phone';
import { Server } from './server';

let server: Server;
test.beforeAll(async () => (server = await Server.start()));
test.afterAll(async () => server.end());

/**
 * The browser's store is full until the app gives its reserve up. Simulated: Chromium's own override
 * of the quota does not reach IndexedDB.
 */
async function fill(phone: Phone): Promise<void> {
  await phone.page.evaluate(() => {
    const { put, add, delete: remove } = IDBObjectStore.prototype;
    let room = false;
    const full = (store: IDBObjectStore, value: unknown): boolean => {
      const { data } = (value as { data?: Uint8Array } | null) ?? {};
      const photo = store.name === 'blobs' || (data?.length ?? 0) > 100_000;
      return photo || (!room && store.name !== 'meta');
    };
    const refuse = (): never => {
      throw new DOMException('full', 'QuotaExceededError');
    };
    IDBObjectStore.prototype.put = function (...parts: Parameters<typeof put>) {
      return full(this, parts[0]) ? refuse() : put.apply(this, parts);
    };
    IDBObjectStore.prototype.add = function (...parts: Parameters<typeof add>) {
      return full(this, parts[0]) ? refuse() : add.apply(this, parts);
    };
    IDBObjectStore.prototype.delete = function (...parts: Parameters<typeof remove>) {
      if (this.name === 'meta' && parts[0] === 'reserve') room = true;
      return remove.apply(this, parts);
    };
  });
}

test('on a full phone a photo is refused in words, and the written report is still saved', async ({ browser }) => {
  const phone = await Phone.signedIn(browser, server, server.person('volunteer'));
  const task = await phone.claim();
  await phone.go(`v/${task}/report`);
  const buffer = await picture(phone.page);
  await fill(phone);
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
