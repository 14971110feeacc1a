/** The state of the phone app: who is signed in, what the phone knows, and what waits to be sent. */
import { flushSync } from 'svelte';

import type { About, Me, ServiceKind, Task } from '../core/api';
import { Http, Refusal, Unreachable } from '../core/http';
import { label, t } from '../core/i18n/index.svelte';
import { isPinned, tryPin, type Locked, type Tried } from '../core/lock';
import { open, seal } from '../core/seal';
import { erasePerson, opened as openedWith, resume, sendSignOuts, signOut, type Opened } from '../core/session';
import { Device } from '../core/store/device';
import { getMeta, putMeta, type StoredRow } from '../core/store/person';
import { isFull, isNearlyFull, keepReserve } from '../core/store/reserve';
import { sync, type Run } from '../core/sync/engine';
import { NextRun } from '../core/sync/next-run';
import { add, pending, takeBack, type NewCommand, type Opened as Waiting, type Shown } from '../core/sync/outbox';
import { isMine, project, type ShownTask } from '../core/sync/project';
import { Rows } from '../core/sync/rows';
import type { ResetReason } from '../core/sync/snapshot';
import { hints } from '../core/sync/stream';
import { dayOf } from '../core/time';
import { watchAway } from './away';
import { dropOrphans } from './drafts';
import { forget, forgetStale } from './forget';
import { readLocal, type DraftNews, type MovedNews, type Settled } from './local';
import type { Origin } from './model';
import { begin, forget as forgetPractice, pretend } from './practice';
import { prefs } from './prefs.svelte';
import { sendPhotos } from './send-photos';
import { forgetWords, loadAbout, loadSide, loadWords, NO_SIDE, readSide, type Side } from './side';
import { endUndo, isUndoable, offerUndo, UNDO_MS } from './undo.svelte';
import { NOTHING_UNSENT, type Unsent } from './unsent';

type Line = 'never' | 'synced' | 'running' | Run['state'];

const HOUR_MS = 3_600_000;
/** How an installation calls itself that was given no name. */
const UNNAMED = 'Gridward';

/** `GET /v1/me` as it was last read. */
async function readMe({ db, key }: Opened): Promise<Me | undefined> {
  const sealed = await getMeta(db, 'me');
  return sealed && open<Me>(key, 'meta|me', sealed).catch(() => undefined);
}

class App {
  phase = $state<'opening' | 'broken' | 'insecure' | 'signed_out' | 'locked' | 'ready'>('opening');
  /** What the last sync said. */
  line = $state<Line>('never');
  online = $state(true);
  syncedAt = $state<Date>();
  skew = $state(0);
  now = $state(new Date());
  /** Why the rows are fetched anew. */
  reset = $state<ResetReason>();
  full = $state(false);
  outdated = $state(false);
  me = $state.raw<Me>();
  waiting = $state.raw<Waiting[]>([]);
  journal = $state.raw<Settled[]>([]);
  drafts = $state.raw<DraftNews[]>([]);
  moved = $state.raw<MovedNews[]>([]);
  noticesRead = $state.raw<string[]>([]);
  photosLeft = $state.raw<Record<string, number>>({});
  refused = $state.raw<ReadonlySet<string>>(new Set());
  unsent = $state.raw<Unsent>(NOTHING_UNSENT);
  /** Counts the changes of the rows, which are outside of Svelte's view. */
  revision = $state(0);
  anotherWaits = $state(false);
  /** How many rows were left out, since the app cannot read them. */
  unreadable = $state(0);
  /** Photos on their way: the one that is sent now, and all. */
  sending = $state.raw<{ readonly n: number; readonly m: number }>();
  side = $state.raw<Side>(NO_SIDE);
  /** Who runs the service. */
  about = $state.raw<About>();
  /** Whom to call after the account was suspended; its data is gone by then. */
  suspended = $state.raw<{ readonly name: string; readonly phone?: string | null | undefined }>();
  practice = $state(false);
  /** Whether a PIN is set. */
  pinned = $state(false);

