import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { type CliResult, Team } from './team.ts';

/** What a hook hands over, and what it is told: each part ends with an empty line. Bash can talk to a port without a program. */
const script = (port: number) => `#!/bin/bash
exec 3<>/dev/tcp/127.0.0.1/${port}
printf 'PWD=%s\\n' "$PWD" >&3
for name in "\${!GIT_@}"; do printf '%s=%s\\n' "$name" "\${!name}" >&3; done
echo >&3
while IFS= read -r line; do printf '%s\\n' "$line"; done >&3
echo >&3
IFS= read -r code <&3
while IFS= read -r line <&3; do printf '%s\\n' "$line"; done >&2
exit "\${code:-2}"
`;

/**
 * Where the hooks of servers ask this process, in place of starting one of node each: git runs them as it runs the installed
 * one, at the same moment, in the same folder, with its quarantine. They are answered by the embedded adapter.
 */
export class HookDesk {
  private readonly server: Server;

  private constructor(server: Server) {
    this.server = server;
  }

  static async open(like: Team): Promise<HookDesk> {
    const server = createServer((socket) => void answer(like, socket));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new HookDesk(server);
  }

  /** Lets a bare repository ask here what it receives. */
  async serve({ repo }: Team): Promise<void> {
    const address = this.server.address();
    if (address === null || typeof address === 'string') throw new Error('the system gave no port');
    await writeFile(join(repo, 'hooks/pre-receive'), script(address.port), { mode: 0o755 });
  }

  async close(): Promise<void> {
    this.server.close();
    await once(this.server, 'close');
  }
}

async function answer(like: Team, socket: Socket): Promise<void> {
  let asked = '';
  for await (const chunk of socket.iterator({ destroyOnReturn: false })) {
    asked += chunk;
    if (/\n\n(?:.*\n)*\n$/.test(asked)) break;
  }
  const { code, stdout, stderr } = await judge(like, asked);
  socket.end(`${code}\n${stdout}${stderr}`);
}

function judge({ sandbox }: Team, asked: string): Promise<CliResult> {
  const [head = '', ...lines] = asked.split('\n\n');
  const { PWD: cwd = '', ...env } = Object.fromEntries(
    head.split('\n').map((line) => [line.split('=', 1)[0], line.replace(/^[^=]*=/, '')]),
  );
  const team = new Team(sandbox, 'embedded', cwd);
  team.clock = Math.floor(Date.now() / 1000);
  const stdin = lines.join('\n\n').replace(/\n$/, '');
  return team.cli(undefined, ['hook', 'run', 'pre-receive'], { env, stdin });
}
