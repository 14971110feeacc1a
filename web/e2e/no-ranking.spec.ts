import { readFileSync } from 'node:fs';

import { expect, test } from '@playwright/test';

import { Phone, reports } from './phone';
import { Api, Server } from './server';

let server: Server;
test.beforeAll(async () => (server = await Server.start()));
test.afterAll(async () => server.end());

test('the contract has no points, ranks, check-ins or time online', () => {
  const contract = readFileSync(new URL('../../openapi.yaml', import.meta.url), 'utf8');
  expect(contract).not.toMatch(/排名|积分|打卡|签到|在线时长|leaderboard|ranking|check[_-]?in\b|online_time|last_seen|streak/i);
  expect(contract).not.toMatch(/^\s+(?:done|completed|visits)_(?:count|total)s?:/im);
});

test('@slow a report of each kind goes through without a photo and without a position', async ({ browser }) => {
  const manager = await Api.of(server, server.person('manager'));
  const { items: kinds } = await manager.call<{ items: { code: string; form?: { required?: string[] } }[] }>('GET', '/v1/service-kinds');
  const { items: people } = await manager.call<{ items: { id: string }[] }>('GET', '/v1/beneficiaries?limit=1');
  const phone = await Phone.signedIn(browser, server, server.person('manager'));
  expect(kinds.length).toBeGreaterThan(3);
  for (const kind of kinds) {
    const { id } = await manager.call<{ id: string }>('POST', '/v1/tasks', { kind: kind.code, beneficiary_id: people[0]?.id });
    await manager.call('POST', `/v1/tasks/${id}/claim`);
    await phone.go('');
    await phone.page.locator('.sync').click();
    await expect.poll(() => phone.ids('task', 'accepted')).toContain(id);
    await phone.go(`v/${id}/report`);
    await phone.page.locator('.opt', { hasText: /^已走访$/ }).click();
    for (const name of kind.form?.required ?? []) await phone.page.locator(`#f-${name} .opt`).first().click();
    await phone.main().click();
    await expect(phone.page.locator('.seg')).toBeVisible();
    await expect.poll(() => reports(server, id), { timeout: 20_000 }).toHaveLength(1);
    expect((await reports(server, id))[0]).toMatchObject({ recorded: false, flags: [] });
  }
  await phone.close();
});
