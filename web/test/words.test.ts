import { readdirSync, readFileSync } from 'node:fs';

import { describe, expect, test } from 'vitest';

import { en } from '../src/core/i18n/en';
import { fill, preferred } from '../src/core/i18n/index.svelte';
import { zh } from '../src/core/i18n/zh-CN';

const SOURCE = new URL('../src/', import.meta.url);
const sources = readdirSync(SOURCE, { recursive: true, encoding: 'utf8' })
  .filter((name) => /\.(svelte|ts)$/.test(name) && !name.includes('i18n/') && !name.endsWith('contract.d.ts'))
  .map((name) => readFileSync(new URL(name, SOURCE), 'utf8'))
  .join('\n');

const blanks = (text: string): string[] => (text.match(/\{\w+\}/g) ?? []).sort();

test('both languages have the same keys and blanks', () => {
  expect(Object.keys(en).sort()).toEqual(Object.keys(zh).sort());
  for (const [key, text] of Object.entries(zh)) {
    expect(blanks(en[key as keyof typeof zh]), key).toEqual(blanks(text));
    expect(text.trim(), key).not.toBe('');
  }
});

test('English has no Chinese, and Chinese is not left in English', () => {
  for (const [key, text] of Object.entries(en)) expect(/[\u4e00-\u9fff]/.test(text), key).toBe(false);
  const latin = Object.entries(zh).filter(([, text]) => !/[\u4e00-\u9fff]/.test(text.replace(/\{\w+\}/g, '')));
  expect(latin.map(([key]) => key).sort()).toEqual(['list.and', 'pool.window', 'settings.storage_value']);
});

test('each key is used', () => {
  const prefixes = [...sources.matchAll(/`([\w.]+\.)\$\{/g)].map((match) => match[1] ?? '');
  const unused = Object.keys(zh).filter((key) => !sources.includes(`'${key}'`) && !prefixes.some((prefix) => key.startsWith(prefix)));
  expect(unused).toEqual([]);
});

describe('the browser’s languages choose the words', () => {
  test.each([
    [['zh-CN'], 'zh-CN'], [['zh-Hans-CN'], 'zh-CN'], [['en-GB', 'zh-CN'], 'en'], [['de-DE'], 'zh-CN'], [[], 'zh-CN'],
  ])('%j: %s', (languages, expected) => {
    expect(preferred(languages)).toBe(expected);
  });
});

test('blanks are filled', () => {
  expect(fill('{n} 户，约 {time}', { n: 4, time: '1 小时' })).toBe('4 户，约 1 小时');
});

/** Codes that no request of the phone app gets, or whose cause the app repairs: it has no words for them. */
const WITHOUT_WORDS = [
  'attachment_complete', 'beneficiary_exists', 'campaign_author', 'campaign_reminded', 'campaign_state', 'case_kind_exists',
  'checksum_mismatch', 'codes_unavailable', 'confirmation_required', 'correction_decided', 'correction_outdated',
  'grid_has_manager', 'manager_required', 'merge_final', 'no_preview', 'not_planned', 'notice_withdrawn', 'person_exists',
  'person_left', 'phone_in_use', 'regime_author', 'reveal_budget', 'secondment_overlaps', 'secondment_state', 'service_kind_exists',
  'task_exists', 'undo_over', 'upload_offset', 'word_in_use',
];

test('each code of the service has words, or needs none on a phone', () => {
  const contract = readFileSync(new URL('../../openapi.yaml', import.meta.url), 'utf8');
  const codes = [...contract.matchAll(/^ +\| `(\w+)` \| \d{3} \|/gm)].map((match) => match[1] ?? '');
  expect(codes).toContain('not_found');
  expect(codes.filter((code) => !(`code.${code}` in zh)).sort()).toEqual(WITHOUT_WORDS);
});

test('there is no ranking, no points, no check-in and no time online', () => {
  const forbidden = /排名|积分|打卡|签到|在线时长|排行|业绩|ranking|leaderboard|points|check-?in|streak/i;
  for (const [key, text] of [...Object.entries(zh), ...Object.entries(en)]) {
    expect(forbidden.test(text), `${key}: ${text}`).toBe(false);
  }
});