  device!: Device;
  http!: Http;
  opened: Opened | undefined = $state.raw();
  /** Whose data the PIN opens. */
  locked: Locked | undefined = $state.raw();
  private rows = new Rows();
  private readonly next = new NextRun(() => void this.sync());
  private failures = 0;
  private running: Promise<void> | undefined;
  private channel: BroadcastChannel | undefined;
  /** Whose data comes back after the practice. */
  private real: Opened | undefined;
  private listening: AbortController | undefined;

  /** What the service is called: as its district wants, or as the app by itself. */
  readonly name = $derived(this.about && this.about.name !== UNNAMED ? this.about.name : t('app.name'));
  /** Whether the district wants a PIN that this phone does not have yet. */
  readonly pinWanted = $derived(this.about?.phone_pin === 'asked' && !this.pinned && !this.practice);
  readonly zone = $derived(this.me?.time_zone ?? 'Asia/Shanghai');
  /** Today by the service's clock. */
  readonly today = $derived(dayOf(new Date(this.now.getTime() + this.skew), this.zone));
  readonly person = $derived(this.opened?.owner.person ?? '');
  readonly pending = $derived(this.waiting.map(pending));
  readonly tasks = $derived.by(() => this.projected());
  readonly mine = $derived(this.tasks.filter((task) => isMine(task, this.person)));
  readonly pool = $derived(this.tasks.filter((task) => task.state === 'open' || (task.pending === 'task.claim')));

  /** Opens what the phone has; without a network too. */
  async start(): Promise<void> {
    if (!globalThis.isSecureContext || !crypto.subtle) {
      this.phase = 'insecure';
      return;
    }
    try {
      this.device = await Device.open();
      this.about = await this.device.about();
      void loadAbout(this.device).then((about) => (this.about = about ?? this.about));
      this.http = new Http(this.device, location.origin);
      await forgetPractice();
      const resumed = await resume(this.http, this.device);
      if (!resumed) await this.leave();
      else if ('key' in resumed) await this.enter(resumed);
      else await this.wait(resumed);
    } catch (error) {
      console.error('the local storage cannot be opened', error instanceof Error ? error.name : '');
      this.phase = 'broken';
      return;
    }
    this.online = navigator.onLine;
    window.addEventListener('online', () => {
      this.online = true;
      this.kick();
      sendSignOuts(this.http, this.device).catch(() => undefined);
    });
    window.addEventListener('offline', () => {
      this.online = false;
      this.line = 'offline';
    });
    watchAway(() => this.lock());
    // A tap that could not be stored is not lost without a word.
    window.addEventListener('unhandledrejection', (event) => {
      if (!isFull(event.reason)) return;
      this.full = true;
      event.preventDefault();
    });
    document.addEventListener('visibilitychange', () => {
      if (document.visibilityState !== 'visible') {
        this.listening?.abort();
        return;
      }
      this.now = new Date();
      this.kick();
      void this.listen();
    });
    setInterval(() => (this.now = new Date()), 30_000);
    setInterval(() => void this.forgetNow(), HOUR_MS);
    if (this.opened) this.kick();
  }

  /** Takes over the data of the person who has signed in; `stored` are the rows on the disk, if they were read already. */
  async enter(opened: Opened, stored?: Promise<StoredRow[]>): Promise<void> {
    const { db, key } = opened;
    if (this.locked && this.locked.db !== db) this.locked.db.close();
    this.opened = opened;
    const stale = await forgetStale(db);
    const [pinned, rows, me, side] = await Promise.all([
      isPinned(db), Rows.load(db, key, stale ? undefined : stored), readMe(opened), readSide(opened), dropOrphans(opened),
    ]);
    await forget(opened, rows);
    const kept = await forgetWords(opened, side, rows.all('case'));
    // It may have been locked in the meantime.
    if (this.opened !== opened) return;
    if (!this.practice) this.pinned = pinned;
    this.rows = rows;
    this.me = me;
    this.side = kept;
    this.suspended = undefined;
    await this.reload();
    if (this.opened !== opened) return;
    this.locked = undefined;
    this.phase = 'ready';
    if (opened.session.state !== 'active') this.line = opened.session.state;
    this.channel = new BroadcastChannel(db.name);
    this.channel.onmessage = ({ data }): void => (data === 'lock' ? this.lock() : void this.refill());
    db.addEventListener('close', () => (this.outdated = true));
  }

