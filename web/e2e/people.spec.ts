import { expect, test } from '@playwright/test';
import jsQr from 'jsqr';

import { PASSWORD, Phone, volunteers } from './phone';
import { Api, Server } from './server';

let server: Server;
test.beforeAll(async () => (server = await Server.start()));
test.afterAll(async () => server.end());

interface Candidates {
  readonly items: readonly {
    readonly person_id: string;
    readonly sentence: { readonly zh: string };
    readonly hindrance?: unknown;
  }[];
}

test('@slow a manager sees who could go and why, and gives the visit away', async ({ browser }) => {
  const manager = await Api.of(server, server.person('manager'));
  const all = await volunteers(server);
  const { name: own } = await manager.call<{ name: string }>('GET', '/v1/me');
  const [holder] = all;
  const phone = await Phone.signedIn(browser, server, server.person('manager'));
  const { page } = phone;
  const candidates = async (id: string): Promise<Candidates> => manager.call('GET', `/v1/tasks/${id}/candidates?limit=200`);
  /** The first open visit that another volunteer could make. */
  const find = async (): Promise<string> => {
    for (const id of await phone.ids('task', 'open')) {
      const { items } = await candidates(id);
      if (items.some(({ hindrance, person_id }) => !hindrance && person_id !== holder?.id)) return id;
    }
    throw new Error('no visit that a volunteer could make');
  };
  const task = await find();
  await manager.call('POST', `/v1/tasks/${task}/reassign`, { person_id: holder?.id, force: true });
  await expect.poll(async () => phone.ids('task', 'assigned'), { timeout: 30_000 }).toContain(task);

  await phone.go(`v/${task}`);
  await page.locator('.line-btn', { hasText: '改派' }).click();
  const choices = page.locator('dialog .choice');
  await expect(choices.locator('small').first()).toBeVisible();
  // Each person with the sentence of the service; the one who has the visit is not among them.
  const { items } = await candidates(task);
  const shown = await choices.allInnerTexts();
  expect(shown.some((text) => text.startsWith(holder?.name ?? '?'))).toBe(false);
  for (const { id, name } of all.slice(1)) {
    const sentence = items.find(({ person_id }) => person_id === id)?.sentence.zh;
    expect(sentence, name).toBeTruthy();
    expect(shown.find((text) => text.startsWith(name)), name).toContain(sentence?.slice(name.length));
  }
  // Those who can go come first, each part by name.
  const free = new Set(items.filter(({ hindrance }) => !hindrance).map(({ person_id }) => all.find(({ id }) => id === person_id)?.name ?? own));
  const fits = shown.map((text) => free.has(text.split(/[（\n]/)[0] ?? ''));
  expect(fits).toEqual([...fits].sort((a, b) => Number(b) - Number(a)));
  expect(fits[0]).toBe(true);

  const name = (shown[0] ?? '').split(/[（\n]/)[0] ?? '';
  await choices.first().click();
  await expect.poll(async () => (await manager.call<{ assignee_id?: string }>('GET', `/v1/tasks/${task}`)).assignee_id, { timeout: 30_000 }).not.toBe(holder?.id);
  await phone.go('grid');
  await expect(page.locator('section.card', { has: page.locator('h2', { hasText: name }) }).locator(`a[href="/m/v/${task}"]`)).toBeVisible();
  await phone.close();
});

test('@slow an invitation on the manager’s screen brings a new phone in, by its QR code or by its letters', async ({ browser }) => {
  const [, , scanning, typing] = await volunteers(server);
  if (!scanning || !typing) throw new Error('four volunteers are needed');
  const manager = await Phone.signedIn(browser, server, server.person('manager'));
  const { page } = manager;
  const invite = async (name: string): Promise<{ code: string; link: string }> => {
    await manager.go('grid');
    const person = page.locator('section.card', { has: page.locator('h2', { hasText: name }) });
    const button = person.getByRole('button', { name: '邀请登记' });
    // A person's part opens by itself when the own visits are read: a click at that moment closes it again.
    await expect(async () => {
      if (!(await button.isVisible())) await person.locator('summary').click();
      await expect(button).toBeVisible({ timeout: 1_000 });
    }).toPass();
    await button.click();
    await expect(page.locator('dialog')).toContainText('邀请码（只显示一次，当面交给本人）');
    const code = await page.locator('dialog b').innerText();
    const link = await scan();
    await page.locator('dialog').getByRole('button', { name: '关闭' }).click();
    return { code, link };
  };
  /** What a camera reads on the manager's screen. */
  const scan = async (): Promise<string> => {
    const { data, side } = await page.locator('dialog img.qr').evaluate(async (image: HTMLImageElement) => {
      await image.decode();
      const canvas = document.createElement('canvas');
      const edge = (canvas.width = canvas.height = 480);
      const context = canvas.getContext('2d');
      if (!context) throw new Error('no canvas');
      context.fillStyle = '#fff';
      context.fillRect(0, 0, edge, edge);
      context.drawImage(image, 0, 0, edge, edge);
      return { data: [...context.getImageData(0, 0, edge, edge).data], side: edge };
    });
    return jsQr(new Uint8ClampedArray(data), side, side)?.data ?? '';
  };

  const first = await invite(scanning.name);
  expect(first.link).toContain('/m/enrol#');
  expect(decodeURIComponent(new URL(first.link).hash.slice(1))).toBe(first.code);
  const scanned = await Phone.open(browser, server.url);
  await scanned.page.goto('about:blank');
  const { pathname, hash } = new URL(first.link);
  await scanned.page.goto(server.url + pathname + hash);
  // The code is filled in; the number and a new password are left.
  await expect(scanned.page.locator('#code')).toHaveValue(first.code);
  await scanned.enrolWith(scanning);
  await scanned.close();

  const second = await invite(typing.name);
  const typed = await Phone.open(browser, server.url);
  await typed.page.getByText('第一次用？用邀请码登记').click();
  await typed.page.locator('#code').fill(second.code.toLowerCase());
  await typed.enrolWith(typing);
  // Afterwards the password alone is enough, and the code is used up.
  await typed.close();
  const again = await Phone.open(browser, server.url);
  await again.signIn({ phone: typing.phone, password: PASSWORD });
  await again.close();
  const late = await Phone.open(browser, server.url);
  await late.page.getByText('第一次用？用邀请码登记').click();
  await late.page.locator('#code').fill(second.code);
  await late.page.locator('#phone').fill(typing.phone);
  await late.page.locator('#password').fill(PASSWORD);
  await late.main().click();
  await expect(late.page.getByRole('alert')).toContainText('邀请码');
  await late.close();
  await manager.close();
});
