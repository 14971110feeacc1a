import { expect, test } from '@playwright/test';

import { Phone, volunteers } from './phone';
import { Api, Server } from './server';

let server: Server;
test.beforeAll(async () => (server = await Server.start()));
test.afterAll(async () => server.end());

test('after a restore of the service the rows come anew, and what waits to be sent stays', async ({ browser }) => {
  const phone = await Phone.signedIn(browser, server, server.person('volunteer'));
  const task = await phone.claim();
  await phone.offline();
  await phone.report(task, '恢复之前写的');
  await server.scenario('expired');
  await phone.offline(false);
  await expect(phone.page.locator('.seg')).toContainText('待发送 0', { timeout: 30_000 });
  await expect(phone.page.locator('.sync.ok')).toContainText('已同步');
  await expect.poll(async () => (await phone.ids('task')).length).toBeGreaterThan(0);
  await phone.close();
});

test('another grid empties the phone of the old one, and says so', async ({ browser }) => {
  const [, who] = await volunteers(server);
  if (!who) throw new Error('a volunteer is needed');
  const phone = await Phone.enrolled(browser, server, who);
  const before = await phone.ids('task', 'open');
  expect(before.length).toBeGreaterThan(0);
  const supervisor = await Api.of(server, server.person('supervisor'));
  const { items: grids } = await supervisor.call<{ items: { code: string }[] }>('GET', '/v1/areas?level=grid&limit=200');
  const { items: open } = await supervisor.call<{ items: { id: string; grid: string }[] }>('GET', '/v1/tasks?state=open&limit=200');
  const own = open.find(({ id }) => id === before[0])?.grid;
  const other = grids.find(({ code }) => code !== own)?.code;
  await supervisor.replace(`/v1/areas/${other}/manager`, { person_id: who.id });
  await phone.page.locator('.sync').click();
  await expect(phone.page.locator('.sync')).toContainText('工作范围已调整', { timeout: 30_000 });
  await expect.poll(async () => (await phone.ids('task', 'open')).filter((id) => before.includes(id))).toEqual([]);
  await phone.close();
});
