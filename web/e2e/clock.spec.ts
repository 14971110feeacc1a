import { expect, test } from '@playwright/test';

import { shiftClock } from './clock';
import { Phone, reports } from './phone';
import { Server } from './server';

let server: Server;
test.beforeAll(async () => (server = await Server.start()));
test.afterAll(async () => server.end());

for (const [words, hours] of [['手机时间快 2 小时', 2], ['手机时间慢 2 小时', -2]] as const) {
  test(`a clock that is wrong by ${hours} hours is said, and its reports arrive with a flag`, async ({ browser }) => {
    const phone = await Phone.open(browser, server.url);
    await shiftClock(phone.context, hours);
    await phone.page.reload();
    await phone.signIn(server.person('volunteer'));
    await phone.ready();
    await expect(phone.page.getByText(words)).toBeVisible();
    const task = await phone.claim();
    await phone.report(task, '时间不对');
    await expect.poll(() => reports(server, task), { timeout: 30_000 }).toHaveLength(1);
    const [report] = await reports(server, task);
    expect(report?.flags).toContain('clock');
    await phone.close();
  });
}
