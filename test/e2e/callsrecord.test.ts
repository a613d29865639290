import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { filesIn, usersIn } from '../calls/store/room.ts';
import { builtBin } from '../helpers/built.ts';
import { Disk, mayMount } from '../helpers/disk.ts';
import { type RunResult, run, type Sandbox, sandbox } from '../helpers/sandbox.ts';

interface Place {
  readonly box: Sandbox;
  readonly repo: string;
  readonly store: string;
}

async function place(): Promise<Place> {
  const box = await sandbox();
  const repo = join(box.dir, 'repo');
  await box.git(['init', '-q', repo]);
  return { box, repo, store: join(repo, '.promptaudit', 'calls') };
}

function calls(
  { box, repo }: Place,
  args: readonly string[],
  input: string | Uint8Array = '',
  env = {},
): Promise<RunResult> {
  return run(process.execPath, [builtBin(), 'calls', ...args], {
    cwd: repo,
    env: { ...box.env, COLUMNS: '80', ...env },
    input,
  });
}

function out({ stdout }: RunResult): string {
  return stdout.toString();
}

function call(user: string): string {
  return `${JSON.stringify({ 'user.id': user })}\n`;
}

describe('calls record', () => {
  it('keeps what comes on standard input in the repository’s own store, out of git', async () => {
    const at = await place();
    const done = await calls(at, ['record', '--recorder', 'api'], `${call('a')}${call('b')}`);
    expect(done).toMatchObject({ code: 0, stderr: '' });
    expect(out(done)).toBe('recorded 2\n');
    expect(usersIn(at.store)).toEqual([['a', 'b']]);
    expect(filesIn(at.store, '.lock')).toEqual([]);
    expect(await at.box.git(['status', '--porcelain', '--untracked-files=all'], { cwd: at.repo })).toBe('');
    // A later command goes on with the segment, also from a folder below.
    await mkdir(join(at.repo, 'deep'));
    await calls({ ...at, repo: join(at.repo, 'deep') }, ['record', '--recorder', 'api'], call('c'));
    expect(usersIn(at.store)).toEqual([['a', 'b', 'c']]);
  });

  it('answers JSON, and 1 where some lines were refused', async () => {
    const at = await place();
    const id = '"id":"0193a1b2-c3d4-7000-8000-000000000001"';
    const done = await calls(at, ['record', '--json'], `{${id}}\n{${id}}\n{"user.idd":"a"}\nno\n`);
    expect(done.code).toBe(1);
    expect(JSON.parse(out(done))).toEqual({
      schema: 'promptaudit/recorded@1',
      accepted: 1,
      duplicates: 1,
      refused: 2,
      ignored: 0,
    });
    expect(done.stderr.split('\n').sort()).toEqual([
      '',
      'warning: standard input, line 3 is not kept: "user.idd" is no field of a record, did you mean user.id?',
      'warning: standard input, line 4 is not kept: the line is no JSON',
    ]);
  });

  it('shows the first of very many refused lines, and counts the others', async () => {
    const done = await calls(await place(), ['record'], 'no\n'.repeat(1000));
    expect(out(done)).toBe('recorded 0, 1000 refused\n');
    expect(done.stderr.trim().split('\n')).toHaveLength(21);
    expect(done.stderr).toMatch(/980 more lines are not kept\n$/);
  });

  it('takes another store by --store, then PROMPTAUDIT_STORE', async () => {
    const at = await place();
    const [one, other] = [join(at.box.dir, 'one'), join(at.box.dir, 'other')];
    const env = { PROMPTAUDIT_STORE: other };
    await calls(at, ['record', '--store', '../one'], call('a'), env);
    await calls(at, ['record'], call('b'), env);
    expect(usersIn(one)).toEqual([['a']]);
    expect(usersIn(other)).toEqual([['b']]);
    expect(existsSync(at.store)).toBe(false);
  });

  it('needs a repository only for want of a store', async () => {
    const at = await place();
    const nowhere = { ...at, repo: at.box.dir };
    expect(await calls(nowhere, ['record'], call('a'))).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/repository/),
    });
    expect(await calls(nowhere, ['record', '--store', 's'], call('a'))).toMatchObject({ code: 0 });
    const bare = join(at.box.dir, 'bare.git');
    await at.box.git(['init', '-q', '--bare', bare]);
    expect(await calls({ ...at, repo: bare }, ['record'], call('a'))).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(
        /a bare repository has no store of calls of its own: name one with --store\n$/,
      ),
    });
  });

  it('says what it put right of what a killed writer left', async () => {
    const at = await place();
    await calls(at, ['record', '--recorder', 'api'], call('a'));
    const [name = ''] = filesIn(at.store, '.jsonl');
    const path = join(at.store, 'open', name);
    writeFileSync(path, `${readFileSync(path, 'utf8')}{"torn`);
    const done = await calls(at, ['record', '--recorder', 'api'], call('b'));
    expect(done.code).toBe(0);
    expect(done.stderr).toBe(
      `warning: the writer of segment ${name.replace('.jsonl', '')} ended without closing it: cut off 6 bytes of a torn record\n`,
    );
    expect(usersIn(at.store)).toContainEqual(['a', 'b']);
  });

  it.each([
    ['--recorder', 'Not a name'],
    ['--recorder', ''],
  ])('refuses %s %j', async (...args) => {
    expect(await calls(await place(), ['record', ...args], call('a'))).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/is no name for a recorder/),
    });
  });

  it.runIf(mayMount())('says that the disk is full, with 2', async () => {
    const at = await place();
    const disk = await Disk.mount(at.box, 'disk');
    const store = join(disk.folder, 'calls');
    await calls(at, ['record', '--store', store, '--recorder', 'api'], call('before'));
    await disk.fill(0);
    const done = await calls(
      at,
      ['record', '--store', store, '--recorder', 'api'],
      call('x'.repeat(4000)).repeat(10),
    );
    expect(done.code).toBe(2);
    expect(done.stderr).toMatch(/no space is left on the device/);
    expect(done.stderr).not.toMatch(/\n {4}at /);
    await disk.empty();
    expect(usersIn(store)).toEqual([['before']]);
  });
});

