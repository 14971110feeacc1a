import { expect, test } from '@playwright/test';

import { Phone, reports, volunteers } from './phone';
import { Api, Server } from './server';

let server: Server;
test.beforeAll(async () => (server = await Server.start()));
test.afterAll(async () => server.end());

test('a report on a visit that was given away meanwhile is kept, and the phone says so', async ({ browser }) => {
  const [who, other] = await volunteers(server);
  if (!who || !other) throw new Error('two volunteers are needed');
  const phone = await Phone.enrolled(browser, server, who);
  const task = await phone.claim();
  const name = await phone.visit(task);
  await phone.offline();
  await phone.report(task, '走访过了');

  const manager = await Api.of(server, server.person('manager'));
  await manager.call('POST', `/v1/tasks/${task}/reassign`, { person_id: other.id, force: true });
  await phone.offline(false);
  await phone.go('out/sent');
  const card = phone.page.locator('article', { hasText: name });
  await expect(card).toContainText('已留存，未改变任务', { timeout: 30_000 });
  await expect(card).toContainText('您的记录没有丢');
  expect(await reports(server, task)).toMatchObject([{ note: '走访过了', recorded: true }]);
  await phone.close();
});

test('a visit that is given away while the phone is offline leaves with a card, and its particulars too', async ({ browser }) => {
  const [, who, other] = await volunteers(server);
  if (!who || !other) throw new Error('three volunteers are needed');
  const phone = await Phone.enrolled(browser, server, who);
  const task = await phone.claim();
  const name = await phone.visit(task);
  await phone.offline();
  const manager = await Api.of(server, server.person('manager'));
  await manager.call('POST', `/v1/tasks/${task}/reassign`, { person_id: other.id, force: true });
  await phone.offline(false);
  await phone.go('');
  await expect(phone.page.getByText('已改派给别人').or(phone.page.getByText('已不在您的工作范围'))).toBeVisible({ timeout: 30_000 });
  await phone.page.getByText('知道了').click();
  await expect(phone.page.getByText(name)).toHaveCount(0);
  await phone.page.reload();
  await expect(phone.page.getByText(name)).toHaveCount(0);
  await phone.close();
});

test('a visit that is given to a phone appears without a tap', async ({ browser }) => {
  const who = (await volunteers(server))[3];
  if (!who) throw new Error('four volunteers are needed');
  const phone = await Phone.enrolled(browser, server, who);
  await expect(phone.page.getByText('今天没有安排')).toBeVisible();
  const manager = await Api.of(server, server.person('manager'));
  const { items } = await manager.call<{ items: { id: string }[] }>('GET', '/v1/tasks?state=open&limit=1');
  await manager.call('POST', `/v1/tasks/${items[0]?.id}/reassign`, { person_id: who.id, force: true });
  await expect(phone.page.getByText('待您确认').first()).toBeVisible({ timeout: 30_000 });
  await phone.close();
});
