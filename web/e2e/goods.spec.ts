import { expect, test } from '@playwright/test';

import { Phone } from './phone';
import { Api, Server } from './server';

let server: Server;
test.beforeAll(async () => (server = await Server.start()));
test.afterAll(async () => server.end());

interface Handout {
  readonly id: string;
  readonly beneficiary_id: string;
  readonly state: string;
  readonly reason?: string;
  readonly receipt?: { readonly signed_by: string; readonly relation?: string };
}

async function planned(api: Api): Promise<Handout[]> {
  return (await api.call<{ items: Handout[] }>('GET', '/v1/handouts?state=planned&limit=200')).items;
}

/** The one of these hand-outs that is planned no longer. */
async function settled(api: Api, before: Handout[]): Promise<string | undefined> {
  const left = new Set((await planned(api)).map(({ id }) => id));
  return before.find(({ id }) => !left.has(id))?.id;
}

test('a grid manager hands goods out with a receipt, and says what was not handed out', async ({ browser }) => {
  const api = await Api.of(server, server.person('manager'));
  const before = await planned(api);
  expect(before.length).toBeGreaterThan(0);
  const phone = await Phone.signedIn(browser, server, server.person('manager'));
  const { page } = phone;
  await phone.go('grid');
  await page.locator('.line-btn', { hasText: '发放物资' }).click();
  await expect(page.locator('h1')).toHaveText('发放物资');
  await page.locator('.card-top', { hasText: '大米' }).getByRole('button').first().click();
  await page.getByText('确认已发放').click();
  await expect(page.locator('dialog .err')).toHaveText('请填写');
  await expect(page.locator('#g-signed_by')).toBeFocused();
  await page.locator('dialog .opt', { hasText: '家属代签' }).click();
  await page.locator('#g-signed_by').fill('王芳');
  await page.locator('#g-relation').fill('女儿');
  await page.getByText('确认已发放').click();
  await expect(page.locator('.note.info')).toContainText('已记录');
  await expect.poll(async () => (await planned(api)).length).toBe(before.length - 1);
  const detail = await api.call<Handout>('GET', `/v1/handouts/${await settled(api, before)}`);
  expect(detail).toMatchObject({ state: 'handed_out', receipt: { signed_by: '王芳', relation: '女儿' } });
  await phone.close();
});

test('goods are handed out without a network, and recorded once when it is back', async ({ browser }) => {
  const fresh = await Server.start();
  const api = await Api.of(fresh, fresh.person('manager'));
  const before = await planned(api);
  const phone = await Phone.signedIn(browser, fresh, fresh.person('manager'));
  await phone.offline();
  await phone.restart('goods');
  const { page } = phone;
  await page.locator('.card-top', { hasText: '大米' }).getByRole('button').first().click();
  await page.locator('#g-signed_by').fill('王小明');
  await page.getByText('确认已发放').click();
  await expect(page.locator('.note.info')).toContainText('联网后送到服务端');
  await expect(page.locator('.card-top')).toHaveCount(before.length - 1);
  expect(await planned(api)).toHaveLength(before.length);

  // The app is ended before the network is back; the receipt is on the disk, sealed.
  expect(JSON.stringify(await phone.store('outbox'))).not.toContain('王小明');
  await phone.restart('out/waiting');
  await expect(phone.page.locator('article')).toContainText('发放物资');
  await phone.offline(false);
  await expect.poll(async () => (await planned(api)).length, { timeout: 30_000 }).toBe(before.length - 1);
  const detail = await api.call<Handout>('GET', `/v1/handouts/${await settled(api, before)}`);
  expect(detail).toMatchObject({ state: 'handed_out', receipt: { signed_by: '王小明' } });
  await expect.poll(() => phone.store('outbox'), { timeout: 30_000 }).toEqual([]);
  await expect.poll(() => phone.ids('handout'), { timeout: 30_000 }).toHaveLength(before.length - 1);
  await phone.close();
  await fresh.end();
});

test('goods that could not be handed out stay at the station, with the reason', async ({ browser }) => {
  const fresh = await Server.start();
  const api = await Api.of(fresh, fresh.person('manager'));
  const before = await planned(api);
  const phone = await Phone.signedIn(browser, fresh, fresh.person('manager'));
  const { page } = phone;
  await phone.go('goods');
  await page.locator('.card-top').getByRole('button').first().click();
  await page.locator('dialog .btn', { hasText: '没有发出去' }).click();
  await page.locator('dialog .opt', { hasText: '家中无人' }).click();
  await page.getByText('记录没有发出').click();
  await expect(page.locator('.note.info')).toContainText('没有发出');
  await expect(page.locator('.card-top')).toHaveCount(before.length - 1);
  await expect.poll(async () => (await planned(api)).length, { timeout: 30_000 }).toBe(before.length - 1);
  const detail = await api.call<Handout>('GET', `/v1/handouts/${await settled(api, before)}`);
  expect(detail).toMatchObject({ state: 'returned', reason: 'absent' });
  await phone.close();
  await fresh.end();
});
