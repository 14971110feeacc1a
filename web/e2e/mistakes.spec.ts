import { expect, test } from '@playwright/test';

import { Phone, picture, volunteers } from './phone';
import { Proxy } from './proxy';
import { Api, type Server } from './server';

let server: Server;
let proxy: Proxy;
test.beforeAll(async () => {
  ({ proxy, server } = await Proxy.start());
});
test.afterAll(async () => {
  proxy.stop();
  await server.end();
});

test('a tap by mistake is taken back before it is sent', async ({ browser }) => {
  const [who] = await volunteers(server);
  if (!who) throw new Error('a volunteer is needed');
  const phone = await Phone.enrolled(browser, server, who, { url: proxy.url });
  const task = await phone.claim();
  await phone.go(`v/${task}`);
  await phone.page.locator('.line-btn', { hasText: '退回这一户' }).click();
  await phone.page.locator('dialog .btn.weak').click();
  await expect(phone.page.locator('.undo')).toContainText('已点“退回”');
  await phone.page.locator('.undo .btn').click();
  await expect(phone.page.locator('.undo .btn')).toHaveCount(0);
  await expect(phone.page.locator('.bar .state')).toHaveText('已接受');
  await expect.poll(() => phone.store('outbox')).toEqual([]);

  // Left alone, it is sent.
  await phone.main().click();
  await expect(phone.page.locator('.bar .state')).toContainText('走访中');
  await expect.poll(async () => phone.ids('task', 'in_progress'), { timeout: 30_000 }).toEqual([task]);
  await expect(phone.page.locator('.undo .btn')).toHaveCount(0);
  await phone.close();
});

test('a draft with its photos is deleted on request', async ({ browser }) => {
  const [, who] = await volunteers(server);
  if (!who) throw new Error('a volunteer is needed');
  const phone = await Phone.enrolled(browser, server, who, { url: proxy.url });
  const task = await phone.claim();
  const workers: string[] = [];
  phone.page.on('worker', (worker) => workers.push(new URL(worker.url()).pathname));
  await phone.go(`v/${task}/report`);
  await phone.page.locator('input[type=file]').setInputFiles({ name: 'a.jpg', mimeType: 'image/jpeg', buffer: await picture(phone.page) });
  await expect(phone.page.locator('.shot img')).toBeVisible();
  await expect.poll(() => workers.join(' ')).toContain('photo-worker');
  await phone.page.locator('input[type=file]').setInputFiles({ name: 'b.jpg', mimeType: 'image/jpeg', buffer: Buffer.from('no picture') });
  await expect(phone.page.locator('.err')).toContainText('这张照片打不开');
  await phone.page.locator('#note').fill('写错了');
  await phone.drafted();
  await phone.go('out/drafts');
  await phone.page.getByText('删除草稿').click();
  await phone.page.locator('dialog .btn.weak').click();
  await expect(phone.page.getByText('没有草稿')).toBeVisible();
  await expect.poll(async () => [await phone.store('drafts'), await phone.store('photos'), await phone.store('blobs')]).toEqual([[], [], []]);
  await phone.close();
});

test('a row that cannot be read is left out and reported, and the others work', async ({ browser }) => {
  const [, , who] = await volunteers(server);
  if (!who) throw new Error('a volunteer is needed');
  proxy.rewrites.set('/v1/sync?limit=200', (text) => {
    const page = JSON.parse(text) as { changes: { type: string; data: Record<string, unknown> }[] };
    const tasks = page.changes.filter(({ type }) => type === 'task');
    if (tasks[0]) tasks[0].data['skills'] = null;
    return JSON.stringify(page);
  });
  const phone = await Phone.enrolled(browser, server, who, { url: proxy.url });
  proxy.rewrites.clear();
  await expect(phone.page.getByText('有 1 条资料这个版本读不出来')).toBeVisible();
  await phone.claim();
  await phone.page.reload();
  await expect(phone.page.getByText('有 1 条资料这个版本读不出来')).toBeVisible();
  await phone.close();
});

test('a damaged link of an invitation says in words what is wrong', async ({ browser }) => {
  const [, , , who] = await volunteers(server);
  if (!who) throw new Error('a volunteer is needed');
  const phone = await Phone.open(browser, proxy.url);
  await phone.page.goto(`${proxy.url}/m/enrol#%E4%zz`);
  await phone.page.locator('#phone').fill(who.phone);
  await phone.page.locator('#password').fill('八月桂花开满院子');
  await phone.main().click();
  await expect(phone.page.getByRole('alert')).toContainText('邀请码');
  await phone.close();
});

test('a suspended account leaves nothing on the phone but what was not sent', async ({ browser }) => {
  const who = (await volunteers(server))[4];
  if (!who) throw new Error('five volunteers are needed');
  const phone = await Phone.enrolled(browser, server, who, { url: proxy.url });
  const task = await phone.claim();
  await phone.offline();
  await phone.report(task, '停用前写的');
  const manager = await Api.of(server, server.person('manager'));
  await manager.call('PATCH', `/v1/people/${who.id}/state`, { state: 'suspended', reason: '核实身份' });
  await phone.page.waitForTimeout(6000);
  await phone.offline(false);
  await expect(phone.page.getByText('您的账号已停用，本机资料已清除')).toBeVisible({ timeout: 30_000 });
  await expect.poll(async () => [await phone.store('rows'), await phone.store('journal')]).toEqual([[], []]);
  expect(await phone.store('outbox')).toHaveLength(1);
  await phone.close();
});
