import { spawn } from 'node:child_process';
import { mkdtemp, open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };
import { builtBin } from '../helpers/built.ts';
import { run } from '../helpers/sandbox.ts';

interface Ended {
  readonly code: number | null;
  readonly stderr: string;
}

/** Runs the tool with standard output somewhere unusual. */
function runInto(stdout: 'closed' | number, args: readonly string[]): Promise<Ended> {
  return new Promise((done, failed) => {
    const child = spawn(process.execPath, [builtBin(), ...args], {
      stdio: ['ignore', stdout === 'closed' ? 'pipe' : stdout, 'pipe'],
    });
    let stderr = '';
    child.stdout?.destroy();
    child.stderr?.on('data', (chunk: Buffer) => {
      stderr += chunk.toString();
    });
    child.on('error', failed);
    child.on('close', (code) => done({ code, stderr }));
  });
}

it.each(['--version', '-V'])('answers %s', async (option) => {
  const { code, stdout, stderr } = await run(process.execPath, [builtBin(), option]);
  expect([code, stdout.toString(), stderr]).toEqual([0, `${manifest.version}\n`, '']);
});

it('answers --version the same where the tree has to be asked', async () => {
  const { code, stdout } = await run(process.execPath, [builtBin(), '--quiet', '--version']);
  expect([code, stdout.toString()]).toEqual([0, `${manifest.version}\n`]);
});

it('passes the exit code and both streams on', async () => {
  const help = await run(process.execPath, [builtBin(), 'log', '--help']);
  expect([help.code, help.stderr]).toEqual([0, '']);
  expect(help.stdout.toString()).toContain('Usage: promptaudit log');
  const wrong = await run(process.execPath, [builtBin(), 'lgo']);
  expect([wrong.code, wrong.stdout.toString(), wrong.stderr]).toEqual([
    2,
    '',
    'promptaudit: there is no command "lgo": did you mean log?\n',
  ]);
});

it.runIf(process.platform === 'linux')('says that the folder it was started in is gone', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'promptaudit-gone-'));
  const script = `rmdir "$PWD" && exec "${process.execPath}" "${builtBin()}" --json verify`;
  const { code, stdout, stderr } = await run('sh', ['-c', script], { cwd: folder });
  expect([code, stderr]).toEqual([
    2,
    'promptaudit: the folder that this was started in is gone: change to another and start it again there\n',
  ]);
  expect(JSON.parse(stdout.toString())).toMatchObject({ schema: 'promptaudit/error@1' });
});

it.each([[['--version']], [['--help']]])('is silent when the reader of %j has gone', async (args) => {
  expect(await runInto('closed', args)).toEqual({ code: 0, stderr: '' });
});

it.runIf(process.platform === 'linux')('fails with a sentence when standard output is full', async () => {
  const full = await open('/dev/full', 'w');
  try {
    expect(await runInto(full.fd, ['--help'])).toEqual({
      code: 2,
      stderr: 'promptaudit: cannot write: no space is left on the device\n',
    });
  } finally {
    await full.close();
  }
});
