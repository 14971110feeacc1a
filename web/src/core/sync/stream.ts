/** Hints of changes (server-sent events): each one is a reason to sync, nothing more. */
import type { Http } from '../http';
import type { Session } from '../session';

/** The server sends a comment each 15 seconds; after this long without one the connection is dead. */
const SILENCE_MS = 40_000;

/**
 * Reads hints until `signal` ends it or the connection breaks. `EventSource` cannot send proofs, so
 * this reads the answer itself.
 */
export async function hints(http: Http, session: Session, signal: AbortSignal, hint: () => void): Promise<void> {
  const silent = new AbortController();
  const stop = (): void => silent.abort();
  signal.addEventListener('abort', stop);
  let timer = setTimeout(stop, SILENCE_MS);
  try {
    const call = { method: 'GET', path: '/v1/events/stream', token: await session.token(), headers: { Accept: 'text/event-stream' } };
    let response = await http.start(call, silent.signal);
    if (response.status === 401) response = await http.start({ ...call, token: await session.token() }, silent.signal);
    const reader = response.ok ? response.body?.getReader() : undefined;
    if (!reader) return;
    const decoder = new TextDecoder();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      clearTimeout(timer);
      timer = setTimeout(stop, SILENCE_MS);
      if (/^data:/m.test(decoder.decode(value, { stream: true }))) hint();
    }
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', stop);
  }
}
