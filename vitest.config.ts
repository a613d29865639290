import { statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { defineConfig } from 'vitest/config';

/** The tests make and delete some hundred thousand small files: in memory where there is room, which is Linux's shm(7) folder. */
const ROOM = 4 * 1024 ** 3;

function scratch(): string {
  try {
    const { bavail, bsize } = statfsSync('/dev/shm');
    return bavail * bsize >= ROOM ? '/dev/shm' : tmpdir();
  } catch {
    return tmpdir();
  }
}

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/helpers/built.ts'],
    setupFiles: ['test/helpers/seed.ts'],
    // The tests wait for processes more than they compute: one worker a core.
    maxWorkers: '100%',
    env: { TMPDIR: process.env.TMPDIR ?? scratch() },
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
