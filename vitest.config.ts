import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
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

/**
 * Files take turns in one worker: to load all modules again, and to run them before they are compiled well, takes most files longer
 * than what they are about. Not these: they replace a module, weigh their process, or start so many that each takes the longer for
 * the memory that others left behind.
 */
const ALONE = [
  'calls/capture/recorder',
  'calls/collect/refuse',
  'calls/otlp/hostile',
  'cli/run',
  'e2e/callscollect',
  'e2e/callsseal',
  'e2e/demo',
  'git/embedded',
  'git/embedded/packs',
  'git/native',
  'git/refjournal',
  'ledger/format',
].map((name) => `test/${name}.test.ts`);

/** Of the others, begun first: a worker that came to one of these at the end would be busy long after the others. */
const LONGEST = [
  'sync/manyhands',
  'e2e/crash',
  'e2e/concurrency',
  'tamper/properties',
  'e2e/ci',
  'sync/interrupted',
  'hooks/receive',
  'sync/badinput',
].map((name) => `/test/${name}.test.ts`);

/** A store of calls brings DuckDB, whose memory a worker does not give back. */
const LARGE = /calls|sealed/;

/**
 * Leaves what shares workers for the end: a worker is not shared any more once a file had to have one of its own. What makes a
 * worker large comes last.
 */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId, project }: TestSpecification): number => {
      if (project.name === 'alone') return -1;
      const place = LONGEST.findIndex((name) => moduleId.endsWith(name));
      return place >= 0 ? place : LONGEST.length + Number(LARGE.test(moduleId));
    };
    return (await super.sort(files)).sort((one, other) => rank(one) - rank(other));
  }
}

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
      { test: { ...common, name: 'alone', include: ALONE } },
      {
        test: {
          ...common,
          name: 'shared',
          include: ['test/**/*.test.ts'],
          exclude: ALONE,
          isolate: false,
          setupFiles: [...common.setupFiles, 'test/helpers/lean.ts'],
          execArgv: ['--expose-gc'],
        },
      },
    ],
  },
});
