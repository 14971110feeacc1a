import { fileURLToPath } from 'node:url';

import { svelte } from '@sveltejs/vite-plugin-svelte';
import { VitePWA } from 'vite-plugin-pwa';
import { defineConfig } from 'vite';

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** Each app is one build: `--mode phone`. */
export default defineConfig(({ mode }) => ({
  root: at('src/phone'),
  base: '/m/',
  publicDir: at('public'),
  plugins: [
    svelte({ configFile: at('svelte.config.js') }),
    ...(mode === 'phone' ? [precache()] : []),
  ],
  build: {
    outDir: at('dist/m'),
    emptyOutDir: true,
    // The oldest WebViews that Svelte 5 runs on.
    target: ['chrome87', 'safari14'],
    // The page names the files that its script imports, so that a slow network fetches them together.
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    reportCompressedSize: false,
  },
}));

/** The worker of our own, with the list of all files of the build. */
function precache(): ReturnType<typeof VitePWA> {
  return VitePWA({
    strategies: 'injectManifest',
    srcDir: '.',
    filename: 'sw.ts',
    injectRegister: false,
    manifest: false,
    injectManifest: { globPatterns: ['**/*.{html,js,css,svg,png,webmanifest}'] },
  });
}
