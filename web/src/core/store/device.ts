/** What belongs to the installation: its name, its key, and who uses it. Nothing personal. */
import { openDB, type DBSchema, type IDBPDatabase } from 'idb';

import type { About } from '../api';
import { newDeviceKey, type DeviceKey } from '../dpop';

/** Whose data this installation shows. */
export interface Owner {
  readonly district: string;
  readonly person: string;
}

interface DeviceSchema extends DBSchema {
  kv: { key: string; value: unknown };
}

/** The installation. */
export class Device {
  private constructor(
    private readonly db: IDBPDatabase<DeviceSchema>,
    readonly key: DeviceKey,
    /** Sent with each sign-in, and never changed. */
    readonly name: string,
    private lastNonce: string | undefined,
  ) {}

  static async open(): Promise<Device> {
    const db = await openDB<DeviceSchema>('gw-device', 1, {
      upgrade: (created) => void created.createObjectStore('kv'),
    });
    let key = (await db.get('kv', 'key')) as DeviceKey | undefined;
    let name = (await db.get('kv', 'name')) as string | undefined;
    if (!key || !name) {
      const [made, called] = [await newDeviceKey(), newName()];
      const tx = db.transaction('kv', 'readwrite');
      key = ((await tx.store.get('key')) as DeviceKey | undefined) ?? made;
      name = ((await tx.store.get('name')) as string | undefined) ?? called;
      await Promise.all([tx.store.put(key, 'key'), tx.store.put(name, 'name'), tx.done]);
    }
    return new Device(db, key, name, (await db.get('kv', 'nonce')) as string | undefined);
  }

  get nonce(): string | undefined {
    return this.lastNonce;
  }

  setNonce(nonce: string): void {
    if (nonce === this.lastNonce) return;
    this.lastNonce = nonce;
    // Losing it costs one repeated request.
    this.db.put('kv', nonce, 'nonce').catch(() => undefined);
  }

  async owner(): Promise<Owner | undefined> {
    return (await this.db.get('kv', 'owner')) as Owner | undefined;
  }

  async setOwner(owner: Owner | undefined): Promise<void> {
    if (owner) await this.db.put('kv', owner, 'owner');
    else await this.db.delete('kv', 'owner');
  }

  /** Who runs the service, as it last said. */
  async about(): Promise<About | undefined> {
    return (await this.db.get('kv', 'about')) as About | undefined;
  }

  async setAbout(about: About): Promise<void> {
    await this.db.put('kv', about, 'about');
  }

  /** Sign-outs that could not be sent yet. */
  async signOuts(): Promise<string[]> {
    return ((await this.db.get('kv', 'sign_outs')) as string[] | undefined) ?? [];
  }

  async setSignOuts(tokens: string[]): Promise<void> {
    await this.db.put('kv', tokens, 'sign_outs');
  }

  /** Those who have data on this installation. */
  async owners(): Promise<Owner[]> {
    return ((await this.db.get('kv', 'owners')) as Owner[] | undefined) ?? [];
  }

  async addOwner(owner: Owner): Promise<void> {
    const others = (await this.owners()).filter((other) => other.person !== owner.person);
    await this.db.put('kv', [...others, owner], 'owners');
  }

  async removeOwner(owner: Owner): Promise<void> {
    const others = (await this.owners()).filter((other) => other.person !== owner.person);
    await this.db.put('kv', others, 'owners');
  }

  close(): void {
    this.db.close();
  }
}

/** The kind of phone and four characters, which tell a person's phones apart in a list. */
function newName(): string {
  const agent = typeof navigator === 'undefined' ? '' : navigator.userAgent;
  const model = /Android [^;)]*; ([^;)]+)/.exec(agent)?.[1] ?? /(iPhone|iPad|Windows|Mac OS X|Linux)/.exec(agent)?.[1];
  const tail = crypto.getRandomValues(new Uint16Array(1))[0] ?? 0;
  return `${(model ?? 'phone').replace(/ Build.*/, '').slice(0, 40)} ${tail.toString(16).padStart(4, '0')}`;
}
