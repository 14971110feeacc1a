import { mount } from 'svelte';

import App from './App.svelte';
import { app } from './app.svelte';
import './phone.css';
import { watchInstall } from './install.svelte';
import { applyPrefs } from './prefs.svelte';
import { start } from './router.svelte';
import { restrict } from './trusted';
import { activateWaiting, register } from './update.svelte';

async function begin(): Promise<void> {
  restrict();
  watchInstall();
  await applyPrefs();
  // Before anything is shown, a new version may take over: nothing is open yet.
  if (await activateWaiting()) return;
  start();
  const target = document.getElementById('app');
  if (target) mount(App, { target });
  await app.start();
  await register();
}

void begin();
