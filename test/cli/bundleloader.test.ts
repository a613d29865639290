import { chmod, cp, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { builtBin } from '../helpers/built.ts';
import { type RunResult, run } from '../helpers/sandbox.ts';

const built = dirname(dirname(builtBin()));

/** A copy of the built package that has not run yet. */
async function installed() {
  const folder = await mkdtemp(join(tmpdir(), 'promptaudit-compiled-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  for (const name of ['bin', 'dist', 'package.json']) {
    const filter = (path: string) => !path.includes('/compiled');
    await cp(join(built, name), join(folder, name), { recursive: true, filter });
  }
  await symlink(join(built, 'node_modules'), join(folder, 'node_modules'));
  const { NODE_DISABLE_COMPILE_CACHE: _, ...here } = process.env as Record<string, string>;
  const compiled = join(folder, 'dist/bundle/compiled');
  return {
    compiled,
    promptaudit: (args: readonly string[], env = {}): Promise<RunResult> =>
      run(process.execPath, [join(folder, 'bin/promptaudit.js'), ...args], { env: { ...here, ...env } }),
    /** What is kept, and when it was put there. */
    async kept() {
      const times = new Map<string, bigint>();
      for (const name of await readdir(compiled)) {
        times.set(name, (await stat(join(compiled, name), { bigint: true })).mtimeNs);
      }
      return times;
    },
  };
}

const HELP = expect.objectContaining({ code: 0, stderr: '' });

it('keeps what was compiled, and has nothing to add when the same is asked again', async () => {
  const { promptaudit, kept } = await installed();
  const first = await promptaudit(['--help']);
  expect(first).toEqual(HELP);
  const before = await kept();
  expect([...before.keys()]).toContainEqual(expect.stringMatching(/^daily-[\w-]+\.cjs\.[0-9a-f]+$/));
  expect(await promptaudit(['--help'])).toEqual(first);
  expect(await kept()).toEqual(before);
});

it('adds what another command needs', async () => {
  const { promptaudit, kept, compiled } = await installed();
  await promptaudit(['--help']);
  const [daily] = [...(await kept()).keys()].filter((name) => name.startsWith('daily-'));
  const before = await stat(join(compiled, String(daily)));
  expect((await promptaudit(['demo', '--help'])).code).toBe(0);
  await promptaudit(['log', '-C', compiled]);
  const after = await stat(join(compiled, String(daily)));
  expect(after.size).toBeGreaterThan(before.size);
  expect([...(await kept()).keys()].some((name) => name.startsWith('log-'))).toBe(true);
});

it.each([
  ['a bit that flipped', (bytes: Buffer) => flipped(bytes, bytes.length >> 1)],
  ['a bit of the digest that flipped', (bytes: Buffer) => flipped(bytes, 3)],
  ['its second half lost', (bytes: Buffer) => bytes.subarray(0, bytes.length >> 1)],
  ['nothing in it', () => Buffer.alloc(0)],
])('compiles again what was kept with %s', async (_, damage) => {
  const { promptaudit, kept, compiled } = await installed();
  const first = await promptaudit(['--help']);
  for (const name of (await kept()).keys()) {
    await writeFile(join(compiled, name), damage(await readFile(join(compiled, name))));
  }
  const damaged = await kept();
  expect(await promptaudit(['--help'])).toEqual(first);
  const mended = await kept();
  expect([...mended.keys()]).toEqual([...damaged.keys()]);
  expect([...mended].filter(([name, time]) => damaged.get(name) === time)).toEqual([]);
});

it('compiles again what was kept of a file that is another now, of the same length', async () => {
  const { promptaudit, compiled } = await installed();
  await promptaudit(['--help']);
  const bundle = dirname(compiled);
  const names = (await readdir(bundle)).filter((name) => name.endsWith('.cjs'));
  for (const name of names) {
    const text = await readFile(join(bundle, name), 'utf8');
    await writeFile(
      join(bundle, name),
      text.replaceAll('build an example registry', 'BUILD AN EXAMPLE REGISTRY'),
    );
  }
  const { stdout } = await promptaudit(['--help']);
  expect(stdout.toString()).toContain('BUILD AN EXAMPLE REGISTRY');
});

it('does without where nothing can be kept', async () => {
  const { promptaudit, compiled } = await installed();
  await writeFile(compiled, 'a file is in its place');
  expect(await promptaudit(['--help'])).toEqual(HELP);
  expect(await readFile(compiled, 'utf8')).toBe('a file is in its place');
});

it('is made for no more people to write than the code, and not believed where more can', async () => {
  const { promptaudit, compiled } = await installed();
  const before = process.umask(0);
  await promptaudit(['--help']).finally(() => process.umask(before));
  const modes = async () => {
    const names = await readdir(compiled);
    const all = await Promise.all(
      [compiled, ...names.map((name) => join(compiled, name))].map((path) => stat(path)),
    );
    return new Set(all.map(({ mode }) => mode & 0o022));
  };
  expect(await modes()).toEqual(new Set([0]));

  const [name = ''] = (await readdir(compiled)).filter((one) => one.startsWith('daily-'));
  const file = join(compiled, name);
  await writeFile(file, 'replaced');
  await chmod(compiled, 0o777);
  expect(await promptaudit(['--help'])).toEqual(HELP);
  expect(await readFile(file, 'latin1')).toBe('replaced');
  await chmod(compiled, 0o755);
  expect(await promptaudit(['--help'])).toEqual(HELP);
  expect(await readFile(file, 'latin1')).not.toBe('replaced');
});

it("is turned off as node's own is", async () => {
  const { promptaudit, kept } = await installed();
  expect(await promptaudit(['--help'], { NODE_DISABLE_COMPILE_CACHE: '1' })).toEqual(HELP);
  await expect(kept()).rejects.toThrow('ENOENT');
});

function flipped(bytes: Buffer, at: number): Buffer {
  bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
  return bytes;
}
