/** The session of this phone: signing in, refreshing, signing out. See `docs/clients.md`. */
import type { AccessToken, Synced } from './api';
import { Refusal, type Answer, type Call, type Http } from './http';
import { removePin, type Locked } from './lock';
import { open, seal, storageKey } from './seal';
import { erase, getMeta, openPerson, putMeta, type PersonDb } from './store/person';
import type { Device, Owner } from './store/device';

export type SessionState = 'active' | 'password' | 'suspended';

/** What a sign-in answers besides the tokens. */
export interface Opened {
  readonly owner: Owner;
  readonly db: PersonDb;
  readonly key: CryptoKey;
  readonly session: Session;
}

/** Codes that end a session: rows and outbox stay, the password is asked for. */
const ENDED = new Set(['session_ended', 'session_reused']);

export class Session {
  state: SessionState = 'active';
  /** The problem that ended the session. */
  ended: Refusal | undefined;
  private access: { token: string; until: number } | undefined;
  private refreshing: Promise<string> | undefined;
  private early: Promise<Answer<Synced>> | undefined;

  constructor(
    private readonly http: Http,
    private readonly db: PersonDb,
    private readonly key: CryptoKey,
    readonly owner: Owner,
  ) {}

  /** Sends a request of the signed-in person. */
  async call<T>(call: Call): Promise<Answer<T>> {
    const token = await this.token();
    try {
      return await this.http.send<T>({ ...call, token });
    } catch (error) {
      if (!(error instanceof Refusal) || error.status !== 401) throw error;
      if (error.code !== 'token_expired' && error.code !== 'unauthenticated') throw this.settle(error);
      this.access = undefined;
      return this.http.send<T>({ ...call, token: await this.token() });
    }
  }

  /** Asks for the first page while the phone still makes room for it. */
  ask(): void {
    this.early = this.call<Synced>({ method: 'GET', path: '/v1/sync?limit=200' });
    // The sync that takes it handles a failure.
    this.early.catch(() => undefined);
  }

  /** The first page, once. */
  takeEarly(): Promise<Answer<Synced>> | undefined {
    const { early } = this;
    this.early = undefined;
    return early;
  }

  /** A valid access token; refreshes at most once at a time. */
  async token(): Promise<string> {
    // A monotonic clock: the phone's other one may be set.
    if (this.access && this.access.until > performance.now()) return this.access.token;
    this.refreshing ??= locked('gw-refresh', () => this.refresh()).finally(() => {
      this.refreshing = undefined;
    });
    return this.refreshing;
  }

  private async refresh(): Promise<string> {
    // Read here: another window may have replaced it.
    const box = await getMeta(this.db, 'refresh');
    if (!box) {
      this.state = 'password';
      throw new Refusal(401, undefined, undefined);
    }
    const refresh_token = await open<string>(this.key, 'meta|refresh', box);
    try {
      const { body } = await this.http.send<AccessToken>({
        method: 'POST', path: '/v1/auth/refresh', json: { refresh_token },
      });
      await this.take(body);
      return body.access_token;
    } catch (error) {
      throw error instanceof Refusal ? this.settle(error) : error;
    }
  }

  /** Stores the new refresh token before anything uses it. */
  async take(answer: AccessToken): Promise<void> {
    if (answer.refresh_token) {
      await putMeta(this.db, 'refresh', await seal(this.key, 'meta|refresh', answer.refresh_token));
    }
    if (answer.session_id) await putMeta(this.db, 'session', answer.session_id);
    this.state = 'active';
    this.ended = undefined;
    this.access = { token: answer.access_token, until: performance.now() + (answer.expires_in - 20) * 1000 };
  }

  private settle(error: Refusal): Refusal {
    if (ENDED.has(error.code)) {
      this.access = undefined;
      this.state = 'password';
      this.ended = error;
      this.db.delete('meta', 'refresh').catch(() => undefined);
    } else if (error.code === 'account_inactive') {
      this.state = 'suspended';
      this.ended = error;
    }
    return error;
  }
}

/** Runs alone among all windows of this installation. */
export async function locked<T>(name: string, work: () => Promise<T>): Promise<T> {
  if (typeof navigator === 'undefined' || !navigator.locks) return work();
  return (await navigator.locks.request(name, work)) as T;
}

