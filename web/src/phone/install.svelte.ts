/** The browser's own offer to install the app: kept until the person asks for it. */

interface InstallPrompt extends Event {
  prompt(): Promise<unknown>;
}

let offer = $state.raw<InstallPrompt>();

export function watchInstall(): void {
  window.addEventListener('beforeinstallprompt', (event) => {
    event.preventDefault();
    offer = event as InstallPrompt;
  });
  window.addEventListener('appinstalled', () => (offer = undefined));
}

export function installable(): boolean {
  return offer !== undefined;
}

export async function install(): Promise<void> {
  await offer?.prompt();
  offer = undefined;
}
