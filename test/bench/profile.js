import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from './processes.js';

const SHOWN = 40;

/**
 * Where a command spends its time, function by function, without what each calls.
 * @param {import('./workshop.js').Workshop} workshop
 * @param {import('./registry.js').Registry} registry
 */
export async function profile(workshop, registry, args) {
  const folder = await mkdtemp(join(tmpdir(), 'promptaudit-profile-'));
  try {
    const flags = ['--cpu-prof', `--cpu-prof-dir=${folder}`];
    await run(process.execPath, [...flags, workshop.bin, '-C', registry.repo, ...args], {
      env: workshop.env,
      keep: false,
    });
    const files = await readdir(folder);
    const texts = await Promise.all(files.map((file) => readFile(join(folder, file), 'utf8')));
    return texts.map((text) => hottest(JSON.parse(text))).join('\n');
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** One thread's profile, as the inspector protocol's `Profiler.Profile` has it; times in microseconds. */
function hottest({ nodes, samples, timeDeltas }) {
  const names = new Map(nodes.map(({ id, callFrame }) => [id, nameOf(callFrame)]));
  const times = new Map();
  let total = 0;
  for (const [index, id] of samples.entries()) {
    const time = timeDeltas[index] ?? 0;
    total += time;
    times.set(names.get(id), (times.get(names.get(id)) ?? 0) + time);
  }
  const sorted = [...times].sort(([, a], [, b]) => b - a).slice(0, SHOWN);
  const lines = sorted.map(
    ([name, time]) => `${milliseconds(time)} ${((100 * time) / total).toFixed(1).padStart(5)}%  ${name}\n`,
  );
  return `${milliseconds(total)}         of one thread\n${lines.join('')}`;
}

function nameOf({ functionName, url, lineNumber }) {
  const place = url.split('/').slice(-2).join('/');
  return `${functionName || '(anonymous)'} ${place === '' ? '' : `${place}:${lineNumber + 1}`}`;
}

function milliseconds(microseconds) {
  return `${(microseconds / 1000).toFixed(0).padStart(8)} ms`;
}