/** Who signs in. */
export interface Credentials {
  readonly phone: string;
  readonly password: string;
  readonly district?: string | undefined;
  readonly totp?: string | undefined;
}

/** Signs in with a password; the person who has forgotten the PIN has none afterwards. */
export async function signIn(http: Http, device: Device, credentials: Credentials, forgottenBy?: string): Promise<Opened> {
  const { phone, password, district, totp } = credentials;
  const { body } = await http.send<AccessToken>({
    method: 'POST',
    path: '/v1/auth/sign-in',
    json: {
      phone, password, device: { name: device.name, kind: 'phone' },
      ...(district ? { district } : {}), ...(totp ? { totp } : {}),
    },
  });
  return begin(http, device, body, forgottenBy);
}

/** Enrols this phone with the code of an invitation and a new password. */
export async function enrol(
  http: Http, device: Device, credentials: Credentials & { code: string }, forgottenBy?: string,
): Promise<Opened> {
  const { phone, password, code, district } = credentials;
  const { body } = await http.send<AccessToken>({
    method: 'POST',
    path: '/v1/auth/enrol',
    json: { phone, password, code, device: { name: device.name, kind: 'phone' }, ...(district ? { district } : {}) },
  });
  return begin(http, device, body, forgottenBy);
}

async function begin(http: Http, device: Device, answer: AccessToken, forgottenBy?: string): Promise<Opened> {
  const owner = { district: answer.district, person: answer.person_id };
  const deviceKey = answer.device_key ?? '';
  const key = await storageKey(deviceKey, owner.person);
  const db = await openPerson(owner);
  const lock = await getMeta(db, 'pin');
  // A PIN that still opens the data is asked for at the next start too.
  if (forgottenBy === owner.person || !lock?.wrapped) await removePin(db, key);
  await putMeta(db, 'device_key', await seal(key, 'meta|device_key', deviceKey));
  const session = new Session(http, db, key, owner);
  await session.take(answer);
  if (!(await getMeta(db, 'cursor'))) session.ask();
  await device.addOwner(owner);
  await device.setOwner(owner);
  return { owner, db, key, session };
}

/** Continues the session of the last start, or finds it locked; `undefined` if there is none on this phone. */
export async function resume(http: Http, device: Device): Promise<Opened | Locked | undefined> {
  const owner = await device.owner();
  if (!owner) return undefined;
  const db = await openPerson(owner);
  const key = await getMeta(db, 'key');
  if (key) return opened(http, { owner, db }, key);
  if (await getMeta(db, 'pin')) return { owner, db };
  db.close();
  return undefined;
}

/** Continues the session with the key that a PIN has opened. */
export async function opened(http: Http, { owner, db }: Locked, key: CryptoKey): Promise<Opened> {
  const session = new Session(http, db, key, owner);
  if (!(await getMeta(db, 'refresh'))) session.state = 'password';
  return { owner, db, key, session };
}

/** Ends the session here at once, and on the server when it can be reached. */
export async function signOut(http: Http, device: Device, opened: Opened): Promise<void> {
  const { db, key } = opened;
  const box = await getMeta(db, 'refresh');
  if (box) {
    const token = await open<string>(key, 'meta|refresh', box).catch(() => undefined);
    if (token) await device.setSignOuts([...(await device.signOuts()), token]);
  }
  await erasePerson(device, opened);
  await sendSignOuts(http, device);
}

/** Deletes the data of the person, but what waits to be sent, for which the installation remembers the person. */
export async function erasePerson(device: Device, { db, owner }: Pick<Opened, 'db' | 'owner'>): Promise<void> {
  await device.setOwner(undefined);
  const waiting = await erase(db, owner);
  if (!waiting) await device.removeOwner(owner);
}

/** Sends the sign-outs that wait for a network. */
export async function sendSignOuts(http: Http, device: Device): Promise<void> {
  for (const refresh_token of await device.signOuts()) {
    try {
      await http.send({ method: 'POST', path: '/v1/auth/sign-out', json: { refresh_token } });
    } catch (error) {
      if (!(error instanceof Refusal)) return;
    }
    await device.setSignOuts((await device.signOuts()).filter((token) => token !== refresh_token));
  }
}
