// Loaded into a process before its program (`node --import`). Ends it as `kill -9` does, just before the KILL_AT-th thing that it
// does to a file, or the KILL_AT-th program that it starts. One that lives writes to KILL_COUNT what they were, each in a line.
import childProcess from 'node:child_process';
import { writeFileSync } from 'node:fs';
import files from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';

const CHANGES = [
  'appendFile',
  'chmod',
  'copyFile',
  'link',
  'mkdir',
  'mkdtemp',
  'rename',
  'rm',
  'rmdir',
  'unlink',
  'writeFile',
];
const READ_ONLY = new Set([undefined, 'r', 0]);
const { KILL_AT, KILL_COUNT } = process.env;
const moments = [];

function moment(name) {
  moments.push(name);
  if (moments.length === Number(KILL_AT)) process.kill(process.pid, 'SIGKILL');
}

function before(owner, name, counts = () => true) {
  const real = owner[name];
  owner[name] = function (...args) {
    if (counts(...args)) moment(name);
    return real.apply(this, args);
  };
}

for (const name of CHANGES) before(files, name);
before(files, 'open', (_path, flags) => !READ_ONLY.has(flags));
before(childProcess, 'spawn');
const handle = await files.open(process.execPath);
for (const name of ['write', 'writeFile']) before(Object.getPrototypeOf(handle), name);
await handle.close();
syncBuiltinESMExports();
if (KILL_COUNT !== undefined) process.on('exit', () => writeFileSync(KILL_COUNT, moments.join('\n')));