  private async leave(): Promise<void> {
    this.opened = undefined;
    this.me = undefined;
    this.anotherWaits = (await this.device.owners()).length > 0;
    this.phase = 'signed_out';
  }

  private async forgetNow(): Promise<void> {
    const { opened } = this;
    if (!opened) return;
    const { db, key } = opened;
    await forgetStale(db);
    await forget(opened, await Rows.load(db, key));
    await this.refill();
    const side = await forgetWords(opened, this.side, this.rows.all('case'));
    if (this.opened === opened) this.side = side;
  }

  /** Reads again what another window may have changed. */
  private async refill(): Promise<void> {
    if (!this.opened) return;
    const { db, key } = this.opened;
    const rows = await Rows.load(db, key);
    if (this.opened?.db !== db) return;
    this.rows = rows;
    if (!this.practice) this.pinned = await isPinned(db);
    await this.reload();
  }

  /** Reads outbox, journal, drafts and cards. */
  async reload(): Promise<void> {
    const { opened } = this;
    const local = opened && (await readLocal(opened));
    // It may have been locked in the meantime.
    if (!local || this.opened !== opened) return;
    Object.assign(this, local);
    this.revision += 1;
  }

  use(): Opened {
    if (!this.opened) throw new Error('nobody is signed in');
    return this.opened;
  }

  row<K extends Parameters<Rows['get']>[0]>(type: K, id: string | null | undefined): ReturnType<typeof this.rows.get<K>> {
    void this.revision;
    return this.rows.get(type, id);
  }

  all<K extends Parameters<Rows['all']>[0]>(type: K): ReturnType<typeof this.rows.all<K>> {
    void this.revision;
    return this.rows.all(type);
  }

  task(id: string | undefined): ShownTask | undefined {
    return this.tasks.find((task) => task.id === id);
  }

  kind(code: string): ServiceKind | undefined {
    return this.row('service_kind', code);
  }

  kindName(code: string): string {
    const kind = this.kind(code);
    return kind ? label(kind.name, kind.name_en) : code;
  }

  word(vocabulary: string, code: string): string {
    const word = this.row('vocabulary', vocabulary)?.words.find((other) => other.code === code);
    return word ? label(word.label_zh, word.label_en) : code;
  }

  private projected(): ShownTask[] {
    void this.revision;
    return this.rows.all('task').map((task) => project(task, this.pending, this.person, this.rows.get('service_kind', task.kind)?.attempts ?? 1));
  }

  /** How a visit came to the person: the last claim or consent that was made on this phone and not refused. */
  originOf(task: string): Origin {
    const made = [...this.waiting.map(({ entry }) => entry), ...this.journal.flatMap(({ entry }) => (entry.outcome === 'applied' ? [entry] : []))];
    const last = made
      .filter(({ task_id, type }) => task_id === task && (type === 'task.claim' || type === 'task.accept'))
      .sort((a, b) => (a.at < b.at ? 1 : -1))[0];
    return last && (last.type === 'task.claim' ? 'claimed' : 'given');
  }

  /** What the records call this task. */
  describe(task: Task): Shown {
    return { name: this.rows.get('beneficiary', task.beneficiary_id)?.name, kind: this.kindName(task.kind) };
  }

  /** Makes a command: it is on the disk when this resolves, and sent in a moment. */
  async command(command: NewCommand, shown: Shown = {}, as?: string): Promise<string> {
    const { db, key } = this.use();
    const task = command.task_id ? this.rows.get('task', command.task_id) : undefined;
    const base = task && command.base_version === undefined ? { base_version: task.version } : {};
    const id = await add(db, key, { ...command, ...base }, { ...(task ? this.describe(task) : {}), ...shown }, as);
    await this.reload();
    this.channel?.postMessage('changed');
    const undoable = isUndoable(command.type) && !this.practice;
    if (undoable) offerUndo({ id, type: command.type });
    else endUndo();
    this.kick(command.type === 'task.claim' ? 0 : undoable ? UNDO_MS : 800);
    return id;
  }

