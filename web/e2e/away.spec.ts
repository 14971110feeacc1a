import { expect, test } from '@playwright/test';

import { Phone, volunteers } from './phone';
import { Api, Server } from './server';

let server: Server;
test.beforeAll(async () => (server = await Server.start()));
test.afterAll(async () => server.end());

interface Absence {
  readonly id: string;
  readonly first_day: string;
  readonly last_day: string;
  readonly reason: string;
}

test('an absence is noted without a network, takes effect on return, and is withdrawn in the same way', async ({ browser }) => {
  const who = server.person('volunteer');
  const own = (await volunteers(server)).find(({ phone: number }) => number === who.phone);
  const manager = await Api.of(server, server.person('manager'));
  const absences = async (): Promise<Absence[]> =>
    (await manager.call<{ items: Absence[] }>('GET', `/v1/people/${own?.id}/absences`)).items;
  const phone = await Phone.signedIn(browser, server, who);
  const { page } = phone;
  const task = await phone.claim();
  await phone.offline();
  await phone.go('me');
  await page.getByText('请假', { exact: false }).first().click();
  await expect(page.locator('h1')).toHaveText('请假');
  const first = await page.locator('#from').inputValue();
  const last = new Date(Date.parse(first) + 20 * 86_400_000).toISOString().slice(0, 10);
  await page.locator('#to').fill(last);
  await page.locator('.opt', { hasText: '生病' }).click();
  await page.locator('.act .btn.main').click();
  await expect(page.locator('.note.info')).toContainText('已登记，联网后生效');
  expect(await absences()).toEqual([]);

  // The app is ended before the network is back.
  await phone.restart('me');
  await phone.offline(false);
  await expect.poll(async () => (await phone.store('outbox')).length, { timeout: 30_000 }).toBe(0);
  expect((await absences()).map(({ first_day, last_day, reason }) => [first_day, last_day, reason])).toEqual([[first, last, 'sick']]);
  // Visits of these days are for others again.
  await expect.poll(async () => (await manager.call<{ state: string }>('GET', `/v1/tasks/${task}`)).state).toBe('open');
  await expect.poll(() => phone.ids('task', 'accepted'), { timeout: 30_000 }).toEqual([]);

  await phone.go('leave');
  await expect(phone.page.locator('article')).toHaveCount(1);
  await phone.offline();
  await phone.page.getByText('撤销请假').click();
  await expect(phone.page.locator('.note.info')).toContainText('已登记，联网后生效');
  await phone.offline(false);
  await expect.poll(absences, { timeout: 30_000 }).toEqual([]);
  await expect(phone.page.locator('article')).toHaveCount(0);
  await phone.close();
});
