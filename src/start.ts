import { readFileSync } from 'node:fs';

/** What `bin` runs: the program, out of the bundle that scripts/bundle.js makes of it. */

const [first, ...rest] = process.argv.slice(2);

if (rest.length === 0 && (first === '--version' || first === '-V')) {
  // Scripts ask for this often: nothing else is loaded for it.
  const { version }: { version: string } = JSON.parse(
    readFileSync(new URL('../package.json', import.meta.url), 'utf8'),
  );
  process.stdout.on('error', () => {});
  process.stdout.write(`${version}\n`);
} else {
  run();
}

async function run(): Promise<never> {
  const { loadBundleFrom } = await import('./cli/bundleloader.ts');
  // As node's own cache of compiled code is turned off.
  const cache = process.env.NODE_DISABLE_COMPILE_CACHE === undefined;
  loadBundleFrom(new URL('bundle/', import.meta.url), { cache });
  const { ended } = await import('./main.ts');
  await ended;
  // All is said and done: nobody waits until git's processes, and threads, have ended.
  return process.exit();
}
