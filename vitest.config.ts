import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/helpers/built.ts'],
    setupFiles: ['test/helpers/seed.ts'],
    // The tests wait for processes more than they compute: one worker a core.
    maxWorkers: '100%',
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
