/// <reference lib="webworker" />
/** Keeps the files of the app, all of them, and nothing of the service: no request to `/v1` passes here. */
import { cleanupOutdatedCaches, createHandlerBoundToURL, matchPrecache, precache } from 'workbox-precaching';

declare const self: ServiceWorkerGlobalScope & { __WB_MANIFEST: { url: string; revision: string | null }[] };

precache(self.__WB_MANIFEST);
cleanupOutdatedCaches();

const page = createHandlerBoundToURL('index.html');

self.addEventListener('message', (event) => {
  const { type } = (event.data as { type?: string } | null) ?? {};
  if (type === 'SKIP_WAITING') void self.skipWaiting();
  if (type === 'CLAIM') event.waitUntil(self.clients.claim());
});

self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()));

self.addEventListener('fetch', (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== 'GET' || url.origin !== self.location.origin || !url.pathname.startsWith('/m/')) return;
  if (request.mode === 'navigate') {
    event.respondWith(page({ request, url, event }));
    return;
  }
  event.respondWith(matchPrecache(request).then((found) => found ?? fetch(request)));
});
