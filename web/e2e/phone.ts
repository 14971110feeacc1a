/** A phone in a person's hand. */
import { expect, type Browser, type BrowserContext, type BrowserContextOptions, type Locator, type Page } from '@playwright/test';

import { Api, type Person, type Server } from './server';

/** The buttons that claim a visit whose form asks for nothing: not the round of a memorial, nor a record. */
export const CLAIM = '.card:not(:has(h2:text-matches("巡护|档案"))) .btn.weak';

/** How a phone differs from others. */
interface Options extends BrowserContextOptions {
  /** The address of the service, if a proxy is in between. */
  readonly url?: string;
  /** What happens before the app is opened. */
  readonly prepare?: (context: BrowserContext) => Promise<void>;
}

export class Phone {
  /** Errors of pages, and what the policy of the pages refused. */
  private readonly errors: string[] = [];

  private constructor(readonly context: BrowserContext, public page: Page, private readonly url: string) {
    context.on('weberror', (error) => this.errors.push(error.error().message));
    context.on('console', (message) => {
      if (/Content.Security.Policy|Trusted/i.test(message.text())) this.errors.push(message.text());
    });
  }

  /** A new phone with the app open. An error of a page fails the test at [`close`]. */
  static async open(browser: Browser, url: string, { prepare, ...options }: Omit<Options, 'url'> = {}): Promise<Phone> {
    const context = await browser.newContext(options);
    await prepare?.(context);
    const phone = new Phone(context, await context.newPage(), url);
    await phone.page.goto(`${url}/m/`);
    return phone;
  }

  static async signedIn(browser: Browser, server: Server, who: Person, { url = server.url, ...options }: Options = {}): Promise<Phone> {
    const phone = await Phone.open(browser, url, options);
    await phone.signIn(who);
    await phone.ready();
    return phone;
  }

  /** A new phone that is enrolled with an invitation's link, as its QR code has it. */
  static async enrolled(browser: Browser, server: Server, who: Volunteer, { url = server.url, ...options }: Options = {}): Promise<Phone> {
    const phone = await Phone.open(browser, url, options);
    await phone.enrol(server, who);
    await phone.ready();
    return phone;
  }

  async enrol(server: Server, who: Volunteer): Promise<void> {
    const api = await Api.of(server, server.person('manager'));
    const { url } = await api.call<{ url: string }>('POST', `/v1/people/${who.id}/invitations`);
    const { pathname, hash } = new URL(url);
    await this.page.goto('about:blank');
    await this.page.goto(this.url + pathname + hash);
    await this.enrolWith(who);
  }

  /** On the page of an invitation whose code is filled in. */
  async enrolWith(who: Volunteer): Promise<void> {
    await this.page.locator('#phone').fill(who.phone);
    await this.page.locator('#password').fill(PASSWORD);
    await this.page.locator('form button[type=submit]').click();
    await expect(this.page.locator('.tabs')).toBeVisible();
    await expect(this.page.locator('.sync.ok')).toBeVisible();
  }

  async signIn(who: Person): Promise<void> {
    await this.page.locator('#phone').fill(who.phone);
    await this.page.locator('#password').fill(who.password);
    await this.page.locator('form button[type=submit]').click();
    await expect(this.page.locator('.tabs')).toBeVisible();
    await expect(this.page.locator('.sync.ok')).toBeVisible();
  }

  /** Waits until the files of the app are on the phone; after a broken installation the next start repeats it. */
  async ready(): Promise<void> {
    for (let start = 0; start < 2; start += 1) {
      const controlled = this.page.waitForFunction(() => navigator.serviceWorker.controller !== null, undefined, { timeout: 20_000 });
      if (await controlled.then(() => true, () => false)) return;
      await this.page.reload();
    }
    throw new Error('the service worker does not control the page');
  }

  async go(path: string): Promise<void> {
    await this.page.goto(`${this.url}/m/${path}`);
  }

  async offline(offline = true): Promise<void> {
    await this.context.setOffline(offline);
  }

  /** The phone is switched off and on. */
  async restart(path = ''): Promise<void> {
    await this.page.close();
    this.page = await this.context.newPage();
    await this.go(path);
  }

  main(): Locator {
    return this.page.locator('.btn.main');
  }

  /** Opens a visit of the person's own; answers the name, once the particulars are there. */
  async visit(task: string): Promise<string> {
    await this.go(`v/${task}`);
    await expect(this.page.locator('.person .with .num').first()).toBeVisible();
    return this.page.locator('.person h2').innerText();
  }

