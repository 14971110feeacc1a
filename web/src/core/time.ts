/** Days and times in the district's zone. */
import { t, language } from './i18n/index.svelte';
import type { Weekday } from './api';

/** Milliseconds that the phone's clock is wrong before the app says so. */
export const CLOCK_TOLERANCE_MS = 5 * 60 * 1000;

const WEEKDAYS: readonly Weekday[] = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];
const formats = new Map<string, Intl.DateTimeFormat>();

function format(locale: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `${locale} ${JSON.stringify(options)}`;
  let made = formats.get(key);
  if (!made) formats.set(key, (made = new Intl.DateTimeFormat(locale, options)));
  return made;
}

/** The day of a moment, as `2026-11-27`. */
export function dayOf(moment: Date, zone: string): string {
  const parts = format('en', { timeZone: zone, year: 'numeric', month: '2-digit', day: '2-digit' }).formatToParts(moment);
  const part = (type: string): string => parts.find((other) => other.type === type)?.value ?? '';
  return `${part('year')}-${part('month')}-${part('day')}`;
}

/** The time of a moment, as `09:41`. */
export function clock(moment: Date, zone: string): string {
  const parts = format('en', { timeZone: zone, hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }).formatToParts(moment);
  const part = (type: string): string => parts.find((other) => other.type === type)?.value ?? '';
  return `${part('hour')}:${part('minute')}`;
}

/** Minutes from midnight as `9:05`; with two digits of the hour for a time table. */
export function minutes(of: number, padded = false): string {
  const hour = String(Math.floor(of / 60));
  return `${padded ? hour.padStart(2, '0') : hour}:${String(of % 60).padStart(2, '0')}`;
}

function utc(day: string): Date {
  return new Date(`${day}T12:00:00Z`);
}

/** Days from one day to another. */
export function daysBetween(from: string, to: string): number {
  return Math.round((utc(to).getTime() - utc(from).getTime()) / 86_400_000);
}

export function addDays(day: string, days: number): string {
  return new Date(utc(day).getTime() + days * 86_400_000).toISOString().slice(0, 10);
}

export function weekday(day: string): Weekday {
  return WEEKDAYS[(utc(day).getUTCDay() + 6) % 7] ?? 'mon';
}

/** Monday of the week. */
export function monday(day: string): string {
  return addDays(day, -WEEKDAYS.indexOf(weekday(day)));
}

export function weekdays(): readonly Weekday[] {
  return WEEKDAYS;
}

/** `11月27日` or `27 Nov`. */
export function shortDay(day: string): string {
  const date = utc(day);
  if (language() === 'en') return format('en-GB', { timeZone: 'UTC', day: 'numeric', month: 'short' }).format(date);
  return `${date.getUTCMonth() + 1}月${date.getUTCDate()}日`;
}

/** `周五` or `Fri`. */
export function shortWeekday(day: string): string {
  return t(`weekday.${weekday(day)}`);
}

const TEN = ['', '一', '二', '三', '四', '五', '六', '七', '八', '九', '十'];

/** The day of the Chinese calendar, as `十月十九`; empty where the browser does not know it. */
export function lunar(day: string): string {
  try {
    const parts = format('zh-CN-u-ca-chinese', { timeZone: 'UTC', month: 'long', day: 'numeric' }).formatToParts(utc(day));
    const month = parts.find((part) => part.type === 'month')?.value ?? '';
    const number = Number(/\d+/.exec(parts.find((part) => part.type === 'day')?.value ?? '')?.[0]);
    if (!/月$/.test(month) || !(number >= 1 && number <= 30)) return '';
    return month + lunarDay(number);
  } catch {
    return '';
  }
}

function lunarDay(number: number): string {
  if (number <= 10) return `初${TEN[number]}`;
  if (number < 20) return `十${TEN[number - 10]}`;
  if (number === 20) return '二十';
  return number === 30 ? '三十' : `廿${TEN[number - 20]}`;
}

/** `2 小时 10 分` or `45 分钟`. */
export function duration(total: number): string {
  const hours = Math.floor(total / 60);
  if (hours === 0) return t('duration.minutes', { m: total });
  return total % 60 === 0 ? t('duration.hours', { h: hours }) : t('duration.both', { h: hours, m: total % 60 });
}