  async takeBack(id: string): Promise<boolean> {
    const done = await takeBack(this.use().db, id);
    await this.reload();
    this.channel?.postMessage('changed');
    return done;
  }

  /** Syncs after a delay in milliseconds; a sooner one replaces a later one. */
  kick(delay = 0): void {
    this.next.in(delay);
  }

  /** Syncs now; a run under way is followed by another one. */
  async sync(): Promise<void> {
    if (!this.opened) return;
    if (this.practice) {
      await pretend(this.opened, this.rows);
      await this.reload();
      return;
    }
    if (this.running) {
      await this.running;
      return this.sync();
    }
    this.running = this.syncOnce().finally(() => (this.running = undefined));
    return this.running;
  }

  private async syncOnce(): Promise<void> {
    const { db, key, session } = this.use();
    if (session.state === 'password') {
      this.line = 'password';
      return;
    }
    const first = this.syncedAt === undefined;
    const slow = setTimeout(() => (this.line = 'running'), 1000);
    let run: Run;
    try {
      run = await sync({
        db, key, session, rows: this.rows, device: this.device.name,
        describe: (task) => this.describe(task),
        changed: async (reset) => {
          if (reset && !first) this.reset = reset;
          await this.reload();
          this.channel?.postMessage('changed');
        },
      });
    } catch (error) {
      if (isFull(error)) this.full = true;
      run = { state: 'busy' };
    } finally {
      clearTimeout(slow);
    }
    if (!this.opened) return;
    if (run.state === 'suspended') return this.suspend();
    this.line = run.state;
    this.reset = first ? undefined : run.reset;
    this.online = run.state === 'offline' ? navigator.onLine : true;
    await this.reload();
    this.failures = run.state === 'synced' ? 0 : this.failures + 1;
    const backoff = Math.min(600, 5 * 2 ** Math.min(this.failures, 7)) * (0.75 + Math.random() / 2);
    if (run.state !== 'password') this.kick(1000 * (run.state === 'synced' ? (run.after ?? 900) : Math.max(backoff, run.after ?? 0)));
    if (run.state === 'synced') {
      await keepReserve(db);
      this.full = await isNearlyFull();
      if (document.visibilityState === 'visible') void this.listen();
      if (run.reset || !this.me) await this.loadMe();
      await this.loadSide();
      await this.sendPhotos(prefs.manualPhotos);
    }
  }

  /** Follows hints while the app is seen, in one window only; without them it polls. */
  private async listen(): Promise<void> {
    if (this.listening || !this.opened || !navigator.locks) return;
    const mine = new AbortController();
    this.listening = mine;
    const follow = async (lock: Lock | null): Promise<void> => {
      while (lock && !mine.signal.aborted && this.opened && this.line === 'synced') {
        await hints(this.http, this.opened.session, mine.signal, () => this.kick(500)).catch(() => undefined);
        await new Promise((done) => setTimeout(done, 5000 + Math.random() * 5000));
      }
    };
    await navigator.locks.request('gw-stream', { ifAvailable: true }, follow).catch(() => undefined);
    if (this.listening === mine) this.listening = undefined;
  }

  /** Reads `GET /v1/me` and keeps it, sealed. */
  async loadMe(): Promise<void> {
    const { db, key, session } = this.use();
    try {
      const { body } = await session.call<Me>({ method: 'GET', path: '/v1/me' });
      await putMeta(db, 'me', await seal(key, 'meta|me', body));
      this.me = body;
    } catch (error) {
      if (!(error instanceof Refusal) && !(error instanceof Unreachable)) throw error;
    }
  }

  /** Sends the documents of cases, then the moves that waited for them, and the photos of reports that have arrived. */
  async sendPhotos(documentsOnly = false): Promise<void> {
    try {
      const left = await sendPhotos(this.http, this.use(), (n, m) => (this.sending = { n, m }), () => this.reload(), documentsOnly);
      if (left) this.kick();
    } finally {
      this.sending = undefined;
    }
  }

