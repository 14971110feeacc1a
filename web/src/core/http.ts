/** Requests to the service: proofs, tokens, and problems as values. */
import { proof } from './dpop';
import type { ProblemBody } from './api';
import { language } from './i18n/index.svelte';
import type { Device } from './store/device';

/** An answer of the service. */
export interface Answer<T> {
  readonly status: number;
  readonly headers: Headers;
  readonly body: T;
}

/** The service refused the request. */
export class Refusal extends Error {
  constructor(
    readonly status: number,
    readonly problem: ProblemBody | undefined,
    /** Seconds to wait, by `Retry-After`. */
    readonly retryAfter: number | undefined,
  ) {
    super(`refused: ${status} ${problem?.code ?? ''}`);
  }

  get code(): string {
    return this.problem?.code ?? `status_${this.status}`;
  }

  /** Whether other requests are refused as well: the session lacks something, or the service is busy or fails. */
  get isGeneral(): boolean {
    return this.status === 401 || this.status === 429 || this.status >= 500 || this.code === 'second_factor_required';
  }

  /** Whether the same request is refused again. */
  get isFinal(): boolean {
    return this.problem?.retryable === false && !this.isGeneral;
  }
}

/** There is no network, or no answer. */
export class Unreachable extends Error {}

/** A request; `token` is absent for those without authentication. */
export interface Call {
  readonly method: string;
  readonly path: string;
  readonly json?: unknown;
  readonly body?: BodyInit;
  readonly headers?: Record<string, string>;
  readonly token?: string | undefined;
  /** Milliseconds to wait for the answer; 30 seconds by default. */
  readonly patience?: number;
}

const NEEDS_NEW_PROOF = new Set(['use_dpop_nonce', 'invalid_dpop_proof']);

export class Http {
  constructor(
    private readonly device: Device,
    private readonly origin: string,
    private readonly fetch: typeof globalThis.fetch = globalThis.fetch.bind(globalThis),
  ) {}

  /** Sends a request once, or twice if the service asks for another proof. */
  async send<T>(call: Call): Promise<Answer<T>> {
    const first = await this.sendOnce<T>(call);
    if (first instanceof Refusal && first.status === 401 && NEEDS_NEW_PROOF.has(first.code)) {
      return settled(await this.sendOnce<T>(call));
    }
    return settled(first);
  }

  private async sendOnce<T>(call: Call): Promise<Answer<T> | Refusal> {
    const impatient = new AbortController();
    const timer = setTimeout(() => impatient.abort(), call.patience ?? 30_000);
    try {
      const response = await this.start(call, impatient.signal);
      if (response.ok || response.status === 304) {
        return { status: response.status, headers: response.headers, body: (await body(response)) as T };
      }
      const problem = (await body(response)) as ProblemBody | undefined;
      const code = codeOf(response.headers.get('WWW-Authenticate'));
      const retryAfter = seconds(response.headers.get('Retry-After'));
      return new Refusal(response.status, problem ?? made(response.status, code), retryAfter);
    } finally {
      clearTimeout(timer);
    }
  }

  /** The answer without its body, for streams. */
  async start(call: Call, signal: AbortSignal): Promise<Response> {
    const url = this.origin + call.path;
    const headers = new Headers(call.headers);
    headers.set('Accept-Language', language());
    headers.set('DPoP', await this.proofOf(call, url));
    if (call.token) headers.set('Authorization', `DPoP ${call.token}`);
    const init: RequestInit = {
      method: call.method, headers, signal, cache: 'no-store', credentials: 'omit', redirect: 'error',
    };
    if (call.json !== undefined) {
      headers.set('Content-Type', 'application/json');
      init.body = JSON.stringify(call.json);
    } else if (call.body !== undefined) {
      init.body = call.body;
    }
    let response: Response;
    try {
      response = await this.fetch(url, init);
    } catch (error) {
      throw new Unreachable(String(error));
    }
    const nonce = response.headers.get('DPoP-Nonce');
    if (nonce) this.device.setNonce(nonce);
    return response;
  }

  /** Takes over the nonce of an answer to another library. */
  takeNonce(nonce: string): void {
    this.device.setNonce(nonce);
  }

  /** A proof for a request that another library sends. */
  proofOf(call: Pick<Call, 'method' | 'token'>, url: string): Promise<string> {
    return proof(this.device.key, {
      method: call.method, url, nonce: this.device.nonce, accessToken: call.token,
      now: Date.now(), jti: crypto.randomUUID(),
    });
  }
}

function settled<T>(answer: Answer<T> | Refusal): Answer<T> {
  if (answer instanceof Refusal) throw answer;
  return answer;
}

/** The JSON of an answer; an answer that broke off is no answer. */
async function body(response: Response): Promise<unknown> {
  try {
    const text = await response.text();
    const type = response.headers.get('Content-Type') ?? '';
    return text !== '' && type.includes('json') ? (JSON.parse(text) as unknown) : undefined;
  } catch (error) {
    throw new Unreachable(String(error));
  }
}

function seconds(text: string | null): number | undefined {
  const value = Number(text ?? undefined);
  return Number.isFinite(value) ? value : undefined;
}

/** The code of an answer without a body, such as that to HEAD. */
function codeOf(challenge: string | null): string {
  return /error="([^"]+)"/.exec(challenge ?? '')?.[1] ?? '';
}

function made(status: number, code: string): ProblemBody {
  return { type: '', title: '', detail: '', status, code, retryable: status >= 500 };
}
