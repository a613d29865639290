import { hash } from 'node:crypto';
import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { calls } from './lines.js';

const COUNT = 200_000;
const DIFFERENT = 20_000;

/** The library's recorder, until all is on the disk. */
export async function capture({ library, folder, timed }) {
  const { openRecorder } = await library.load('calls/capture/recorder.js');
  const given = [...calls(DIFFERENT)];
  const store = join(folder, 'capture');
  rmSync(store, { recursive: true, force: true });
  const recorder = await openRecorder({ store, recorder: 'bench' });
  const seconds = await timed(async () => {
    for (let index = 0; index < COUNT; index += 1) {
      recorder.recordCall(given[index % DIFFERENT]);
      if (index % 1000 === 999) await new Promise(setImmediate);
    }
    await recorder.flush();
  });
  await recorder.close();
  rmSync(store, { recursive: true, force: true });
  return { perSecond: COUNT / seconds };
}

/** A bare loop that serialises, hashes and writes the same lines one by one. */
export async function captureBare({ folder, timed }) {
  const given = [...calls(DIFFERENT)];
  const path = join(folder, 'bare.jsonl');
  const file = openSync(path, 'w');
  const seconds = await timed(async () => {
    for (let index = 0; index < COUNT; index += 1) {
      const line = `${JSON.stringify(given[index % DIFFERENT])}\n`;
      hash('sha256', line);
      writeSync(file, line);
    }
  });
  closeSync(file);
  rmSync(path);
  return { perSecond: COUNT / seconds };
}
