/**
 * Trusted Types: the browser refuses text as code. The default policy lets through the workers of the
 * app, and the fixed markup that Leaflet writes; nothing else of the app uses such a sink.
 */

interface TrustedTypesWindow {
  readonly trustedTypes?: {
    createPolicy(name: string, rules: { createHTML: (text: string) => string; createScriptURL: (url: string) => string }): unknown;
  };
}

const LEAFLET = /^(?:<svg\/>|<v:shape adj="1"\/>|<span aria-hidden="true">(?:\+|&#x2212;)<\/span>|)$/;

/** The service worker, and the worker for pictures. */
const WORKERS = /^\/m\/(?:sw|assets\/photo-worker-[\w-]+)\.js$/;

export function restrict(): void {
  (globalThis as TrustedTypesWindow).trustedTypes?.createPolicy('default', {
    createHTML: (text) => {
      if (LEAFLET.test(text)) return text;
      throw new TypeError('markup from text');
    },
    createScriptURL: (url) => {
      const { origin, pathname } = new URL(url, location.origin);
      if (origin === location.origin && WORKERS.test(pathname)) return url;
      throw new TypeError('code from another address');
    },
  });
}
