/** A phone whose clock is wrong, or has gone on. */
import type { BrowserContext } from '@playwright/test';

export async function shiftClock(context: BrowserContext, hours: number): Promise<void> {
  await context.addInitScript((shift) => {
    const Real = Date;
    globalThis.Date = class extends Real {
      constructor(...parts: unknown[]) {
        // @ts-expect-error The constructor of Date takes what it is given.
        super(...(parts.length === 0 ? [Real.now() + shift] : parts));
      }
      static override now(): number {
        return Real.now() + shift;
      }
    } as DateConstructor;
  }, hours * 3_600_000);
}
