/** Settings of this phone. Nothing personal, so they are in `localStorage`, and known before the first picture. */
import { preferred, useLanguage, type Language } from '../core/i18n/index.svelte';

export const SIZES = [18, 21, 24, 30] as const;

interface Prefs {
  size: number;
  contrast: boolean;
  language: Language;
  /** The photos of reports are uploaded only by the button. */
  manualPhotos: boolean;
  /** The install hint was shown. */
  hinted: boolean;
}

const KEY = 'gw-prefs';

function load(): Prefs {
  const first: Prefs = {
    size: 18, contrast: false, language: preferred(navigator.languages), manualPhotos: false, hinted: false,
  };
  try {
    return { ...first, ...(JSON.parse(localStorage.getItem(KEY) ?? '{}') as Partial<Prefs>) };
  } catch {
    return first;
  }
}

export const prefs = $state(load());

export async function applyPrefs(): Promise<void> {
  const root = document.documentElement;
  root.style.fontSize = `${prefs.size}px`;
  root.classList.toggle('contrast', prefs.contrast);
  await useLanguage(prefs.language);
}

export async function setPref<K extends keyof Prefs>(key: K, value: Prefs[K]): Promise<void> {
  prefs[key] = value;
  try {
    localStorage.setItem(KEY, JSON.stringify(prefs));
  } catch {
    // A full or forbidden store costs the setting after a restart, nothing else.
  }
  await applyPrefs();
}
