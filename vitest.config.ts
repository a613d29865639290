import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

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

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/helpers/built.ts'],
    setupFiles: ['test/helpers/seed.ts'],
    // The tests wait for processes now and then: three workers keep two cores busy, and four are in each other's way.
    maxWorkers: Math.ceil(1.5 * availableParallelism()),
    env: { TMPDIR: process.env.TMPDIR ?? scratch() },
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
