import {
  link,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Failure } from '../../src/failure.ts';
import { openEmbeddedStore } from '../../src/git/embedded/store.ts';
import { LockHeld } from '../../src/git/lockfile.ts';
import { openNativeStore } from '../../src/git/native/store.ts';
import type { Oid } from '../../src/git/object.ts';
import { recoverTransactions, runTransaction } from '../../src/git/refjournal.ts';
import type { GitStore, RefUpdate } from '../../src/git/store.ts';
import { builtBin } from '../helpers/built.ts';
import { createSandbox, run, type Sandbox, sandbox } from '../helpers/sandbox.ts';

const WHO = {
  GIT_AUTHOR_NAME: 'Alice Ng',
  GIT_AUTHOR_EMAIL: 'alice@acme.example',
  GIT_AUTHOR_DATE: '1700000000 +0000',
  GIT_COMMITTER_NAME: 'Alice Ng',
  GIT_COMMITTER_EMAIL: 'alice@acme.example',
  GIT_COMMITTER_DATE: '1700000000 +0000',
};
const NOTES = 'refs/notes/promptaudit';
const TRANSACTIONS = '.git/promptaudit/transactions';

/**
 * A process that opens the repository, does one thing and dies at its `killAt`-th step; it prints what its steps were when
 * it lives to its end.
 */
const CHILD = `
const [url, cwd, action, killAt] = process.argv.slice(2);
const { openEmbeddedStore } = await import(url);
const steps = [];
const onStep = (step) => {
  steps.push(step);
  if (steps.length === Number(killAt)) process.kill(process.pid, 'SIGKILL');
};
const store = await openEmbeddedStore({ cwd, env: process.env, onStep });
const { kind, args } = JSON.parse(action);
if (kind === 'updateRefs') {
  await store.updateRefs(args.map((u) => ({ expected: undefined, next: undefined, ...u })));
} else if (kind === 'stage') {
  await store.workTree.stage(...args);
} else if (kind === 'setConfig') {
  await store.setConfig(...args);
}
console.log(JSON.stringify(steps));
`;

interface Action {
  readonly kind: 'updateRefs' | 'stage' | 'setConfig' | 'open';
  readonly args: readonly unknown[];
}

/** The module under test as the children load it. */
let moduleUrl: string;
let box: Sandbox;
let template: string;
let commits: [Oid, Oid, Oid];

beforeAll(async () => {
  moduleUrl = pathToFileURL(join(builtBin(), '../../dist/git/embedded/store.js')).href;
  box = await createSandbox();
  await writeFile(join(box.dir, 'child.mjs'), CHILD);
  template = join(box.dir, 'template');
  const git = async (...args: string[]): Promise<string> =>
    (await box.git(args, { cwd: template, env: WHO })).trim();
  await box.git(['init', '-q', '-b', 'main', template]);
  const made: Oid[] = [];
  for (const name of ['one', 'two', 'three']) {
    await writeFile(join(template, 'a.txt'), name);
    await git('add', '-A');
    await git('commit', '-q', '-m', name);
    made.push((await git('rev-parse', 'HEAD')) as Oid);
  }
  commits = made as [Oid, Oid, Oid];
  await git('update-ref', 'refs/tags/packed', commits[0]);
  await git('update-ref', 'refs/tags/other', commits[0]);
  await git('pack-refs', '--all');
  await git('update-ref', 'refs/heads/loose/one', commits[0]);
  await git('update-ref', 'refs/tags/packed', commits[1]);
  await git('update-ref', NOTES, commits[0]);
});

afterAll(async () => {
  await box.remove();
});

async function copy(name: string, from = template): Promise<string> {
  const dir = join(box.dir, name);
  await rm(dir, { recursive: true, force: true });
  // With hard links kept: a lock that is one tells whose it is.
  await box.ok('cp', ['-a', from, dir]);
  return dir;
}

