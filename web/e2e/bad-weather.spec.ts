import { expect, test } from '@playwright/test';

import { fillable, setFull } from './full';
import { CLAIM, Phone, reports, volunteers } from './phone';
import { Proxy, type Weather } from './proxy';
import { Api, type Server } from './server';
import { lookForUpdate, release } from './update';

let server: Server;
let proxy: Proxy;
test.beforeAll(async () => {
  ({ proxy, server } = await Proxy.start());
});
test.afterAll(async () => {
  proxy.stop();
  await server.end();
});

/** The same numbers in each run. */
function dice(seed: number): (sides: number) => number {
  let state = seed;
  return (sides) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * sides);
  };
}

/** Takes a new version over, if one has arrived. */
async function update(phone: Phone): Promise<void> {
  const bar = phone.page.getByText('有新版本，点此更新');
  if ((await bar.count()) === 0) return;
  await Promise.all([phone.page.waitForEvent('load'), bar.click()]);
  await phone.page.locator('.tabs, .bar').first().waitFor();
}

test('@slow in thirty taps with a failing network, updates and a full phone nothing is lost and nothing is doubled', async ({ browser }) => {
  test.setTimeout(300_000);
  const manager = await Api.of(server, server.person('manager'));
  const { items } = await manager.call<{ items: { id: string }[] }>('GET', '/v1/beneficiaries?limit=12');
  for (const { id } of items) await manager.call('POST', '/v1/tasks', { kind: 'phone_call', beneficiary_id: id });
  const [who] = await volunteers(server);
  if (!who) throw new Error('a volunteer is needed');
  const phone = await Phone.enrolled(browser, server, who, { url: proxy.url, prepare: fillable });
  const roll = dice(7);
  const weathers: Weather[] = ['fair', 'dead', 'answer_lost', 'busy', 'fair'];
  const reported: string[] = [];
  let builds = 0;

  for (let tap = 0; tap < 30; tap += 1) {
    proxy.weather = weathers[roll(weathers.length)] ?? 'fair';
    await phone.offline(roll(6) === 0);
    if (roll(8) === 0) {
      await phone.restart('');
      await phone.page.locator('.tabs, .bar').first().waitFor();
    }
    if (roll(5) === 0) await setFull(phone.page, roll(2) === 0);
    if (roll(6) === 0) {
      release(proxy, `build${tap}`);
      await lookForUpdate(phone);
      builds += 1;
    }
    await update(phone);
    if (tap % 2 === 0) {
      await phone.go('pool');
      await phone.page.locator('article, .empty').first().waitFor();
      const claims = phone.page.locator(CLAIM);
      if ((await claims.count()) > 0) await claims.first().click();
    } else {
      // At a start a new version may load the page once more.
      await phone.page.locator('.tabs, .bar').first().waitFor();
      const claimed = (await phone.store<{ type: string; task_id: string }>('outbox')).filter(({ type }) => type === 'task.claim').map(({ task_id }) => task_id);
      // Of a visit by two people the claim of the second task is refused.
      const rows = await phone.store<{ id: string; plain?: { tie?: unknown } }>('rows');
      const tied = rows.filter(({ plain }) => plain?.tie).map(({ id }) => id);
      const [task] = [...claimed, ...(await phone.ids('task', 'accepted'))].filter((id) => ![...reported, ...tied].includes(id));
      if (!task) continue;
      await phone.report(task, `第 ${tap} 下`);
      reported.push(task);
    }
  }
  expect(reported.length).toBeGreaterThanOrEqual(8);
  expect(builds).toBeGreaterThanOrEqual(2);

  proxy.weather = 'fair';
  await phone.offline(false);
  await setFull(phone.page, false);
  await lookForUpdate(phone);
  await phone.restart('out/waiting');
  await expect(phone.page.locator('.seg')).toContainText('待发送 0', { timeout: 60_000 });
  for (const task of reported) expect(await reports(server, task), task).toHaveLength(1);
  await phone.close();
});