  private async loadSide(): Promise<void> {
    const opened = this.use();
    const { cases } = await forgetWords(opened, this.side, this.rows.all('case'));
    if (this.opened !== opened) return;
    this.side = { ...this.side, cases };
    // The words of a case may be read meanwhile.
    const { proposals } = await loadSide(opened, this.side, this.journal);
    if (this.opened === opened) this.side = { ...this.side, proposals };
  }

  /** Reads what a case is about. */
  async readCase(id: string): Promise<void> {
    const opened = this.use();
    const side = await loadWords(opened, this.side, id);
    if (this.opened === opened) this.side = side;
  }

  /** The account was suspended: all but what waits to be sent is deleted, as at a sign-out. */
  private async suspend(): Promise<void> {
    const opened = this.use();
    const contact = this.me?.manager ?? this.me?.supervisor;
    this.drop();
    await erasePerson(this.device, opened);
    await this.leave();
    this.suspended = { name: contact?.name ?? '', phone: contact?.phone };
  }

  /** Changes to two invented people; nothing of it is sent. */
  async startPractice(): Promise<void> {
    const opened = await begin(this.http, this.rows, this.me, this.today);
    this.next.cancel();
    this.listening?.abort();
    this.channel?.close();
    this.real = this.opened;
    this.practice = true;
    await this.enter(opened);
    this.line = 'synced';
  }

  async endPractice(): Promise<void> {
    if (!this.real) return;
    const { db } = this.use();
    this.channel?.close();
    this.practice = false;
    const { real } = this;
    this.real = undefined;
    await this.enter(real);
    await forgetPractice(db);
    this.kick();
  }

  async signOut(): Promise<void> {
    const opened = this.use();
    this.drop();
    await signOut(this.http, this.device, opened);
    await this.leave();
  }

  /** Asks for the PIN again, in all windows if the person wants that. */
  lock(everywhere = false): void {
    if (!this.opened || !this.pinned) return;
    const { owner, db } = this.real ?? this.opened;
    if (everywhere) this.channel?.postMessage('lock');
    this.phase = 'locked';
    // The screens store what is being written while there is a key.
    flushSync();
    if (this.practice) void forgetPractice(this.opened.db);
    this.drop();
    this.locked = { owner, db };
  }

  /** Reads whether a PIN is set, here and in other windows. */
  async pinChanged(): Promise<void> {
    this.pinned = await isPinned(this.use().db);
    this.channel?.postMessage('changed');
  }

  /** Tries a PIN, and opens the data with the right one. */
  async unlock(pin: string): Promise<Tried | undefined> {
    const { locked, running } = this;
    if (!locked) return undefined;
    // The sealed rows are read while the key is derived.
    const stored = locked.db.getAll('rows');
    stored.catch(() => undefined);
    const tried = await tryPin(locked, pin);
    if (tried.state !== 'right') return tried;
    await this.enter(await openedWith(this.http, locked, tried.key), stored);
    // A sync that began before the lock may end after it.
    void running?.catch(() => undefined).then(() => this.refill());
    this.kick();
    return tried;
  }

  /** Waits for the PIN; what is too old goes without it. */
  private async wait(locked: Locked): Promise<void> {
    await forgetStale(locked.db);
    this.pinned = true;
    this.locked = locked;
    this.phase = 'locked';
  }

  /** Drops the key and all that was opened with it. */
  private drop(): void {
    this.next.cancel();
    this.channel?.close();
    this.listening?.abort();
    this.opened = undefined;
    this.real = undefined;
    this.practice = false;
    this.me = undefined;
    this.rows = new Rows();
    this.waiting = [];
    this.journal = [];
    this.drafts = [];
    this.moved = [];
    this.photosLeft = {};
    this.refused = new Set();
    this.unsent = NOTHING_UNSENT;
    this.side = NO_SIDE;
    endUndo();
    this.line = 'never';
    this.revision += 1;
  }
}

export const app = new App();