/** Its steps, or `undefined` for a child that was killed. */
async function child(dir: string, action: Action, killAt: number): Promise<readonly string[] | undefined> {
  const args = [join(box.dir, 'child.mjs'), moduleUrl, dir, JSON.stringify(action)];
  const result = await run(process.execPath, [...args, String(killAt)], { env: { ...box.env, ...WHO } });
  if (result.code !== -1 && result.code !== 0) {
    throw new Error(result.stderr);
  }
  return result.code === 0 ? JSON.parse(result.stdout.toString()) : undefined;
}

/** The numbers of the steps to die at: of those that are taken for one path after the other, before the first and before the last. */
function turns(steps: readonly string[]): readonly number[] {
  const kinds = steps.map((step) => step.replace(/ (?:refs|logs\/refs|packed-refs).*/, ''));
  const isTurn = (kind: string, at: number) => at === kinds.indexOf(kind) || at === kinds.lastIndexOf(kind);
  return kinds.flatMap((kind, at) => (isTurn(kind, at) ? [at + 1] : []));
}

const openNative = (dir: string) => openNativeStore({ cwd: dir, env: { ...box.env, ...WHO } });

const open = (dir: string) => openEmbeddedStore({ cwd: dir, env: { ...box.env, ...WHO } });

async function leftovers(dir: string): Promise<string[]> {
  const names = await readdir(join(dir, '.git'), { recursive: true });
  const inFolder = await readdir(join(dir, TRANSACTIONS)).catch(() => []);
  return [...names.filter((name) => name.endsWith('.lock')), ...inFolder];
}

async function refsOf(dir: string): Promise<string> {
  return box.git(['for-each-ref', '--format=%(refname) %(objectname)'], { cwd: dir });
}

async function logOf(dir: string, ref: string): Promise<string> {
  return readFile(join(dir, '.git/logs', ref), 'utf8').catch(() => 'none');
}

function updates(): RefUpdate[] {
  const [one, two, three] = commits;
  const message = 'promptaudit: many';
  return [
    { ref: NOTES, expected: one, next: two, message },
    { ref: 'refs/heads/main', expected: three, next: two, message },
    { ref: 'refs/heads/loose/one', expected: one, next: undefined, message },
    { ref: 'refs/tags/packed', expected: two, next: undefined, message },
    { ref: 'refs/tags/promptaudit/p/v1', expected: undefined, next: two, message },
  ];
}

