// Loaded into a process before its program (`node --import`). Ends it as `kill -9` does, just before the KILL_AT-th thing that it
// does to a file, or the KILL_AT-th program that it starts. Without KILL_AT it lives, and writes to KILL_COUNT how many there were.
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
let moments = 0;

function moment() {
  moments += 1;
  if (moments === Number(KILL_AT)) process.kill(process.pid, 'SIGKILL');
}

function before(owner, name, counts = () => true) {
  const real = owner[name];
  owner[name] = function (...args) {
    if (counts(...args)) moment();
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
if (KILL_COUNT !== undefined) process.on('exit', () => writeFileSync(KILL_COUNT, String(moments)));
