/** The words of the apps. Chinese is in the first chunk, English is loaded when it is chosen. */
import { zh, type Key } from './zh-CN';

export type Language = 'zh-CN' | 'en';
export type { Key };

let words = $state.raw<Record<Key, string>>(zh);
let current = $state<Language>('zh-CN');

export function language(): Language {
  return current;
}

export async function useLanguage(language: Language): Promise<void> {
  words = language === 'en' ? (await import('./en')).en : zh;
  current = language;
  if (typeof document !== 'undefined') document.documentElement.lang = language;
}

/** The words of a key, with its blanks filled. */
export function t(key: Key, blanks: Record<string, string | number> = {}): string {
  return fill(words[key], blanks);
}

export function fill(text: string, blanks: Record<string, string | number>): string {
  return text.replace(/\{(\w+)\}/g, (all, name: string) => String(blanks[name] ?? all));
}

/** Whether a text, such as a problem's code with a prefix, is a key. */
export function isKey(text: string): text is Key {
  return Object.hasOwn(zh, text);
}

/** Of two labels, the one in the current language. */
export function label(zhText: string, enText: string | undefined): string {
  return current === 'en' && enText ? enText : zhText;
}

/** The language that a browser's list asks for: `zh-Hans-CN` is Chinese, `de-DE` too, since most words here are. */
export function preferred(languages: readonly string[]): Language {
  const first = languages.find((tag) => /^(zh|en)\b/i.test(tag));
  return first && /^en\b/i.test(first) ? 'en' : 'zh-CN';
}
