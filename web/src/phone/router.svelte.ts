/** Addresses of the screens: the path under `/m/`, with the browser's history. */

const BASE = '/m/';

let path = $state(read());
let depth = 0;

function read(): string {
  return typeof location === 'undefined' ? '' : location.pathname.slice(BASE.length).replace(/\/$/, '');
}

/** The current screen's path, such as `v/{task}/report`; empty for today. */
export function route(): string {
  return path;
}

export function parts(): string[] {
  return path.split('/');
}

export function go(to: string, replace = false): void {
  if (replace) history.replaceState(null, '', BASE + to);
  else history.pushState(null, '', BASE + to);
  if (!replace) depth += 1;
  path = to;
  window.scrollTo(0, 0);
}

/** To the previous screen; to `otherwise` if the app was opened here. */
export function back(otherwise = ''): void {
  if (depth > 0) history.back();
  else go(otherwise, true);
}

/** An entry for a sheet, so that the phone's back button closes it. */
export function pushSheet(): void {
  history.pushState({ sheet: true }, '');
  depth += 1;
}

/** Follows the browser's buttons and the links of the app. */
export function start(): void {
  window.addEventListener('popstate', () => {
    depth = Math.max(0, depth - 1);
    path = read();
  });
  document.addEventListener('click', (event) => {
    const link = event.target instanceof Element ? event.target.closest('a') : null;
    if (!link || link.origin !== location.origin || !link.pathname.startsWith(BASE) || link.target !== '' || link.hash !== '') return;
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
    event.preventDefault();
    go(link.pathname.slice(BASE.length));
  });
}
