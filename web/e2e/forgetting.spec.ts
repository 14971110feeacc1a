import { expect, test } from '@playwright/test';

import { shiftClock } from './clock';
import { Phone } from './phone';
import { Server } from './server';

let server: Server;
test.beforeAll(async () => (server = await Server.start()));
test.afterAll(async () => server.end());

test('four days after the visit its particulars are gone from the phone, also without a network', async ({ browser }) => {
  const phone = await Phone.signedIn(browser, server, server.person('volunteer'));
  const [done, held] = [await phone.claim(), await phone.claim()];
  const [name, other] = [await phone.visit(done), await phone.visit(held)];
  await phone.report(done, '药快吃完了');
  await expect(phone.page.locator('.seg')).toContainText('待发送 0', { timeout: 30_000 });

  await phone.offline();
  await shiftClock(phone.context, 96);
  await phone.restart('out/sent');
  await expect(phone.page.locator('article h2').first()).toContainText('*');
  await phone.page.getByText('查看我的记录').click();
  await expect(phone.page.getByText('其余内容已从手机删除')).toBeVisible();
  await expect(phone.page.getByText('药快吃完了')).toHaveCount(0);
  await phone.go(`v/${done}`);
  await expect(phone.page.locator('.person h2')).toContainText('*');
  await expect(phone.page.getByText(name)).toHaveCount(0);
  // A visit that is still in hand keeps its particulars.
  await phone.go(`v/${held}`);
  await expect(phone.page.locator('.person h2')).toHaveText(other);

  await shiftClock(phone.context, 31 * 24);
  await phone.restart('');
  await expect(phone.page.locator('h1')).toBeVisible();
  await expect.poll(() => phone.ids('beneficiary')).toEqual([]);
  await phone.close();
});