  /** Waits until what was written last in a report is stored as its draft. */
  async drafted(): Promise<void> {
    await expect(this.page.locator('.bar', { hasText: '草稿已存' })).toBeVisible();
  }

  /** Claims the first open visit; answers its id. */
  async claim(): Promise<string> {
    const before = await this.ids('task', 'accepted');
    await this.go('pool');
    await this.page.locator(CLAIM).first().click();
    await expect.poll(async () => (await this.ids('task', 'accepted')).length).toBe(before.length + 1);
    return (await this.ids('task', 'accepted')).find((id) => !before.includes(id)) ?? '';
  }

  /** Writes a report and saves it. */
  async report(task: string, note: string, outcome = '已走访'): Promise<void> {
    await this.go(`v/${task}/report`);
    await this.page.locator('.opt', { hasText: new RegExp(`^${outcome}$`) }).click();
    await this.page.locator('#note').fill(note);
    await this.main().click();
    // What a form requires is answered by its first choice.
    const [saved, missing] = [this.page.locator('.seg'), this.page.locator('main [role=alert] a[href^="#f-"]')];
    await expect(saved.or(missing).first()).toBeVisible();
    if ((await missing.count()) > 0) {
      for (const field of await missing.evaluateAll((links) => links.map((link) => link.getAttribute('href') ?? ''))) {
        await this.page.locator(`${field} .opt`).first().click();
      }
      await this.main().click();
    }
    await expect(saved).toBeVisible();
  }

  /** The ids of the stored rows of a type, for tasks in a state. */
  async ids(type: string, state?: string): Promise<string[]> {
    const rows = await this.store<{ type: string; id: string; plain?: { state?: string } }>('rows');
    return rows.filter((row) => row.type === type && (!state || row.plain?.state === state)).map((row) => row.id);
  }

  /** All values of a store of the person's database. */
  async store<T>(name: string): Promise<T[]> {
    return this.page.evaluate(async (store) => {
      const databases = await indexedDB.databases();
      const found: T[] = [];
      for (const { name: database } of databases) {
        if (!database?.startsWith('gw1-')) continue;
        const db = await new Promise<IDBDatabase>((done, failed) => {
          const request = indexedDB.open(database);
          request.onsuccess = (): void => done(request.result);
          request.onerror = (): void => failed(request.error);
        });
        found.push(...(await new Promise<T[]>((done, failed) => {
          const request = db.transaction(store).objectStore(store).getAll();
          request.onsuccess = (): void => done(request.result as T[]);
          request.onerror = (): void => failed(request.error);
        })));
        db.close();
      }
      return found;
    }, name);
  }

  async close(): Promise<void> {
    await this.context.close();
    expect(this.errors).toEqual([]);
  }
}

/** The reports of a task, as its manager reads them. */
export async function reports(server: Server, task: string): Promise<{ note?: string; recorded: boolean; flags: string[]; attachments?: string[] }[]> {
  const api = await Api.of(server, server.person('manager'));
  const { items } = await api.call<{ items: { note?: string; recorded: boolean; flags: string[]; attachments?: string[] }[] }>('GET', `/v1/tasks/${task}/reports`);
  return items;
}

export function passwordOf(who: Volunteer): Person {
  return { phone: who.phone, password: PASSWORD };
}

/** Someone of the grid. */
export interface Volunteer {
  readonly id: string;
  readonly name: string;
  readonly phone: string;
}

/** The volunteers of the demo manager's grid; the first one has a password. */
export async function volunteers(server: Server): Promise<Volunteer[]> {
  const api = await Api.of(server, server.person('manager'));
  return (await api.call<{ volunteers: Volunteer[] }>('GET', '/v1/me')).volunteers;
}

/** A password of the tests, for those who enrol. */
export const PASSWORD = '八月桂花开满院子';

/** A small picture, as a camera would give it. */
export async function picture(page: Page, side = 900): Promise<Buffer> {
  const url = await page.evaluate((size) => {
    const canvas = document.createElement('canvas');
    canvas.width = canvas.height = size;
    const context = canvas.getContext('2d');
    for (let i = 0; i < 400; i += 1) {
      if (!context) break;
      context.fillStyle = `hsl(${(i * 47) % 360} 60% 50%)`;
      context.fillRect((i * 97) % size, (i * 61) % size, 60, 60);
    }
    return canvas.toDataURL('image/jpeg');
  }, side);
  return Buffer.from(url.split(',')[1] ?? '', 'base64');
}
