import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from './processes.js';

const SHOWN = 40;

/**
 * Where a command spends its time, function by function, without what each calls; one table a thread.
 * @param {import('./workshop.js').Workshop} workshop
 * @param {import('./registry.js').Registry} registry
 */
export async function profile(workshop, registry, args) {
  const threads = await profilesOf(workshop, registry, args);
  return threads
    .map((thread) => tableOf(timesOf(thread, nameOf).slice(0, SHOWN), 'of one thread'))
    .join('\n');
}

/**
 * The same by kind of work, over all threads.
 * @returns {Promise<readonly { what: string, milliseconds: number }[]>} most first
 */
export async function shares(workshop, registry, args) {
  const total = new Map();
  for (const thread of await profilesOf(workshop, registry, args)) {
    for (const { what, milliseconds } of timesOf(thread, workOf))
      total.set(what, (total.get(what) ?? 0) + milliseconds);
  }
  total.delete(WAITING);
  return [...total]
    .map(([what, milliseconds]) => ({ what, milliseconds }))
    .sort((a, b) => b.milliseconds - a.milliseconds);
}

export function sharesTable(rows) {
  return tableOf(rows, 'of all threads, git’s own processes and waiting left out');
}

/** Each thread's profile, as the inspector protocol's `Profiler.Profile` has it; times in microseconds. */
async function profilesOf(workshop, registry, args) {
  const folder = await mkdtemp(join(tmpdir(), 'promptaudit-profile-'));
  try {
    const flags = ['--cpu-prof', `--cpu-prof-dir=${folder}`];
    await run(process.execPath, [...flags, workshop.main, '-C', registry.repo, ...args], {
      env: workshop.env,
      keep: false,
    });
    const files = await readdir(folder);
    const texts = await Promise.all(files.sort().map((file) => readFile(join(folder, file), 'utf8')));
    return texts.map((text) => JSON.parse(text));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Time by what `labelOf` makes of each frame, most first. */
function timesOf({ nodes, samples, timeDeltas }, labelOf) {
  const labels = new Map(nodes.map(({ id, callFrame }) => [id, labelOf(callFrame)]));
  const times = new Map();
  for (const [index, id] of samples.entries()) {
    const label = labels.get(id);
    times.set(label, (times.get(label) ?? 0) + (timeDeltas[index] ?? 0) / 1000);
  }
  return [...times]
    .map(([what, milliseconds]) => ({ what, milliseconds }))
    .sort((a, b) => b.milliseconds - a.milliseconds);
}

function nameOf({ functionName, url, lineNumber }) {
  const place = url.split('/').slice(-2).join('/');
  return `${functionName || '(anonymous)'} ${place === '' ? '' : `${place}:${lineNumber + 1}`}`;
}

const WAITING = 'waiting';

const BY_FOLDER = {
  git: 'reading git’s objects and taking them apart',
  ledger: 'events and notes',
  signing: 'signatures, the arithmetic apart',
  policy: 'judging',
  prompts: 'judging',
  trail: 'judging',
  verify: 'judging',
};

/** What kind of work a frame is. */
function workOf({ functionName, url }) {
  if (functionName === '(idle)') return WAITING;
  if (functionName === '(garbage collector)') return 'collecting garbage';
  if (functionName === 'verifyOneShot' || url.startsWith('wasm:')) return 'signatures, the arithmetic';
  if (url.endsWith('crypto/hash')) return 'hashing';
  const folder = /\/dist\/([a-z]+)\//.exec(url)?.[1];
  return BY_FOLDER[folder] ?? 'node: streams, buffers, promises, messages between threads';
}

function tableOf(rows, of) {
  const total = rows.reduce((sum, { milliseconds }) => sum + milliseconds, 0);
  const lines = rows.map(
    ({ what, milliseconds }) =>
      `${whole(milliseconds)} ${((100 * milliseconds) / total).toFixed(1).padStart(5)}%  ${what}\n`,
  );
  return `${whole(total)}         ${of}\n${lines.join('')}`;
}

function whole(milliseconds) {
  return `${milliseconds.toFixed(0).padStart(8)} ms`;
}