describe('a process that is killed at any step of a transaction', () => {
  it('leaves the old refs or the new ones, and the next command works', async () => {
    const action: Action = { kind: 'updateRefs', args: updates() };
    const whole = await copy('whole');
    const before = await refsOf(whole);
    const steps = (await child(whole, action, 0)) ?? [];
    const after = await refsOf(whole);
    expect(after).not.toBe(before);
    expect(after).toContain('refs/tags/promptaudit/p/v1');
    expect(after).not.toContain('refs/tags/packed');
    expect(steps.length).toBeGreaterThan(25);
    const seen = new Set<string>();
    for (const step of turns(steps)) {
      const dir = await copy('victim');
      expect(await child(dir, action, step), `step ${step}`).toBeUndefined();
      const store = await open(dir);
      const now = await refsOf(dir);
      expect([before, after], `step ${step}`).toContain(now);
      seen.add(now);
      expect(await leftovers(dir), `step ${step}`).toEqual([]);
      if (now === before) {
        await store.updateRefs(updates());
      }
      expect(await refsOf(dir), `step ${step}`).toBe(after);
      for (const ref of ['HEAD', 'refs/heads/main', NOTES, 'refs/heads/loose/one']) {
        expect(await logOf(dir, ref), `${ref}, step ${step}`).toBe(await logOf(whole, ref));
      }
      if (step % 6 === 0) {
        expect(await box.git(['fsck', '--strict', '--no-dangling'], { cwd: dir })).toBe('');
      }
    }
    expect(seen).toEqual(new Set([before, after]));
  });

  it('may be followed by another that is killed while it clears up', async () => {
    const action: Action = { kind: 'updateRefs', args: updates() };
    const names: string[] = [];
    const recorded = await openEmbeddedStore({
      cwd: await copy('recorded'),
      env: { ...box.env, ...WHO },
      onStep: (step) => names.push(step),
    });
    await recorded.updateRefs(updates());
    const after = await refsOf(join(box.dir, 'recorded'));
    for (const stop of ['write refs/heads/main', 'log refs/heads/main']) {
      const half = await copy('half');
      const at = names.findIndex((name) => name.startsWith(stop.replace('log ', 'log logs/'))) + 1;
      expect(at).toBeGreaterThan(0);
      expect(await child(half, action, at)).toBeUndefined();
      const clean = await copy('clean', half);
      const steps = (await child(clean, { kind: 'open', args: [] }, 0)) ?? [];
      expect(steps.length).toBeGreaterThan(4);
      const recovered = await refsOf(clean);
      expect(recovered === after).toBe(stop.startsWith('log'));
      for (const step of turns(steps)) {
        const dir = await copy('victim', half);
        expect(await child(dir, { kind: 'open', args: [] }, step)).toBeUndefined();
        await open(dir);
        expect(await refsOf(dir), `${stop}, step ${step}`).toBe(recovered);
        expect(await leftovers(dir)).toEqual([]);
        expect(await logOf(dir, 'refs/heads/main')).toBe(await logOf(clean, 'refs/heads/main'));
      }
    }
  });

  it('leaves an index and a configuration that are old or new', async () => {
    const oid = (await box.git(['hash-object', 'a.txt'], { cwd: template })).trim();
    const blob = { oid: oid as Oid, mode: '100644' } as const;
    const actions = [
      {
        action: { kind: 'stage', args: ['b.txt', blob] },
        again: (store: GitStore) => store.workTree!.stage('b.txt', blob),
        look: ['ls-files', '-s'],
      },
      {
        action: { kind: 'setConfig', args: ['a.b', 'c', 'set'] },
        again: (store: GitStore) => store.setConfig('a.b', 'c', 'set'),
        look: ['config', '--local', '--list'],
      },
    ] as const;
    for (const { action, again, look } of actions) {
      const lookAt = (dir: string): Promise<string> => box.git(look, { cwd: dir });
      const whole = await copy('whole');
      const before = await lookAt(whole);
      const steps = (await child(whole, action, 0)) ?? [];
      const after = await lookAt(whole);
      expect(after).not.toBe(before);
      for (const step of turns(steps)) {
        const dir = await copy('victim');
        expect(await child(dir, action, step)).toBeUndefined();
        const store = await open(dir);
        expect([before, after], `${action.kind}, step ${step}`).toContain(await lookAt(dir));
        await again(store);
        expect(await lookAt(dir)).toBe(after);
        expect(await leftovers(dir)).toEqual([]);
      }
    }
  });
});

describe('eight processes at one ref', () => {
  it('lose no update', async () => {
    const dir = await copy('crowd');
    const script = `
      const [url, cwd, name] = process.argv.slice(2);
      const { openEmbeddedStore } = await import(url);
      const store = await openEmbeddedStore({ cwd, env: process.env });
      for (let round = 0; round < 5; ) {
        const expected = await store.resolveRef('refs/promptaudit/count');
        const text = expected === undefined ? '' : Buffer.from((await store.read(expected)).bytes).toString();
        const [next] = await store.write([{ kind: 'blob', bytes: Buffer.from(text + name + round + '\\n') }]);
        try {
          await store.updateRefs([{ ref: 'refs/promptaudit/count', expected, next, message: 'm' }]);
          round += 1;
        } catch (error) {
          if (error.name !== 'RefConflict') throw error;
        }
      }`;
    const file = join(box.dir, 'crowd.mjs');
    await writeFile(file, script);
    const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
    await Promise.all(names.map((name) => box.ok(process.execPath, [file, moduleUrl, dir, name])));
    const lines = (await box.git(['cat-file', 'blob', 'refs/promptaudit/count'], { cwd: dir }))
      .trim()
      .split('\n');
    expect(lines.toSorted()).toEqual(
      names.flatMap((name) => [0, 1, 2, 3, 4].map((round) => `${name}${round}`)),
    );
    expect(await leftovers(dir)).toEqual([]);
  });
});

