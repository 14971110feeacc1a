import { expect, test } from '@playwright/test';

import { Phone } from './phone';
import { Server } from './server';

let server: Server;
test.beforeAll(async () => (server = await Server.start()));
test.afterAll(async () => server.end());

for (const [locale, lang, word] of [['zh-CN', 'zh-CN', '今日'], ['zh-Hans-CN', 'zh-CN', '今日'], ['en-GB', 'en', 'Today'], ['de-DE', 'zh-CN', '今日']] as const) {
  test(`a phone in ${locale} has its words offline`, async ({ browser }) => {
    const phone = await Phone.signedIn(browser, server, server.person('volunteer'), { locale });
    await phone.offline();
    await phone.page.reload();
    await expect(phone.page.locator('h1')).toHaveText(word);
    await expect(phone.page.locator('html')).toHaveAttribute('lang', lang);
    // The other language too, though nobody has opened it.
    await phone.go('settings');
    await phone.page.locator('.opt', { hasText: lang === 'en' ? '中文' : 'English' }).click();
    await expect(phone.page.locator('h1')).toHaveText(lang === 'en' ? '设置' : 'Settings');
    await phone.close();
  });
}
