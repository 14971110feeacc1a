/** How long a worker that takes over may wait for requests of the one before, in milliseconds. */
const TAKE_OVER = 5_000;

/**
 * Asks a service worker that waits to take over; answers whether it did so in time. A page that was still loading
 * when the worker became active is not its client, and hears of the change by the state of the worker alone.
 */
export function takeOver(worker: ServiceWorker, container: ServiceWorkerContainer): Promise<boolean> {
  return new Promise((done) => {
    const look = (): void => {
      if (worker.state === 'activated' || worker.state === 'redundant') done(true);
    };
    worker.addEventListener('statechange', look);
    container.addEventListener('controllerchange', () => done(true), { once: true });
    setTimeout(() => done(false), TAKE_OVER);
    worker.postMessage({ type: 'SKIP_WAITING' });
    look();
  });
}
