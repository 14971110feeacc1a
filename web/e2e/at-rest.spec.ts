import { expect, test, type Page } from '@playwright/test';

import { Phone, volunteers } from './phone';
import { Server } from './server';

let server: Server;
test.beforeAll(async () => (server = await Server.start()));
test.afterAll(async () => server.end());

/** All that the browser stores for this origin, as text. */
async function dump(page: Page): Promise<string> {
  return page.evaluate(async () => {
    const seen: string[] = [JSON.stringify(localStorage), JSON.stringify(sessionStorage), document.cookie];
    for (const key of await caches.keys()) {
      const cache = await caches.open(key);
      for (const request of await cache.keys()) seen.push(request.url, await (await cache.match(request))?.clone().text() ?? '');
    }
    const text = (_key: string, value: unknown): unknown => (value instanceof Uint8Array ? new TextDecoder().decode(value) : value);
    for (const { name = '' } of await indexedDB.databases()) {
      const db = await new Promise<IDBDatabase>((done) => {
        const request = indexedDB.open(name);
        request.onsuccess = (): void => done(request.result);
      });
      for (const store of Array.from(db.objectStoreNames)) {
        for (const read of ['getAll', 'getAllKeys'] as const) {
          const values = await new Promise<unknown>((done) => {
            const request = db.transaction(store).objectStore(store)[read]();
            request.onsuccess = (): void => done(request.result);
          });
          seen.push(JSON.stringify(values, text));
        }
      }
      db.close();
    }
    return seen.join('\n');
  });
}

test('no name, number or address is readable on the phone, and nothing of the API is cached', async ({ browser }) => {
  const [who] = await volunteers(server);
  if (!who) throw new Error('a volunteer is needed');
  const phone = await Phone.enrolled(browser, server, who);
  const task = await phone.claim();
  const name = await phone.visit(task);
  const address = await phone.page.locator('.person .with .num').first().innerText();
  const number = (await phone.page.locator('.person a[href^="tel:"]').first().getAttribute('href'))?.slice(4) ?? '';
  expect(name).not.toContain('*');
  expect(number).toMatch(/^\d+$/);
  await phone.offline();
  await phone.report(task, '药快吃完了');
  await phone.go(`v/${task}/report`);
  await phone.page.locator('#note').fill('草稿里的话');
  await phone.drafted();

  const stored = await dump(phone.page);
  expect(stored).toContain('gw1-');
  for (const secret of [name, address, number, who.name, who.phone, '药快吃完了', '草稿里的话']) expect(stored).not.toContain(secret);
  expect(await phone.page.evaluate(async () => (await Promise.all((await caches.keys()).map(async (key) => (await (await caches.open(key)).keys()).map(({ url }) => url)))).flat().filter((url) => url.includes('/v1')))).toEqual([]);
  await phone.close();
});

test('a sign-out leaves no rows, and no database if nothing waits', async ({ browser }) => {
  const [, who] = await volunteers(server);
  if (!who) throw new Error('a volunteer is needed');
  const phone = await Phone.enrolled(browser, server, who);
  await phone.claim();
  await phone.go('settings');
  await phone.page.getByText('退出登录').first().click();
  await phone.page.locator('dialog .btn.weak').click();
  await expect(phone.page.locator('#phone')).toBeVisible();
  await expect.poll(() => phone.page.evaluate(async () => (await indexedDB.databases()).map(({ name }) => name))).toEqual(['gw-device']);
  await phone.close();
});
