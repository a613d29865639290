import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { inputFrom } from './cli/input.ts';
import { runCli } from './cli/run.ts';
import { outputTo } from './cli/terminal.ts';
import { Failure } from './failure.ts';
import { openNativeStore } from './git/native/store.ts';
import { sanitize } from './report/text.ts';

/** The composition root: the real clock, streams, environment and stores; the only place that sets the exit code. */

const argv = process.argv.slice(2);

/** Resolves when the command has ended and its exit code is set. */
export const ended: Promise<void> = runProcess();

function version(): string {
  const manifest: { version: string } = JSON.parse(
    readFileSync(new URL('../package.json', import.meta.url), 'utf8'),
  );
  return manifest.version;
}

/** @throws Failure where somebody deleted it */
function currentFolder(): string {
  try {
    return process.cwd();
  } catch {
    throw new Failure(
      'the folder that this was started in is gone: change to another and start it again there',
    );
  }
}

/** Until it is asked for, the signals end the process as they do any other. */
function interrupted(): AbortSignal {
  const controller = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => controller.abort());
  return controller.signal;
}

async function runProcess(): Promise<void> {
  // Node would end with 1 here, which is our "no"; what could not be told is 2.
  process.on('uncaughtException', (error) => {
    process.stderr.write(`promptaudit: unexpected error: ${sanitize(String(error))}\n`);
    process.exit(2);
  });
  process.exitCode = await runCli({
    argv,
    get cwd() {
      return currentFolder();
    },
    env: process.env,
    version: version(),
    program: {
      node: process.execPath,
      script: fileURLToPath(new URL('../bin/promptaudit.js', import.meta.url)),
    },
    interrupted,
    now: () => new Date(),
    random: {
      uuid: () => crypto.randomUUID(),
      bytes: (length) => crypto.getRandomValues(new Uint8Array(length)),
    },
    stdin: inputFrom(() => process.stdin),
    stdout: outputTo(process.stdout),
    stderr: outputTo(process.stderr),
    stores: {
      native: openNativeStore,
      embedded: async (place) => (await import('./git/embedded/store.ts')).openEmbeddedStore(place),
    },
  });
}
