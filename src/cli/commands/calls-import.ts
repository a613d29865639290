import { createReadStream } from 'node:fs';
import { resolve } from 'node:path';
import { createGunzip } from 'node:zlib';
import { recordedJson, recordedText } from '../../report/recorded.ts';
import { feedStream, openStoreIntake } from '../callintake.ts';
import type { Run } from '../command.ts';

export const run: Run<'calls import'> = async (context, [files], options) => {
  const opened = await openStoreIntake(context, options);
  const all = { accepted: 0, duplicates: 0, refused: 0, ignored: 0 };
  try {
    for (const file of files) {
      const fed = await feedStream(context, opened, file, bytesOf(resolve(context.cwd, file)));
      all.accepted += fed.accepted;
      all.duplicates += fed.duplicates;
      all.refused += fed.refused;
      all.ignored += fed.ignored;
    }
    await context.answer(
      () => recordedJson(all),
      () => recordedText(all),
    );
    return all.refused === 0 ? 0 : 1;
  } finally {
    await opened.intake.close();
  }
};

function bytesOf(path: string): AsyncIterable<Uint8Array> {
  const file = createReadStream(path);
  if (!path.endsWith('.gz')) return file;
  const unzip = createGunzip();
  file.on('error', (error) => unzip.destroy(error));
  return file.pipe(unzip);
}
