/** Other builds of the app, as the server would have them after an update. */
import type { Phone } from './phone';
import type { Proxy } from './proxy';

/** From now on the server has another build. */
export function release(proxy: Proxy, name: string): void {
  proxy.rewrites.set('/m/sw.js', (text) => text.replace(/(["']?revision["']?:["'])[0-9a-f]{32}/g, `$1${name}`) + `\n// ${name}`);
  for (const page of ['/m/', '/m/index.html']) {
    proxy.rewrites.set(page, (text) => text.replace('</head>', `<meta name="build" content="${name}"></head>`));
  }
}

/** Lets the browser look for another build, as it does by itself within a day. */
export async function lookForUpdate(phone: Phone): Promise<void> {
  await phone.page.evaluate(async () => (await navigator.serviceWorker.getRegistration('/m/'))?.update().then(() => undefined, () => undefined));
}