describe('calls import', () => {
  async function withFile(name: string, bytes: string | Uint8Array): Promise<Place> {
    const at = await place();
    writeFileSync(join(at.repo, name), bytes);
    return at;
  }

  it('takes files, packed or not', async () => {
    const at = await withFile('a.jsonl', call('a'));
    writeFileSync(join(at.repo, 'b.jsonl.gz'), gzipSync(call('b').repeat(3)));
    const done = await calls(at, ['import', 'a.jsonl', 'b.jsonl.gz']);
    expect(done).toMatchObject({ code: 0, stderr: '' });
    expect(out(done)).toBe('recorded 4\n');
  });

  it('keeps what it could read of a file that is cut short, and names the file', async () => {
    const lines = Array.from({ length: 20_000 }, (_, at) => call(`user ${at * 7919}`)).join('');
    const whole = gzipSync(lines);
    const at = await withFile('cut.jsonl.gz', whole.subarray(0, whole.length >> 1));
    const done = await calls(at, ['import', 'cut.jsonl.gz']);
    expect(done.code).toBe(2);
    expect(done.stderr).toMatch(/cut\.jsonl\.gz cannot be read: its gzip data is cut short\n$/);
    expect(usersIn(at.store)[0]?.length).toBeGreaterThan(1000);
  });

  it.each([
    ['none.jsonl', 'there is no such file or folder'],
    ['none.jsonl.gz', 'there is no such file or folder'],
    ['.', 'it is a folder'],
    ['plain.gz', 'its gzip data is damaged, or it is none'],
  ])('says why %s cannot be read', async (name, reason) => {
    const at = await withFile('plain.gz', 'plain text');
    const done = await calls(at, ['import', name]);
    expect(done.code).toBe(2);
    expect(done.stderr).toContain(`${name} cannot be read: ${reason}\n`);
  });

  it('says what to do with a pretty-printed file', async () => {
    const at = await withFile('pretty.json', JSON.stringify({ 'user.id': 'a' }, null, 2));
    const done = await calls(at, ['import', 'pretty.json']);
    expect(done.code).toBe(1);
    expect(done.stderr).toBe(
      'warning: pretty.json, line 1 is not kept: the JSON goes on over the next lines: put each object on one line, as jq -c does\n',
    );
  });

  it('needs a file', async () => {
    expect((await calls(await place(), ['import'])).code).toBe(2);
  });
});
