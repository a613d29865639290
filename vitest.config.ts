import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** The tests make and delete some hundred thousand small files: in memory where there is room, in the folder that shm_open(3) has. */
const MEMORY = '/dev/shm';
const ROOM = 4 * 1024 ** 3;

function scratch(): string {
  try {
    const { bavail, bsize } = statfsSync(MEMORY);
    return bavail * bsize >= ROOM && runsPrograms(MEMORY) ? MEMORY : tmpdir();
  } catch {
    return tmpdir();
  }
}

/** Tests put hooks and signing programs there, which containers often forbid. */
function runsPrograms(folder: string): boolean {
  const place = mkdtempSync(join(folder, 'promptaudit-'));
  try {
    const program = join(place, 'program');
    writeFileSync(program, '#!/bin/sh\n', { mode: 0o755 });
    return spawnSync(program).status === 0;
  } finally {
    rmSync(place, { recursive: true });
  }
}

/** Where few processes are started, files take turns in one worker: to load all modules again takes most of them longer than to run. */
const SHARING = 'calls cli demo ledger policy prompts report signing tamper trail verify'.split(' ');

/** And these, of folders where most start many. */
const SHARING_TOO = [
  'architecture',
  ...'badinput badinput-verify calls callsaccess ciinit index init policy rules'
    .split(' ')
    .map((name) => `e2e/${name}`),
  ...'fuzz ident scannedtree tag tree treediff'.split(' ').map((name) => `git/${name}`),
  ...'conversion fuzz ignore stage'.split(' ').map((name) => `git/embedded/${name}`),
].map((name) => `test/${name}.test.ts`);

/** Not these: they replace a module, weigh their process, or start many, each of which takes the longer the more memory the worker has. */
const ALONE = [
  'test/calls/capture/recorder.test.ts',
  'test/calls/collect/refuse.test.ts',
  'test/calls/otlp/hostile.test.ts',
  'test/cli/run.test.ts',
  'test/ledger/format.test.ts',
  'test/tamper/ledger.test.ts',
  'test/tamper/properties.test.ts',
  'test/tamper/repository.test.ts',
];

function sharing(): string[] {
  const files = SHARING.flatMap((folder) => {
    const names = readdirSync(join(import.meta.dirname, 'test', folder), {
      recursive: true,
      encoding: 'utf8',
    });
    return names.map((name) => `test/${folder}/${name}`).filter((file) => file.endsWith('.test.ts'));
  });
  return [...files, ...SHARING_TOO].filter((file) => !ALONE.includes(file));
}

/** Begun first: a worker that came to one of these at the end would be busy long after the others. */
const LONGEST = [
  'sync/manyhands',
  'e2e/crash',
  'e2e/concurrency',
  'tamper/properties',
  'ledger/format',
  'e2e/ci',
  'sync/interrupted',
  'hooks/receive',
  'git/native',
  'sync/badinput',
  'e2e/callsseal',
  'e2e/demo',
  'git/refjournal',
].map((name) => `/test/${name}.test.ts`);

/** A store of calls brings DuckDB, whose memory a worker does not give back. */
const LARGE = /calls|sealed/;

/**
 * Leaves what shares workers for the end, all in one: a worker is not shared any more once a file had to have one of its own. What
 * makes a worker large comes last.
 */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId, project }: TestSpecification): number => {
      const place = LONGEST.findIndex((name) => moduleId.endsWith(name));
      if (place >= 0) return place;
      return LONGEST.length + (project.name === 'shared' ? 1 + Number(LARGE.test(moduleId)) : 0);
    };
    return (await super.sort(files)).sort((one, other) => rank(one) - rank(other));
  }
}

const shared = sharing();
const common = {
  setupFiles: ['test/helpers/seed.ts'],
  env: { TMPDIR: process.env.TMPDIR ?? scratch() },
  testTimeout: 120_000,
  hookTimeout: 120_000,
};

export default defineConfig({
  test: {
    globalSetup: ['test/helpers/built.ts'],
    // The tests wait for processes now and then: three workers keep two cores busy, and four are in each other's way.
    maxWorkers: Math.ceil(1.5 * availableParallelism()),
    sequence: { sequencer: LongestFirst },
    projects: [
      { test: { ...common, name: 'alone', include: ['test/**/*.test.ts'], exclude: shared } },
      {
        test: {
          ...common,
          name: 'shared',
          include: shared,
          isolate: false,
          setupFiles: [...common.setupFiles, 'test/helpers/lean.ts'],
          execArgv: ['--expose-gc'],
        },
      },
    ],
  },
});
