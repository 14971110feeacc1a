import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

import { expect, test, type Page } from '@playwright/test';

import { Phone } from './phone';
import { Server } from './server';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
let server: Server;
test.beforeAll(async () => (server = await Server.start()));
test.afterAll(async () => server.end());

interface Violation {
  readonly id: string;
  readonly nodes: { readonly target: string[]; readonly failureSummary?: string }[];
}

async function violations(page: Page): Promise<string[]> {
  await page.evaluate(AXE);
  const found = await page.evaluate(async () => {
    const { axe } = globalThis as unknown as { axe: { run: (root: Document, options: object) => Promise<{ violations: Violation[] }> } };
    return (await axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] })).violations;
  });
  return found.flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) => `${id}: ${target.join(' ')} ${failureSummary ?? ''}`));
}

/** Buttons, links and choices smaller than 48 px, and text smaller than 16 px. */
async function tooSmall(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const scale = parseFloat(getComputedStyle(document.documentElement).fontSize) / 18;
    const found: string[] = [];
    for (const element of document.querySelectorAll<HTMLElement>('button, a, .opt, .seg label, select, textarea, input:not(.opt input):not(.seg input)')) {
      const { width, height } = element.getBoundingClientRect();
      if (width === 0 || element.classList.contains('hide') || element.closest('.hide')) continue;
      if (height < 47.5 || width < 47.5) found.push(`${element.tagName} ${element.className} ${element.textContent?.trim().slice(0, 20)}: ${Math.round(width)}×${Math.round(height)}`);
    }
    const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walk.nextNode(); node; node = walk.nextNode()) {
      const parent = node.parentElement;
      if (!parent || !node.textContent?.trim() || parent.closest('noscript, .hide')) continue;
      const size = parseFloat(getComputedStyle(parent).fontSize);
      if (size < 15.9 * Math.min(1, scale)) found.push(`text ${size}: ${node.textContent.trim().slice(0, 20)}`);
    }
    return found;
  });
}

async function sideways(page: Page): Promise<number> {
  return page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
}

test('@slow every screen is accessible, its targets are large, and nothing scrolls sideways', async ({ browser }) => {
  test.setTimeout(240_000);
  const phone = await Phone.signedIn(browser, server, server.person('manager'));
  const { page } = phone;
  const task = await phone.claim();
  const other = await phone.claim();
  await phone.report(other, '一切安好');
  await expect(page.locator('.seg')).toContainText('待发送 0', { timeout: 30_000 });
  const screens = ['', 'pool', `v/${task}`, `v/${task}/report`, 'out/sent', 'out/waiting', 'out/drafts', 'map', 'news', 'me', 'settings', 'devices', 'password', 'pin', 'leave', 'hours', 'feedback', 'grid', 'grid/task', 'grid/notice', 'grid/homes', 'goods', 'cases', 'in', 'enrol'];
  const faults: string[] = [];
  for (const [size, width, contrast] of [[18, 390, false], [30, 320, false], [18, 320, true]] as const) {
    await page.setViewportSize({ width, height: 844 });
    await page.evaluate(([px, high]) => localStorage.setItem('gw-prefs', JSON.stringify({ size: px, contrast: high, language: 'zh-CN' })), [size, contrast] as const);
    for (const screen of screens) {
      await phone.go(screen);
      await expect(page.locator('h1, h2').first()).toBeVisible();
      await page.waitForTimeout(250);
      const at = `${screen || 'today'} at ${size} px, ${width} px wide`;
      faults.push(...(await violations(page)).map((fault) => `${at}: ${fault}`));
      faults.push(...(await tooSmall(page)).map((fault) => `${at}: ${fault}`));
      const over = await sideways(page);
      if (over > 0) faults.push(`${at}: ${over} px sideways`);
    }
  }
  expect(faults).toEqual([]);
  await phone.close();
});

test('a report that is not complete says so, and leads to each field', async ({ browser }) => {
  const phone = await Phone.signedIn(browser, server, server.person('manager'));
  const task = await phone.claim();
  await phone.go(`v/${task}/report`);
  await phone.main().click();
  const summary = phone.page.locator('.note.bad');
  await expect(summary).toBeFocused();
  await expect(summary).toContainText('还有 1 处没填好');
  expect(await violations(phone.page)).toEqual([]);
  await summary.locator('a').click();
  await expect(phone.page.locator('#f-outcome')).toBeFocused();
  await phone.page.keyboard.press('Tab');
  await phone.page.keyboard.press('Space');
  await expect(phone.page.locator('.opt.on').first()).toContainText('已走访');
  await phone.close();
});

test('the lock is accessible, also with the largest text', async ({ browser }) => {
  const phone = await Phone.signedIn(browser, server, server.person('volunteer'));
  await phone.go('pin');
  await phone.page.locator('#pin-fresh').fill('2580');
  await phone.page.locator('#pin-again').fill('2580');
  await phone.main().click();
  await expect(phone.page.getByText('PIN 锁已打开')).toBeVisible();
  expect(await violations(phone.page)).toEqual([]);
  await phone.page.setViewportSize({ width: 320, height: 844 });
  await phone.page.evaluate(() => localStorage.setItem('gw-prefs', JSON.stringify({ size: 30, language: 'zh-CN' })));
  await phone.restart('');
  await expect(phone.page.locator('#pin')).toBeFocused();
  await phone.page.keyboard.type('1470');
  await phone.page.keyboard.press('Enter');
  await expect(phone.page.getByRole('alert')).toHaveText('PIN 不对，请再输一次');
  await phone.page.getByText('忘记 PIN').click();
  await expect(phone.page.getByText('用密码登录', { exact: true })).toBeVisible();
  expect([...(await violations(phone.page)), ...(await tooSmall(phone.page))]).toEqual([]);
  expect(await sideways(phone.page)).toBe(0);
  await phone.close();
});