describe('transactions of one process', () => {
  it('do not get in each other’s way', async () => {
    const dir = await copy('many');
    const store = await open(dir);
    const names = Array.from({ length: 12 }, (_, index) => `refs/tags/many/${index}`);
    for (let at: Oid | undefined, round = 0; round < 9; round += 1) {
      const next = commits[round % 3]!;
      await Promise.all(names.map((ref) => store.updateRefs([{ ref, expected: at, next, message: 'm' }])));
      at = next;
    }
    expect(await store.listRefs('refs/tags/many/')).toHaveLength(12);
    expect(await leftovers(dir)).toEqual([]);
  });
});

describe('recoverTransactions', () => {
  const change = (text: string) => [{ path: 'refs/heads/x', bytes: Buffer.from(text) }];
  const transact = (dir: string, plan: () => Promise<ReturnType<typeof change>>) =>
    runTransaction({ commonDir: join(dir, '.git'), paths: ['refs/heads/x'], patience: 0, plan });

  /** Stops in the middle of a transaction of this very process, for another to look at. */
  async function meanwhile(dir: string, look: (folder: string) => Promise<void>): Promise<void> {
    await transact(dir, async () => {
      const [name] = await readdir(join(dir, TRANSACTIONS));
      await look(join(dir, TRANSACTIONS, name ?? ''));
      return change(`${commits[0]}\n`);
    });
  }

  it('costs nothing and makes nothing where there is nothing', async () => {
    const dir = await copy('nothing');
    await recoverTransactions(join(dir, '.git'));
    await expect(stat(join(dir, '.git/promptaudit'))).rejects.toThrow('ENOENT');
  });

  it('leaves a living process alone', async () => {
    const dir = await copy('living');
    await meanwhile(dir, async () => {
      await recoverTransactions(join(dir, '.git'));
      expect(await leftovers(dir)).toContain('refs/heads/x.lock');
    });
    expect(await refsOf(dir)).toContain('refs/heads/x');
  });

  it('is not taken in by another process with the same number', async () => {
    const dir = await copy('reused');
    await expect(
      meanwhile(dir, async (folder) => {
        const older = folder.replace(/\.(\d+)\.(\d+)\.(\d+)\./, '.$1.$2.1.');
        expect(older).not.toBe(folder);
        await rename(folder, older);
        await recoverTransactions(join(dir, '.git'));
        expect(await leftovers(dir)).toEqual([]);
      }),
    ).rejects.toBeInstanceOf(LockHeld);
    expect(await refsOf(dir)).not.toContain('refs/heads/x');
  });

  describe('somebody else’s, in a folder that was handed over', () => {
    const planted = join(TRANSACTIONS, 'committed.1.0.0.h');

    /** A transaction of nobody that is committed: the lock of `info/x` is its own, and `log` gets a line. */
    async function plant(dir: string, log: string): Promise<void> {
      await mkdir(join(dir, planted), { recursive: true });
      await writeFile(join(dir, planted, 'locks.json'), '["info/x"]');
      await writeFile(join(dir, planted, '0'), 'hello');
      await mkdir(join(dir, '.git/info'), { recursive: true });
      await link(join(dir, planted, '0'), join(dir, '.git/info/x.lock'));
      const logs = [{ path: log, line: 'echo pwned\n' }];
      await writeFile(
        join(dir, planted, 'changes.json'),
        JSON.stringify([{ path: 'info/x', remove: false, logs }]),
      );
    }

    it.each([
      ['a folder', 'home/.bashrc', 'home'],
      ['a file', 'bashrc', 'bashrc'],
    ])('writes nothing through a link to %s outside', async (what, log, name) => {
      const dir = await copy(`planted-${name}`);
      const outside = join(box.dir, `outside-${name}`);
      const file = what === 'a folder' ? join(outside, '.bashrc') : outside;
      if (what === 'a folder') await mkdir(outside);
      await writeFile(file, '# mine\n');
      await symlink(outside, join(dir, '.git', name));
      await plant(dir, log);
      for (const openStore of [open, openNative]) {
        await expect(openStore(dir)).rejects.toThrow(`${join(dir, '.git', name)} is a symbolic link`);
        expect(await readFile(file, 'utf8')).toBe('# mine\n');
      }
      await rm(join(dir, '.git', name));
      await (await open(dir)).close();
      expect(await readFile(join(dir, '.git', log), 'utf8')).toBe('echo pwned\n');
    });

    it.each(['.git/promptaudit', TRANSACTIONS, '.git/promptaudit/index'])(
      'is not looked for behind a link at %s',
      async (path) => {
        const dir = await copy('linked');
        await mkdir(dirname(join(dir, path)), { recursive: true });
        await symlink(await mkdtemp(join(box.dir, 'elsewhere-')), join(dir, path));
        for (const openStore of [open, openNative])
          await expect(openStore(dir)).rejects.toThrow(`${join(dir, path)} is a symbolic link`);
      },
    );
  });

  it('waits a while for other hosts', async () => {
    const dir = await copy('foreign');
    await expect(
      meanwhile(dir, async (folder) => {
        const foreign = folder.replace(/\.[^.]*$/, '.elsewhere');
        await rename(folder, foreign);
        await recoverTransactions(join(dir, '.git'));
        expect(await leftovers(dir)).toContain('refs/heads/x.lock');
        const then = new Date((await stat(foreign)).mtimeMs - 120_000);
        await utimes(foreign, then, then);
        await recoverTransactions(join(dir, '.git'));
        expect(await leftovers(dir)).toEqual([]);
      }),
    ).rejects.toBeInstanceOf(LockHeld);
  });

  it('touches no lock that was taken since by somebody else', async () => {
    const dir = await copy('since');
    await expect(
      meanwhile(dir, async (folder) => {
        await rename(folder, folder.replace(/\.(\d+)\.(\d+)\.(\d+)\./, '.$1.$2.1.'));
        await rm(join(dir, '.git/refs/heads/x.lock'));
        await writeFile(join(dir, '.git/refs/heads/x.lock'), '');
        await recoverTransactions(join(dir, '.git'));
        expect(await leftovers(dir)).toEqual(['refs/heads/x.lock']);
      }),
    ).rejects.toBeInstanceOf(LockHeld);
    expect(await leftovers(dir)).toEqual(['refs/heads/x.lock']);
  });

  it('lets the next command finish what failed half-way', async () => {
    const dir = await copy('failed');
    const commonDir = join(dir, '.git');
    const failing = runTransaction({
      commonDir,
      paths: ['refs/heads/x'],
      patience: 0,
      plan: async () => change(`${commits[0]}\n`),
      onStep: (step) => {
        if (step === 'change refs/heads/x') throw new Error('the disk is full');
      },
    });
    await expect(failing).rejects.toThrow('the disk is full');
    expect(await refsOf(dir)).not.toContain('refs/heads/x');
    await (await open(dir)).resolveRef('refs/heads/x');
    expect(await refsOf(dir)).toContain(`refs/heads/x ${commits[0]}`);
    expect(await leftovers(dir)).toEqual([]);
  });

  it.each([
    ['["../outside"]', '[]'],
    ['["/etc/passwd"]', '[]'],
    ['["refs/heads/x"]', '[{"path":"refs/heads/y","remove":true,"logs":[]}]'],
    ['["refs/heads/x"]', '[{"path":"refs/heads/x","remove":true,"logs":[],"dropLog":"../../x"}]'],
    ['["refs/heads/x"]', '{"path":1}'],
    ['nonsense', '[]'],
  ])('refuses what it did not write: %s, %s', async (locks, changes) => {
    const box = await sandbox();
    const folder = join(box.dir, 'promptaudit/transactions/committed.0.0.0.h');
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'locks.json'), locks);
    await writeFile(join(folder, 'changes.json'), changes);
    await expect(recoverTransactions(box.dir)).rejects.toBeInstanceOf(Failure);
  });
});
