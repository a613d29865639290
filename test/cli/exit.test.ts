import { mkdtemp, open, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { outcomeOf } from '../../src/cli/exit.ts';
import { UsageError } from '../../src/cli/usage.ts';
import { Failure, Refusal } from '../../src/failure.ts';
import type { Oid } from '../../src/git/object.ts';
import { ObjectCorrupt, ObjectMissing, RefConflict } from '../../src/git/store.ts';
import { run } from '../helpers/sandbox.ts';

const REASON = { rule: 'deployment/unapproved', message: 'it has 1 of 2', remedy: 'approve it' };
const OID = 'a'.repeat(40) as Oid;

it.each<[unknown, object]>([
  [
    new Refusal('not allowed', [REASON]),
    { code: 1, kind: 'refused', message: 'not allowed', reasons: [REASON] },
  ],
  [new UsageError('no such option'), { code: 2, kind: 'usage', message: 'no such option', reasons: [] }],
  [
    new Failure('no repository here'),
    { code: 2, kind: 'failed', message: 'no repository here', reasons: [] },
  ],
  [new ObjectMissing(OID), { code: 2, kind: 'repository', message: expect.stringContaining(OID) }],
  [new ObjectCorrupt(OID), { code: 2, kind: 'repository', message: expect.stringContaining('corrupt') }],
  [
    new RefConflict(['refs/notes/promptaudit']),
    {
      code: 2,
      kind: 'repository',
      message: expect.stringMatching(/refs\/notes\/promptaudit.*run it again$/),
    },
  ],
  [
    new TypeError('x is undefined'),
    {
      code: 2,
      kind: 'defect',
      message: 'unexpected error: x is undefined; set PROMPTAUDIT_DEBUG=1 to see where',
    },
  ],
  ['thrown text', { code: 2, kind: 'defect', message: expect.stringContaining('thrown text') }],
  [undefined, { code: 2, kind: 'defect' }],
])('%s', (error, outcome) => {
  expect(outcomeOf(error)).toMatchObject(outcome);
});

it.each([
  ['ENOSPC', 'write', '/repo/x', 'cannot write /repo/x: no space is left on the device'],
  ['EACCES', 'open', '/repo/x', 'cannot open /repo/x: permission denied'],
  ['EROFS', 'mkdir', '/repo/x', 'cannot make the folder /repo/x: the file system is read-only'],
  ['ENOSPC', 'write', undefined, 'cannot write: no space is left on the device'],
  ['ENOENT', 'spawn git', 'git', 'cannot run git: it is not installed, or not on the PATH'],
  ['EACCES', 'spawn gpg', 'gpg', 'cannot run gpg: permission denied'],
])('says what %s means', (code, syscall, path, message) => {
  const error = Object.assign(new Error(`${code}: whatever`), { code, syscall, path });
  expect(outcomeOf(error)).toMatchObject({ code: 2, kind: 'failed', message });
});

it('understands the errors that the operating system really gives', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'promptaudit-'));
  const failing = async (work: () => Promise<unknown>) =>
    outcomeOf(await work().catch((error: unknown) => error)).message;
  try {
    const absent = join(folder, 'absent');
    expect(await failing(() => readFile(absent))).toBe(
      `cannot open ${absent}: there is no such file or folder`,
    );
    expect(await failing(() => readFile(folder))).toBe('cannot read: it is a folder');
    expect(await failing(() => open(join(folder, 'x'.repeat(300)), 'w'))).toMatch(/: the name is too long$/);
    expect(await failing(() => run('promptaudit-no-such-program', []))).toBe(
      'cannot run promptaudit-no-such-program: it is not installed, or not on the PATH',
    );
  } finally {
    await rm(folder, { recursive: true });
  }
});
