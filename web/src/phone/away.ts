/** Locks the app when it was out of sight for too long, and already while it is. */
import { AWAY_MS, wasAway } from '../core/pin';

export function watchAway(lock: () => void): void {
  let hiddenAt: number | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  document.addEventListener('visibilitychange', () => {
    clearTimeout(timer);
    if (document.visibilityState === 'hidden') {
      hiddenAt = Date.now();
      timer = setTimeout(lock, AWAY_MS);
      return;
    }
    // Browsers stop the timers of a page that is out of sight.
    if (hiddenAt !== undefined && wasAway(hiddenAt, Date.now())) lock();
    hiddenAt = undefined;
  });
}
