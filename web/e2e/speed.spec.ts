/** Times and memory of a cheap phone: processor ×4 slower, 400 kbit/s, 400 ms. Budgets ×1.5, since other work shares the processor. */
import { expect, test, type CDPSession } from '@playwright/test';

import { Phone } from './phone';
import { Server } from './server';

let server: Server;
test.beforeAll(async () => (server = await Server.start()));
test.afterAll(async () => server.end());

async function cheap(cdp: CDPSession): Promise<void> {
  await cdp.send('Network.enable');
  await cdp.send('Network.emulateNetworkConditions', { offline: false, latency: 400, downloadThroughput: 50_000, uploadThroughput: 50_000 });
  await cdp.send('Emulation.setCPUThrottlingRate', { rate: 4 });
}

function median(times: number[]): number {
  return times.sort((a, b) => a - b)[Math.floor(times.length / 2)] ?? Infinity;
}

test('@slow a cheap phone opens the app in time', async ({ browser }) => {
  test.setTimeout(180_000);
  const first: number[] = [];
  const warm: number[] = [];
  const entered: number[] = [];
  for (let run = 0; run < 3; run += 1) {
    const context = await browser.newContext();
    const page = await context.newPage();
    await cheap(await context.newCDPSession(page));
    let from = Date.now();
    await page.goto(`${server.url}/m/`);
    await page.locator('#phone').waitFor();
    first.push(Date.now() - from);
    const who = server.person('volunteer');
    await page.locator('#phone').fill(who.phone);
    await page.locator('#password').fill(who.password);
    from = Date.now();
    await page.locator('form button[type=submit]').click();
    await page.locator('.sync.ok').waitFor();
    entered.push(Date.now() - from);
    await page.evaluate(async () => navigator.serviceWorker.ready);
    await page.waitForTimeout(3000);
    await context.setOffline(true);
    from = Date.now();
    await page.goto(`${server.url}/m/`);
    await page.locator('.tabs').waitFor();
    warm.push(Date.now() - from);
    await context.close();
  }
  console.log(`first visit to the sign-in ${median(first)} ms, sign-in to today ${median(entered)} ms, warm start offline ${median(warm)} ms`);
  expect(median(first)).toBeLessThan(4000 * 1.5);
  expect(median(entered)).toBeLessThan(4000 * 1.5);
  expect(median(warm)).toBeLessThan(1600 * 1.5);
});

test('@slow five hundred taps leave no memory behind', async ({ browser }) => {
  test.setTimeout(180_000);
  const phone = await Phone.signedIn(browser, server, server.person('volunteer'));
  await phone.page.evaluate(async () => {
    for (let tap = 0; tap < 500; tap += 1) {
      const links = document.querySelectorAll<HTMLAnchorElement>('.tabs a');
      links[tap % links.length]?.click();
      await new Promise((done) => requestAnimationFrame(done));
    }
  });
  const cdp = await phone.context.newCDPSession(phone.page);
  await cdp.send('HeapProfiler.collectGarbage');
  const { usedSize } = await cdp.send('Runtime.getHeapUsage');
  console.log(`heap after 500 taps ${(usedSize / 1e6).toFixed(1)} MB`);
  expect(usedSize).toBeLessThan(40e6);
  await phone.close();
});
