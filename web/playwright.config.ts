import { defineConfig } from '@playwright/test';

/** Debian's Chromium drives the app; nothing is downloaded. */
export default defineConfig({
  testDir: process.env['GW_LOOK'] ?? 'e2e',
  outputDir: 'test-results',
  timeout: 90_000,
  expect: { timeout: 15_000 },
  workers: 1,
  forbidOnly: true,
  reporter: [['list']],
  use: {
    // A step that waits in vain names itself, long before the test is cut.
    actionTimeout: 20_000,
    browserName: 'chromium',
    viewport: { width: 390, height: 844 },
    isMobile: true,
    hasTouch: true,
    locale: 'zh-CN',
    timezoneId: 'Asia/Shanghai',
    launchOptions: {
      executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
      args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update', '--font-render-hinting=none'],
    },
  },
});
