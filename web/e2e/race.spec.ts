import { expect, test } from '@playwright/test';

import { CLAIM, Phone, reports, volunteers } from './phone';
import { Server } from './server';

let server: Server;
test.beforeAll(async () => (server = await Server.start()));
test.afterAll(async () => server.end());

test('of two phones that claim one visit, one has it and the other one is told who', async ({ browser }) => {
  const [first, second] = await volunteers(server);
  if (!first || !second) throw new Error('two volunteers are needed');
  const a = await Phone.enrolled(browser, server, first);
  const b = await Phone.enrolled(browser, server, second);
  await a.go('pool');
  await b.go('pool');
  await b.offline();
  const title = await b.page.locator('article').first().innerText();
  await b.page.locator(CLAIM).first().click();
  await expect(b.page.getByText('已登记领取')).toBeVisible();
  const [claim] = await b.store<{ task_id: string }>('outbox');
  const task = claim?.task_id ?? '';
  await b.report(task, '我也去了');
  expect(title).toContain('*');

  expect(await a.claim()).toBe(task);
  await b.offline(false);
  await b.go('');
  await expect(b.page.getByText(`已由${first.name}领取`)).toBeVisible({ timeout: 30_000 });
  await b.go('out/sent');
  await expect(b.page.locator('article', { hasText: '未接受' }).first()).toContainText(first.name);
  await expect.poll(() => b.ids('task', 'accepted')).toEqual([]);
  expect(await reports(server, task)).toEqual([]);
  // What was written can still be read on the phone.
  await b.page.getByText('查看我的记录').first().click();
  await expect(b.page.getByText('我也去了')).toBeVisible();
  await a.close();
  await b.close();
});
