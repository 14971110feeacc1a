/** A network between the phone and the server, which fails as it is asked to. */
import { createServer, request, type IncomingMessage, type Server as HttpServer, type ServerResponse } from 'node:http';

import { Server } from './server';

export type Weather =
  | 'fair'
  /** Nothing arrives. */
  | 'dead'
  /** The server gets the request, the phone gets no answer. */
  | 'answer_lost'
  /** 503 with `Retry-After`. */
  | 'busy';

export class Proxy {
  weather: Weather = 'fair';
  /** Changes files of the app: by path, the text. */
  readonly rewrites = new Map<string, (text: string) => string>();
  private http: HttpServer | undefined;
  private port = 0;

  private target = 0;

  /** A proxy to a new server, which knows its address: proofs of keys name it. */
  static async start(): Promise<{ proxy: Proxy; server: Server }> {
    const proxy = new Proxy();
    const http = createServer((from, to) => proxy.pass(from, to));
    await new Promise<void>((done) => http.listen(0, '127.0.0.1', done));
    const address = http.address();
    proxy.http = http;
    proxy.port = typeof address === 'object' && address ? address.port : 0;
    const server = await Server.start({ GRIDWARD_PUBLIC_ORIGINS: proxy.url });
    proxy.target = server.port;
    return { proxy, server };
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  stop(): void {
    this.http?.closeAllConnections();
    this.http?.close();
  }

  private pass(from: IncomingMessage, to: ServerResponse): void {
    const path = from.url ?? '/';
    const api = path.startsWith('/v1/');
    if (api && this.weather === 'dead') {
      from.socket.destroy();
      return;
    }
    if (api && this.weather === 'busy') {
      to.writeHead(503, { 'Content-Type': 'application/problem+json', 'Retry-After': '1' });
      to.end(JSON.stringify({ type: '/problems/unavailable', title: '', detail: '', status: 503, code: 'unavailable', retryable: true }));
      return;
    }
    const rewrite = this.rewrites.get(path.startsWith('/m/') && !path.includes('.') ? '/m/' : path);
    const headers = { ...from.headers };
    if (rewrite) {
      delete headers['accept-encoding'];
      delete headers['if-none-match'];
    }
    const on = request({ host: '127.0.0.1', port: this.target, path, method: from.method, headers }, (answer) => {
      if (api && this.weather === 'answer_lost') {
        answer.resume().on('end', () => from.socket.destroy());
        return;
      }
      if (!rewrite) {
        to.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(to);
        return;
      }
      const parts: Buffer[] = [];
      answer.on('data', (part: Buffer) => parts.push(part));
      answer.on('end', () => {
        const { 'content-length': _length, etag: _etag, ...rest } = answer.headers;
        to.writeHead(answer.statusCode ?? 502, rest);
        to.end(rewrite(Buffer.concat(parts).toString()));
      });
    });
    on.on('error', () => from.socket.destroy());
    from.pipe(on);
  }
}
