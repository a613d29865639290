import { type ChildProcess, spawn } from 'node:child_process';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { killGroup } from './processgroup.ts';
import type { Sandbox } from './sandbox.ts';

type Right = 'read' | 'write';

/**
 * `git http-backend` behind HTTP basic authentication, on loopback: every request is one CGI process (RFC 3875; git-http-backend(1)).
 * Its port is drawn at the first `open` and stays.
 */
export class HttpGate {
  port = 0;
  private readonly sandbox: Sandbox;
  private readonly folder: string;
  private readonly users = new Map<string, { readonly password: string; readonly right: Right }>();
  private readonly running = new Set<ChildProcess>();
  private server: Server | undefined;

  constructor(sandbox: Sandbox, folder: string) {
    this.sandbox = sandbox;
    this.folder = folder;
  }

  /** Lets somebody in; answers the user's part of a URL, as git's credential store keeps it. */
  admit(user: string, password: string, right: Right): string {
    this.users.set(user, { password, right });
    return `${user}:${encodeURIComponent(password)}`;
  }

  async open(): Promise<void> {
    if (this.server !== undefined) return;
    const server = createServer((request, response) => this.receive(request, response));
    this.server = server;
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(this.port, '127.0.0.1', resolve);
    });
    const address = server.address();
    if (address !== null && typeof address === 'object') this.port = address.port;
  }

  async close(): Promise<void> {
    const { server } = this;
    if (server === undefined) return;
    this.server = undefined;
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await Promise.all([...this.running].map(killGroup));
    await closed;
  }

  private receive(request: IncomingMessage, response: ServerResponse): void {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://127.0.0.1');
    const user = this.userOf(request);
    const right = user === undefined ? undefined : this.users.get(user)?.right;
    const pushes =
      pathname.endsWith('/git-receive-pack') || searchParams.get('service') === 'git-receive-pack';
    if (user === undefined || right === undefined) {
      refuse(request, response, 401, { 'WWW-Authenticate': 'Basic realm="registry"' });
    } else if (pushes && right === 'read') {
      refuse(request, response, 403);
    } else {
      this.runBackend(request, response, user, pathname, searchParams.toString());
    }
  }

  private userOf({ headers }: IncomingMessage): string | undefined {
    const [scheme, encoded = ''] = (headers.authorization ?? '').split(' ');
    if (scheme?.toLowerCase() !== 'basic') return undefined;
    const [, user = '', password] = /^([^:]*):(.*)$/s.exec(Buffer.from(encoded, 'base64').toString()) ?? [];
    return this.users.get(user)?.password === password ? user : undefined;
  }

  private runBackend(
    request: IncomingMessage,
    response: ServerResponse,
    user: string,
    path: string,
    query: string,
  ): void {
    const { headers, method = 'GET' } = request;
    const child = spawn('git', ['http-backend'], {
      env: {
        ...this.sandbox.env,
        GIT_PROJECT_ROOT: this.folder,
        GIT_HTTP_EXPORT_ALL: '1',
        REQUEST_METHOD: method,
        PATH_INFO: decodeURIComponent(path),
        QUERY_STRING: query,
        REMOTE_USER: user,
        REMOTE_ADDR: '127.0.0.1',
        ...given('CONTENT_TYPE', headers['content-type']),
        // Absent for a body in chunks: the backend then reads up to its end.
        ...given('CONTENT_LENGTH', headers['content-length']),
        ...given('HTTP_CONTENT_ENCODING', headers['content-encoding']),
        ...given('GIT_PROTOCOL', headers['git-protocol']),
      },
      stdio: ['pipe', 'pipe', 'ignore'],
      detached: true,
    });
    this.running.add(child);
    child.once('exit', () => this.running.delete(child));
    child.stdin.on('error', () => undefined);
    request.on('error', () => undefined);
    response.on('error', () => undefined);
    request.pipe(child.stdin);
    relay(child, response);
  }
}

function given(name: string, value: string | readonly string[] | undefined): Record<string, string> {
  return value === undefined ? {} : { [name]: String(value) };
}

function refuse(
  request: IncomingMessage,
  response: ServerResponse,
  status: number,
  headers: Readonly<Record<string, string>> = {},
): void {
  request.resume();
  response.writeHead(status, headers).end();
}

/** A CGI answer: lines of headers, `Status` among them where it is not 200, an empty line, and the body as it comes. */
function relay({ stdout }: ChildProcess, response: ServerResponse): void {
  if (stdout === null) return;
  let head: Buffer<ArrayBufferLike> = Buffer.alloc(0);
  const onHead = (chunk: Buffer): void => {
    head = Buffer.concat([head, chunk]);
    const end = head.indexOf('\r\n\r\n');
    if (end === -1) return;
    stdout.off('data', onHead);
    let status = 200;
    for (const line of head.toString('latin1', 0, end).split('\r\n')) {
      const [name = '', value = ''] = line.split(/:\s*(.*)/s);
      if (name.toLowerCase() === 'status') status = Number.parseInt(value, 10);
      else response.appendHeader(name, value);
    }
    response.writeHead(status);
    response.write(head.subarray(end + 4));
    stdout.pipe(response);
  };
  stdout.on('data', onHead);
  stdout.on('end', () => {
    if (!response.headersSent) response.destroy();
  });
}
