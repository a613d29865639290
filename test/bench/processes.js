import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { pathToFileURL } from 'node:url';

/**
 * @typedef {object} Finished
 * @property {number} milliseconds from before the start to after the end
 * @property {string} stdout empty unless it was kept
 * @property {string} stderr
 */

/**
 * Runs a program to its end. What it prints goes through a pipe, as to another program.
 * @param {string} program
 * @param {readonly string[]} args
 * @param {{ cwd?: string, env?: Record<string, string | undefined>, input?: string, keep?: boolean }} [options]
 * @returns {Promise<Finished>}
 */
export function run(program, args, { cwd, env, input, keep = true } = {}) {
  return new Promise((resolve, reject) => {
    const start = performance.now();
    const child = spawn(program, args, { cwd, env: env ?? process.env, stdio: ['pipe', 'pipe', 'pipe'] });
    const stdout = [];
    const stderr = [];
    child.stdout.on('data', (chunk) => keep && stdout.push(chunk));
    child.stderr.on('data', (chunk) => stderr.push(chunk));
    child.stdin.on('error', () => {});
    child.on('error', reject);
    child.on('close', (code) => {
      const milliseconds = performance.now() - start;
      const text = Buffer.concat(stdout).toString();
      const errors = Buffer.concat(stderr).toString();
      if (code === 0) resolve({ milliseconds, stdout: text, stderr: errors });
      else reject(new Error(`${program} ${args.join(' ')} exited with ${code}\n${errors}${text}`));
    });
    child.stdin.end(input);
  });
}

const HOOK = pathToFileURL(join(import.meta.dirname, 'peakmemory.js')).href;

/**
 * The most memory, in bytes, that a node process ever had resident; its child processes are not counted. And how long it
 * took.
 * @param {readonly string[]} args of node
 * @param {Parameters<typeof run>[2]} options
 */
export async function peakMemory(args, options) {
  const folder = await mkdtemp(join(tmpdir(), 'promptaudit-memory-'));
  try {
    const file = join(folder, 'peak');
    const env = { ...(options?.env ?? process.env), PROMPTAUDIT_BENCH_PEAK: file };
    const { milliseconds } = await run(process.execPath, ['--import', HOOK, ...args], {
      ...options,
      env,
      keep: false,
    });
    return { peakBytes: Number(await readFile(file, 'utf8')), milliseconds };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
