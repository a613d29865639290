import { mkdir } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { measureCalls } from './calls/calls.js';
import { measureCommit, measureDaily, measureStart } from './daily.js';
import { buildLibrary } from './library.js';
import { profile, shares, sharesTable } from './profile.js';
import { measureGrowth, measureSizes, measureVerify } from './proving.js';
import { registryOf } from './registry.js';
import { callRowsOf, rowsOf, sizesTable, tableOf } from './report.js';
import { measureSharing } from './sharing.js';
import { Workshop } from './workshop.js';

const HELP = `npm run bench -- [options]: design section 10, each row a ratio within this run

  --events <n>      the largest registry (100000)
  --quick           10000 events at the most, few rounds
  --json            one document with every number
  --calls           the rows about records of calls alone
  --profile <verb>  print where this command spends its time instead, e.g. --profile verify or --profile "log -n 20"
  --cache <folder>  where the build and the generated registries are kept between runs
`;

const { values: options } = parseArgs({
  options: {
    events: { type: 'string' },
    quick: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    calls: { type: 'boolean', default: false },
    profile: { type: 'string' },
    cache: { type: 'string', default: join(tmpdir(), 'promptaudit-bench') },
    help: { type: 'boolean', default: false },
  },
});

if (options.help) process.stdout.write(HELP);
else await main();

function tell(line) {
  process.stderr.write(`${line}\n`);
}

async function main() {
  const cache = resolve(options.cache);
  await mkdir(cache, { recursive: true });
  const library = await buildLibrary(cache);
  const most = Number(options.events ?? (options.quick ? 10_000 : 100_000));
  if (!Number.isSafeInteger(most) || most < 10_000)
    throw new Error('--events takes a whole number of at least 10000');
  if (options.calls) return print({ calls: await benchCalls(library, cache) });
  const workshop = await Workshop.open(library);
  try {
    if (options.profile === undefined) await bench(library, workshop, cache, most);
    else
      await printProfile(workshop, await registryOf(library, cache, most, tell), options.profile.split(' '));
  } finally {
    await workshop.close();
  }
}

/** @param {Workshop} workshop */
async function printProfile(workshop, registry, args) {
  const copy = await workshop.copyOf(registry);
  // What the first command verifies, later ones do not.
  if (args[0] !== 'verify') await workshop.promptaudit(copy, ['log', '-n', '1']);
  process.stdout.write(await profile(workshop, copy, args));
}

/** @param {Workshop} workshop */
async function bench(library, workshop, cache, most) {
  const few = await registryOf(library, cache, 100, tell);
  const hundredth = await registryOf(library, cache, most / 100, tell);
  const tenth = await registryOf(library, cache, most / 10, tell);
  const many = await registryOf(library, cache, most, tell);
  const rounds = options.quick ? 3 : 7;
  const heavy = options.quick ? 1 : 3;
  tell('verify against git and openssl');
  const verify = await measureVerify(workshop, many, heavy);
  tell('verify by size, and where its time goes');
  const sizes = await measureSizes(workshop, [hundredth, tenth, many]);
  const times = await shares(workshop, await workshop.copyOf(many, 'profile'), ['verify']);
  tell('growth of verify and log');
  const growth = await measureGrowth(workshop, tenth, many, heavy);
  tell('the verbs of a working day');
  const daily = await measureDaily(workshop, few, many, rounds);
  tell('work with a remote');
  const sharing = await measureSharing(workshop, few, many, rounds);
  tell('start, and a commit');
  const start = await measureStart(workshop, 3 * rounds);
  const commit = await measureCommit(workshop, tenth, rounds);
  const calls = await benchCalls(library, cache);
  print({ verify, sizes, times, growth, daily, sharing, start, commit, calls });
}

function benchCalls(library, cache) {
  const size = options.quick
    ? { records: 100_000, segments: 10, rounds: 1 }
    : { records: 1_000_000, segments: 10, rounds: 3 };
  return measureCalls(library, cache, size, tell);
}

function print(numbers) {
  const rows = [...(numbers.verify ? rowsOf(numbers) : []), ...callRowsOf(numbers.calls)];
  const document = { schema: 'promptaudit/bench@1', machine: machine(), ...numbers, rows };
  const tables = numbers.verify ? [sizesTable(numbers.sizes), sharesTable(numbers.times)] : [];
  process.stdout.write(
    options.json
      ? `${JSON.stringify(document, null, 2)}\n`
      : [`${machine()}\n`, tableOf(rows), ...tables].join('\n'),
  );
}

function machine() {
  const all = cpus();
  return `${all.length} × ${all[0]?.model ?? 'unknown processor'}, node ${process.version}, ${process.platform}`;
}
