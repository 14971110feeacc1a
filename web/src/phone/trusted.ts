/**
 * Trusted Types: the browser refuses text as code. The default policy lets through the worker of the
 * app, and the fixed markup that Leaflet writes; nothing else of the app uses such a sink.
 */

interface TrustedTypesWindow {
  readonly trustedTypes?: {
    createPolicy(name: string, rules: { createHTML: (text: string) => string; createScriptURL: (url: string) => string }): unknown;
  };
}

const LEAFLET = /^(?:<svg\/>|<v:shape adj="1"\/>|<span aria-hidden="true">(?:\+|&#x2212;)<\/span>|)$/;

export function restrict(): void {
  (globalThis as TrustedTypesWindow).trustedTypes?.createPolicy('default', {
    createHTML: (text) => {
      if (LEAFLET.test(text)) return text;
      throw new TypeError('markup from text');
    },
    createScriptURL: (url) => {
      if (url === '/m/sw.js') return url;
      throw new TypeError('code from another address');
    },
  });
}
