import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { takeOver } from '../src/phone/take-over';
import { activateWaiting, updateReady } from '../src/phone/update.svelte';

class Worker extends EventTarget {
  readonly posted: unknown[] = [];

  constructor(public state: ServiceWorkerState = 'installed') {
    super();
  }

  postMessage(message: unknown): void {
    this.posted.push(message);
  }

  becomes(state: ServiceWorkerState): void {
    this.state = state;
    this.dispatchEvent(new Event('statechange'));
  }
}

function start(state?: ServiceWorkerState): { worker: Worker; page: EventTarget; took: Promise<boolean> } {
  const [worker, page] = [new Worker(state), new EventTarget()];
  return { worker, page, took: takeOver(worker as unknown as ServiceWorker, page as ServiceWorkerContainer) };
}

describe('a service worker that takes over', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('is asked to', () => {
    expect(start().worker.posted).toEqual([{ type: 'SKIP_WAITING' }]);
  });

  it('tells the pages that it controls', async () => {
    const { page, took } = start();
    page.dispatchEvent(new Event('controllerchange'));
    expect(await took).toBe(true);
  });

  it('is heard of by a page that is not its client yet', async () => {
    const { worker, took } = start();
    worker.becomes('activating');
    worker.becomes('activated');
    expect(await took).toBe(true);
  });

  it('may give way to a newer one', async () => {
    const { worker, took } = start();
    worker.becomes('redundant');
    expect(await took).toBe(true);
  });

  it('may have done so already', async () => {
    expect(await start('activated').took).toBe(true);
  });

  it('is not waited for longer than five seconds', async () => {
    const { worker, took } = start();
    worker.becomes('activating');
    await vi.advanceTimersByTimeAsync(5_000);
    expect(await took).toBe(false);
  });
});

/** A page that this worker controls starts while another one waits, which takes over after the start. */
async function startsBefore(controller: Worker | null): Promise<void> {
  const waiting = new Worker();
  const container = Object.assign(new EventTarget(), { controller, getRegistration: () => Promise.resolve({ waiting }) });
  vi.stubGlobal('navigator', { serviceWorker: container, locks: { query: () => Promise.resolve({}) } });
  const took = activateWaiting();
  await vi.advanceTimersByTimeAsync(5_000);
  expect(await took).toBe(false);
  container.controller = waiting;
  container.dispatchEvent(new Event('controllerchange'));
}

describe('a version that takes over after the start of a page', () => {
  beforeEach(() => {
    vi.useFakeTimers();
    vi.stubEnv('PROD', true);
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllEnvs();
    vi.unstubAllGlobals();
  });

  it('is not offered if it is the first of the page', async () => {
    await startsBefore(null);
    expect(updateReady()).toBe(false);
  });

  it('is offered if the page is of the one before', async () => {
    await startsBefore(new Worker('activated'));
    expect(updateReady()).toBe(true);
  });
});
