import { expect, test } from '@playwright/test';

import { Phone, volunteers } from './phone';
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

test('a volunteer hands over at a visit what is planned, without a network, and no longer after it', async ({ browser }) => {
  const fresh = await Server.start();
  const api = await Api.of(fresh, fresh.person('manager'));
  const [who] = await volunteers(fresh);
  const before = await planned(api);
  const home = before[0]?.beneficiary_id;
  const here = before.filter(({ beneficiary_id }) => beneficiary_id === home);
  if (!who || !home) throw new Error('a volunteer and a planned hand-out are needed');
  const { id } = await api.call<{ id: string }>('POST', '/v1/tasks', { kind: 'home_visit', beneficiary_id: home });
  await api.call('POST', `/v1/tasks/${id}/reassign`, { person_id: who.id, force: true });
  const phone = await Phone.enrolled(browser, fresh, who);
  await expect.poll(async () => (await phone.ids('handout')).sort()).toEqual(here.map((one) => one.id).sort());
  await phone.offline();
  await phone.restart(`v/${id}/report`);
  await expect(phone.page.locator('main .note', { hasText: '物资没有登记' })).toContainText(`${here.length} 件`);
  await phone.page.locator('main .note .btn').click();
  const { page } = phone;
  const goods = page.locator('section.card', { hasText: '要发放的物资' });
  await expect(goods.locator('.card-top')).toHaveCount(here.length);
  await goods.getByRole('button').first().click();
  // Who signs in person is filled in; a relative is asked for.
  await expect(page.locator('#g-signed_by')).not.toHaveValue('');
  await page.locator('dialog .opt', { hasText: '家属代签' }).click();
  await expect(page.locator('#g-signed_by')).toHaveValue('');
  await page.locator('#g-signed_by').fill('王芳');
  await page.locator('#g-relation').fill('女儿');
  await page.getByText('确认已发放').click();
  await expect(goods.locator('.note.info')).toContainText('联网后送到服务端');
  await expect(goods.locator('.card-top')).toHaveCount(here.length - 1);
  expect(JSON.stringify(await phone.store('outbox'))).not.toContain('王芳');

  await phone.offline(false);
  await expect.poll(async () => (await planned(api)).length, { timeout: 30_000 }).toBe(before.length - 1);
  const detail = await api.call<Handout>('GET', `/v1/handouts/${await settled(api, before)}`);
  expect(detail).toMatchObject({ state: 'handed_out', beneficiary_id: home, receipt: { signed_by: '王芳', relation: '女儿' } });
  // The visit is given back: what is left goes with it.
  await api.call('POST', `/v1/tasks/${id}/unassign`, { reason: '改由网格员去' });
  await expect.poll(() => phone.ids('handout'), { timeout: 30_000 }).toEqual([]);
  await phone.close();
  await fresh.end();
});
