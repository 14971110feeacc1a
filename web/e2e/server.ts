/** The real binary with a demo district, as `tests/contract/demo.py` starts it. */
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';

const ROOT = resolve(import.meta.dirname, '../..');
const BINARY = process.env['GRIDWARD_BINARY'] ?? join(ROOT, process.env['CARGO_TARGET_DIR'] ?? 'target', 'debug/gridward');

/** Someone of the demo district. */
export interface Person {
  readonly phone: string;
  readonly password: string;
}

export class Server {
  private process: ChildProcess | undefined;
  private said = '';

  private constructor(
    private readonly folder: string,
    readonly port: number,
    private readonly settings: Record<string, string>,
  ) {}

  static async start(settings: Record<string, string> = {}): Promise<Server> {
    const server = new Server(mkdtempSync(join(tmpdir(), 'gridward-web.')), await freePort(), settings);
    await server.run(['demo', '--grids', '3', '--serve']);
    return server;
  }

  /** As `start`, with a password for everyone: see `anyone`. */
  static async open(): Promise<Server> {
    const server = new Server(mkdtempSync(join(tmpdir(), 'gridward-web.')), await freePort(), {});
    await server.run(['demo', '--grids', '3', '--sign-ins', 'people.csv', '--serve']);
    return server;
  }

  /** The first person of a role in an area, or in the district. */
  anyone(role: string, area: RegExp = /^/): Person {
    const [, ...lines] = readFileSync(join(this.folder, 'people.csv'), 'utf8').trim().split('\n');
    const found = lines.map((line) => line.split(',')).find((fields) => fields[1] === role && area.test(fields[2] ?? ''));
    if (!found?.[3] || !found[4]) throw new Error(`no ${role}`);
    return { phone: found[3], password: found[4] };
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** The person whom the demo names for this role. */
  person(role: 'supervisor' | 'manager' | 'volunteer'): Person {
    const found = new RegExp(`^\\s*${role}\\s+(\\d+)\\s+(\\S+)`, 'm').exec(this.said);
    if (!found?.[1] || !found[2]) throw new Error(`no ${role} in: ${this.said}`);
    return { phone: found[1], password: found[2] };
  }

  /** Ends the process; the database stays. */
  async stop(): Promise<void> {
    const { process } = this;
    this.process = undefined;
    if (!process) return;
    const ended = new Promise((done) => process.once('exit', done));
    process.kill('SIGKILL');
    await ended;
  }

  /** Starts it again with the same database and port, and other settings if there are any. */
  async restart(more: Record<string, string> = {}): Promise<void> {
    await this.stop();
    await this.run(['serve'], more);
  }

  /** Makes a hard case in the demo district, while the server runs. */
  async scenario(name: string): Promise<void> {
    await promisify(execFile)(BINARY, ['demo', '--grids', '3', '--scenario', name], { cwd: this.folder, env: this.environment({}) });
  }

  async end(): Promise<void> {
    await this.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }

  private environment(more: Record<string, string>): Record<string, string | undefined> {
    const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('GRIDWARD_')));
    return {
      ...env,
      GRIDWARD_DATABASE_URL: join(this.folder, 'gridward.db'),
      GRIDWARD_LISTEN: `127.0.0.1:${this.port}`,
      GRIDWARD_LOG: 'warn',
      GRIDWARD_SIGN_INS_PER_MINUTE: '1000000',
      ...this.settings,
      ...more,
    };
  }

  private async run(args: string[], more: Record<string, string> = {}): Promise<void> {
    const child = spawn(BINARY, args, { cwd: this.folder, stdio: ['ignore', 'pipe', 'pipe'], env: this.environment(more) });
    this.process = child;
    let output = '';
    const take = (data: Buffer): void => void (output += data.toString());
    child.stdout.on('data', take);
    child.stderr.on('data', take);
    const deadline = Date.now() + 90_000;
    while (Date.now() < deadline) {
      if (child.exitCode !== null) break;
      const ready = await fetch(`${this.url}/readyz`).then((answer) => answer.ok, () => false);
      if (ready) {
        if (output.includes('Sign in with')) this.said = output;
        return;
      }
      await new Promise((done) => setTimeout(done, 100));
    }
    throw new Error(`the server did not start: ${output}`);
  }
}

async function freePort(): Promise<number> {
  return new Promise((done, failed) => {
    const probe = createServer();
    probe.once('error', failed);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => done(typeof address === 'object' && address ? address.port : 0));
    });
  });
}

/** Calls the API as a person, without a browser. */
export class Api {
  private constructor(private readonly url: string, private readonly token: string) {}

  static async of(server: Server, who: Person): Promise<Api> {
    const answer = await fetch(`${server.url}/v1/auth/sign-in`, {
      method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(who),
    });
    const { access_token } = (await answer.json()) as { access_token: string };
    return new Api(server.url, access_token);
  }

  async call<T>(method: string, path: string, json?: unknown, headers: Record<string, string> = {}): Promise<T> {
    const text = await (await this.send(method, path, json, headers)).text();
    return (text ? JSON.parse(text) : undefined) as T;
  }

  /** Replaces what is there now. */
  async replace(path: string, json: unknown): Promise<void> {
    const present = await this.send('GET', path);
    await this.send('PUT', path, json, { 'If-Match': present.headers.get('ETag') ?? '"v1"' });
  }

  private async send(method: string, path: string, json?: unknown, headers: Record<string, string> = {}): Promise<Response> {
    const answer = await fetch(this.url + path, {
      method,
      headers: { Authorization: `Bearer ${this.token}`, 'Content-Type': 'application/json', ...headers },
      ...(json === undefined ? {} : { body: JSON.stringify(json) }),
    });
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
    return answer;
  }
}
