/** The service worker: it takes over only when the person asks, or before the app has shown anything. */

let waiting = $state<ServiceWorker | null>(null);
let lastCheck = 0;
let reloading = false;

const HOUR = 3_600_000;
/** How long a worker that takes over may wait for requests of the old one; then the page is loaded anyway. */
const TAKE_OVER = 5_000;

/** Whether a new version waits. */
export function updateReady(): boolean {
  return waiting !== null;
}

function supported(): boolean {
  return 'serviceWorker' in navigator && import.meta.env.PROD;
}

/** At a cold start: a worker that waits takes over, and the page is loaded anew. */
export async function activateWaiting(): Promise<boolean> {
  if (!supported()) return false;
  const registration = await navigator.serviceWorker.getRegistration('/m/').catch(() => undefined);
  if (!registration?.waiting || !navigator.serviceWorker.controller) return false;
  // With another window open, a form may be open too.
  if (await others()) return false;
  takeOver(registration.waiting);
  return true;
}

/** Whether other windows of the app are open. */
async function others(): Promise<boolean> {
  if (!navigator.locks) return true;
  const { held = [], pending = [] } = await navigator.locks.query();
  return [...held, ...pending].some((lock) => lock.name === 'gw-window');
}

function reload(): void {
  if (reloading) return;
  reloading = true;
  location.reload();
}

function takeOver(worker: ServiceWorker): void {
  navigator.serviceWorker.addEventListener('controllerchange', reload);
  worker.postMessage({ type: 'SKIP_WAITING' });
}

/** Takes the new version over. */
export function update(): void {
  if (!waiting) return;
  takeOver(waiting);
  setTimeout(reload, TAKE_OVER);
}

export async function register(): Promise<void> {
  if (!supported()) return;
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
