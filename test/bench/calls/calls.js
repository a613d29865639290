import { mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../processes.js';
import { inTurns, median } from '../statistics.js';
import { endOf, writeLines } from './lines.js';

/** What the bars allow a process. */
const MEMORY = '600MB';

const WORK = join(import.meta.dirname, 'work.js');

/**
 * Records of calls, each measure in a process of its own, against its own limit in the same run (issue "calls", speed).
 * @param {import('../library.js').Library} library
 * @param {{ records: number, segments: number, rounds: number }} size records a segment, and how many segments are searched
 */
export async function measureCalls(library, cache, { records, segments, rounds }, tell) {
  const folder = join(cache, 'calls-scratch');
  mkdirSync(folder, { recursive: true });
  const peaks = {};
  const work = async (task, ...args) => {
    const { stdout } = await run(process.execPath, [WORK, task, library.folder, folder, ...args]);
    const answer = JSON.parse(stdout);
    peaks[task] = Math.max(peaks[task] ?? 0, answer.peakBytes);
    return answer;
  };
  tell('calls: capture');
  const capture = await shareOf(rounds, work, 'perSecond', ['capture'], ['captureBare']);
  tell('calls: collector');
  const collector = {
    json: await shareOf(rounds, work, 'perSecond', ['collect', 'json'], ['collectBare', 'json']),
    protobuf: await shareOf(rounds, work, 'perSecond', ['collect', 'protobuf'], ['collectBare', 'protobuf']),
  };
  const store = await storeOf(library, cache, records, segments, tell);
  tell('calls: sealing');
  const sealing = await shareOf(
    rounds,
    work,
    'seconds',
    ['seal', store.source],
    ['convertBare', store.source],
  );
  const bounded = await shareOf(
    rounds,
    work,
    'seconds',
    ['seal', store.source],
    ['convertBare', store.source, MEMORY],
  );
  const disk = {
    bytes: (await work('seal', store.source)).bytes,
    bareBytes: (await work('convertBare', store.source)).bytes,
  };
  tell('calls: verify');
  const seals = JSON.stringify(store.seals);
  const quick = await shareOf(rounds, work, 'bytesPerSecond', ['quick', seals], ['quickBare', seals]);
  const deep = await shareOf(rounds, work, 'perSecond', ['deep', seals], ['leaves', store.source]);
  tell('calls: search');
  const ranges = JSON.stringify(
    Object.fromEntries(store.seals.map(({ segment, first, last }) => [segment, { first, last }])),
  );
  const asked = await work('queries', store.folder, store.id, ranges);
  const bare = await work('queriesBare', store.folder, store.id);
  rmSync(folder, { recursive: true, force: true });
  const ours = Object.entries(peaks).filter(([task]) => !/bare|leaves|send/i.test(task));
  return {
    records,
    segments,
    capture,
    collector,
    sealing,
    bounded,
    disk,
    quick,
    deep,
    queries: { asked, bare },
    peaks: Object.fromEntries(ours),
  };
}

/** Two tasks in turns; `share` is the median of the first one's value over the second one's. */
async function shareOf(rounds, work, value, [task, ...args], [bareTask, ...bareArgs]) {
  const { medians, rounds: taken } = await inTurns(
    rounds,
    {
      ours: async () => (await work(task, ...args))[value],
      bare: async () => (await work(bareTask, ...bareArgs))[value],
    },
    { warmUp: false },
  );
  return {
    ours: medians.ours,
    bare: medians.bare,
    share: median(taken.map(({ ours, bare }) => ours / bare)),
  };
}

/** A store of sealed segments, and the lines of the first; made once and kept. */
async function storeOf(library, cache, records, segments, tell) {
  const folder = join(cache, `calls-${records}`);
  const source = join(folder, 'source.jsonl');
  const known = join(folder, 'seals.json');
  mkdirSync(folder, { recursive: true });
  const { convertSegment } = await library.load('calls/seal/convert.js');
  const { openEngine } = await library.load('calls/engine/duckdb.js');
  const seals = statSync(known, { throwIfNoEntry: false }) ? JSON.parse(readFileSync(known, 'utf8')) : [];
  let start;
  for (let index = 0; index < segments; index += 1) {
    const at = start;
    start = endOf(records, at);
    if (seals[index] !== undefined) continue;
    tell(`calls: making segment ${index + 1} of ${segments}`);
    const lines = index === 0 ? source : join(folder, 'lines.jsonl');
    await writeLines(library, lines, records, index + 1, at);
    const segment = `bench-calls-20261101t${String(index).padStart(6, '0')}z${String(index).padStart(6, '0')}`;
    const date = join(folder, 'store', 'date=2026-11-01');
    mkdirSync(date, { recursive: true });
    const target = join(folder, 'segment.parquet');
    const engine = await openEngine(join(folder, 'scratch'));
    const { file } = await convertSegment({ engine, kind: 'call', source: lines, target, sealed: () => [] });
    engine.close();
    const path = join(date, `${segment}.parquet`);
    renameSync(target, path);
    seals.push({ segment, path, ...file });
    writeFileSync(known, JSON.stringify(seals));
  }
  const head = await firstLine(source);
  return { folder: join(folder, 'store'), source, seals: seals.slice(0, segments), id: JSON.parse(head).id };
}

async function firstLine(path) {
  const file = await open(path);
  try {
    for await (const line of file.readLines()) return line;
  } finally {
    await file.close();
  }
}
