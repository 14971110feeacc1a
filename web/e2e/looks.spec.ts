/**
 * The measures of the design, and the pictures of the README: `GW_PICTURES=1` takes them again.
 */
import { mkdirSync } from 'node:fs';

import { expect, test, type Page } from '@playwright/test';

import { CLAIM, Phone, volunteers } from './phone';
import { Api, Server } from './server';

const FOLDER = new URL('../../docs/pictures/', import.meta.url);
let server: Server;
test.beforeAll(async () => (server = await Server.start()));
test.afterAll(async () => server.end());

async function picture(page: Page, name: string): Promise<void> {
  if (!process.env['GW_PICTURES']) return;
  mkdirSync(FOLDER, { recursive: true });
  // Phones have figures that match their Chinese letters; Debian's first font does not.
  await page.evaluate(() => document.documentElement.style.setProperty('--font', '"Noto Sans CJK SC"'));
  await page.waitForTimeout(600);
  await page.screenshot({ path: new URL(`phone-${name}.png`, FOLDER).pathname });
}

/** Where the first element is; the layout may still move it. */
function box(page: Page, selector: string): () => Promise<{ x: number; y: number; width: number; height: number; bottom: number } | undefined> {
  return async () => {
    const found = await page.locator(selector).first().boundingBox();
    return found ? { ...found, y: Math.round(found.y), height: Math.round(found.height), bottom: Math.round(found.y + found.height) } : undefined;
  };
}

/** How many lines the buttons of a row take. */
function lines(page: Page): () => Promise<number> {
  return () => page.locator('.trio .btn').evaluateAll((all) => new Set(all.map((one) => Math.round(one.getBoundingClientRect().top))).size);
}

test('screens have the measures of the design', async ({ browser }) => {
  test.setTimeout(180_000);
  const phone = await Phone.signedIn(browser, server, server.person('volunteer'));
  const { page } = phone;
  const first = await phone.claim();
  await phone.go('');
  await expect(page.locator('.next')).toBeVisible();
  await expect.poll(box(page, '.sync')).toMatchObject({ x: 0, y: 0, width: 390, height: 52 });
  await expect.poll(box(page, '.tabs')).toMatchObject({ bottom: 844 });
  await expect.poll(async () => (await box(page, '.tabs')())?.height).toBeGreaterThan(60);
  await expect.poll(box(page, '.btn.main')).toMatchObject({ height: 58 });
  await expect(page.locator('.btn.main')).toHaveCount(1);
  await picture(page, 'today');

  await phone.go('pool');
  await expect(page.locator('article').first()).toBeVisible();
  await picture(page, 'pool');

  await phone.go(`v/${first}`);
  await expect.poll(box(page, '.act .btn.main')).toMatchObject({ x: 16, width: 358, bottom: 832 });
  await expect(page.locator('.btn.main')).toHaveCount(1);
  await expect.poll(lines(page)).toBe(1);
  await picture(page, 'visit');

  await phone.go(`v/${first}/report`);
  await expect.poll(box(page, '.opt')).toMatchObject({ height: 52 });
  await page.locator('.opt', { hasText: /^已走访，需跟进$/ }).click();
  await page.locator('.opt', { hasText: /^医疗$/ }).click();
  await expect(page.locator('.note.info')).toContainText('按事项办理');
  await page.evaluate(() => window.scrollTo(0, 0));
  await picture(page, 'report');
  await phone.main().click();
  await expect(page.locator('.seg')).toContainText('待发送 0', { timeout: 30_000 });
  await phone.go('out/sent');
  await expect(page.locator('article')).toContainText('已生效，任务已完成');
  await picture(page, 'records');
  await phone.close();
});

test('the page of a grid has the measures of the design', async ({ browser }) => {
  const phone = await Phone.signedIn(browser, server, server.person('manager'));
  const { page } = phone;
  await phone.go('grid');
  await expect(page.locator('h1')).toHaveText('网格');
  // The tab of goods appears once the stocks are read.
  await expect(page.locator('.tabs a')).toHaveCount(5);
  await expect.poll(lines(page)).toBe(1);
  await picture(page, 'grid');
  await phone.go('goods');
  await expect(page.locator('section.card').first()).toBeVisible();
  await picture(page, 'goods');
  await phone.close();
});

test('from an open visit to its saved report it takes seven taps', async ({ browser }) => {
  const phone = await Phone.signedIn(browser, server, server.person('volunteer'));
  const { page } = phone;
  let taps = 0;
  const tap = async (selector: string, text?: RegExp): Promise<void> => {
    await (text ? page.locator(selector, { hasText: text }) : page.locator(selector)).first().click();
    taps += 1;
  };
  await tap('.tabs a', /待领取/);
  await tap(CLAIM, /领取/);
  await expect.poll(async () => (await phone.ids('task', 'accepted')).length).toBe(1);
  await tap('.tabs a', /今日/);
  await tap('.btn.main', /开始走访/);
  await tap('.btn.main', /填写走访记录/);
  await tap('.opt', /^已走访$/);
  await tap('.btn.main', /保存/);
  await expect(page.locator('.seg')).toBeVisible();
  expect(taps).toBe(7);
  await phone.close();
});

test('from the sign-in to what became of a visit to people not at home it takes six taps', async ({ browser }) => {
  const fresh = await Server.start();
  const who = fresh.person('volunteer');
  const manager = await Api.of(fresh, fresh.person('manager'));
  const own = (await volunteers(fresh)).find(({ phone }) => phone === who.phone);
  const { items } = await manager.call<{ items: { id: string }[] }>('GET', '/v1/beneficiaries?limit=1');
  const day = new Intl.DateTimeFormat('sv', { timeZone: 'Asia/Shanghai' }).format(new Date());
  const { id } = await manager.call<{ id: string }>('POST', '/v1/tasks', { kind: 'home_visit', beneficiary_id: items[0]?.id, not_before: day, due_on: day });
  await manager.call('POST', `/v1/tasks/${id}/reassign`, { person_id: own?.id, force: true });

  const phone = await Phone.open(browser, fresh.url);
  const { page } = phone;
  let taps = 0;
  const tap = async (selector: string, text?: RegExp): Promise<void> => {
    await (text ? page.locator(selector, { hasText: text }) : page.locator(selector)).first().click();
    taps += 1;
  };
  await page.locator('#phone').fill(who.phone);
  await page.locator('#password').fill(who.password);
  await tap('.btn.main', /登录/);
  // The first visit is there, with its call button in the thumb's reach.
  await expect(page.locator('.next a[href^="tel:"]').or(page.locator('.next .btn', { hasText: '导航' })).first()).toBeVisible();
  await tap('.btn.main', /接受/);
  await tap('.btn.main', /开始走访/);
  await tap('.btn.main', /填写走访记录/);
  await tap('.opt', /^家中无人$/);
  await tap('.btn.main', /保存/);
  await expect(page.locator('article').first()).toContainText('会再安排一次', { timeout: 30_000 });
  expect(taps).toBe(6);
  await phone.close();
  await fresh.end();
});
