/** The service worker: it takes over only when the person asks, or before the app has shown anything. */

import { takeOver } from './take-over';

let waiting = $state<ServiceWorker | null>(null);
let lastCheck = 0;

const HOUR = 3_600_000;

/** Whether a new version waits. */
export function updateReady(): boolean {
  return waiting !== null;
}

function supported(): boolean {
  return 'serviceWorker' in navigator && import.meta.env.PROD;
}

/**
 * Offers the version that takes over from the one that has this page, as another window had it do, or a start that did
 * not wait for it: this page is of the old one. The first worker of a page replaces none.
 */
function watch(): void {
  // One that is added already is not added again.
  if (navigator.serviceWorker.controller) navigator.serviceWorker.addEventListener('controllerchange', offer);
}

function offer(): void {
  waiting = navigator.serviceWorker.controller;
}

/** At a cold start: a worker that waits takes over, and the page is loaded anew. If it does not, the app starts as it is. */
export async function activateWaiting(): Promise<boolean> {
  if (!supported()) return false;
  watch();
  const registration = await navigator.serviceWorker.getRegistration('/m/').catch(() => undefined);
  if (!registration?.waiting || !navigator.serviceWorker.controller) return false;
  // With another window open, a form may be open too.
  if (await others()) return false;
  const took = await takeOver(registration.waiting, navigator.serviceWorker);
  if (took) location.reload();
  return took;
}

/** Whether other windows of the app are open. */
async function others(): Promise<boolean> {
  if (!navigator.locks) return true;
  const { held = [], pending = [] } = await navigator.locks.query();
  return [...held, ...pending].some((lock) => lock.name === 'gw-window');
}

/** Takes the new version over, and loads the page anew. */
export async function update(): Promise<void> {
  if (!waiting) return;
  await takeOver(waiting, navigator.serviceWorker);
  location.reload();
}

export async function register(): Promise<void> {
  if (!supported()) return;
  watch();
  if (navigator.locks) void navigator.locks.request('gw-window', { mode: 'shared' }, () => new Promise(() => undefined));
  const registration = await navigator.serviceWorker
    .register('/m/sw.js', { scope: '/m/', updateViaCache: 'none' })
    .catch(() => undefined);
  if (!registration) return;
  // A page that was loading while the worker became active is not its client yet.
  void navigator.serviceWorker.ready.then(({ active }) => {
    if (!navigator.serviceWorker.controller) active?.postMessage({ type: 'CLAIM' });
  });
  const look = (): void => {
    if (registration.waiting && navigator.serviceWorker.controller) waiting = registration.waiting;
  };
  look();
  registration.addEventListener('updatefound', () => {
    const worker = registration.installing;
    worker?.addEventListener('statechange', look);
  });
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState !== 'visible' || Date.now() - lastCheck < HOUR) return;
    lastCheck = Date.now();
    registration.update().catch(() => undefined);
  });
}
