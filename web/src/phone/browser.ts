/** What the browser around the app permits. */
import type { Opened } from '../core/session';
import { readPhoto } from './drafts';

/** WeChat's browser keeps nothing, calls no other app and saves no files. */
export function isWeChat(): boolean {
  return /MicroMessenger/i.test(navigator.userAgent);
}

/** Has the browser save a picture outside of the app, where it is not sealed; `false` if the picture is damaged. */
export async function savePicture(opened: Opened, id: string): Promise<boolean> {
  const picture = await readPhoto(opened, id).catch(() => undefined);
  if (!picture) return false;
  const url = URL.createObjectURL(picture);
  Object.assign(document.createElement('a'), { href: url, download: `${id}.jpg` }).click();
  // The browser reads it after the tap.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
  return true;
}
