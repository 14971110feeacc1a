/** A phone whose storage is full. Simulated: Chromium's own override of the quota does not reach IndexedDB. */
import type { BrowserContext, Page } from '@playwright/test';

/**
 * Prepares the pages of a phone, before they are opened: while the storage is full, the browser takes photos and
 * other large values not at all, and small ones only after the app has given its reserve up.
 */
export async function fillable(context: BrowserContext): Promise<void> {
  await context.addInitScript(() => {
    const { put, add, delete: remove } = IDBObjectStore.prototype;
    const refused = (store: IDBObjectStore, value: unknown): boolean => {
      const state = localStorage.getItem('e2e-storage');
      if (state === null) return false;
      const { data } = (value as { data?: Uint8Array } | null) ?? {};
      const large = store.name === 'blobs' || (data?.length ?? 0) > 100_000 || (value instanceof Uint8Array && value.length > 100_000);
      return large || (state === 'full' && store.name !== 'meta');
    };
    const refuse = (): never => {
      throw new DOMException('full', 'QuotaExceededError');
    };
    IDBObjectStore.prototype.put = function (...parts: Parameters<typeof put>) {
      return refused(this, parts[0]) ? refuse() : put.apply(this, parts);
    };
    IDBObjectStore.prototype.add = function (...parts: Parameters<typeof add>) {
      return refused(this, parts[0]) ? refuse() : add.apply(this, parts);
    };
    IDBObjectStore.prototype.delete = function (...parts: Parameters<typeof remove>) {
      if (this.name === 'meta' && parts[0] === 'reserve' && localStorage.getItem('e2e-storage') === 'full') localStorage.setItem('e2e-storage', 'room');
      return remove.apply(this, parts);
    };
  });
}

export async function setFull(page: Page, full: boolean): Promise<void> {
  await page.evaluate((is) => (is ? localStorage.setItem('e2e-storage', 'full') : localStorage.removeItem('e2e-storage')), full);
}
