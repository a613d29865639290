import { createReadStream } from 'node:fs';
import { resolve } from 'node:path';
import { createGunzip } from 'node:zlib';
import { Failure, systemReason } from '../../failure.ts';
import { errorCode } from '../../git/files.ts';
import { recordedJson, recordedText } from '../../report/recorded.ts';
import { closeIntake, feedStream, openStoreIntake } from '../callintake.ts';
import type { Run } from '../command.ts';

export const run: Run<'calls import'> = async (context, [files], options) => {
  const opened = await openStoreIntake(context, options);
  const all = { accepted: 0, duplicates: 0, refused: 0, ignored: 0 };
  try {
    for (const file of files) {
      const fed = await feedStream(context, opened, file, bytesOf(file, resolve(context.cwd, file)));
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
    await closeIntake(opened);
  }
};

/** @throws Failure where the file cannot be read */
async function* bytesOf(file: string, path: string): AsyncGenerator<Uint8Array> {
  try {
    yield* streamOf(path);
  } catch (error) {
    const code = errorCode(error);
    throw new Failure(`${file} cannot be read: ${GZIP[code] ?? systemReason(code) ?? 'it is damaged'}`);
  }
}

/** Source: zlib.h, Z_BUF_ERROR and Z_DATA_ERROR. */
const GZIP: Readonly<Record<string, string>> = {
  Z_BUF_ERROR: 'its gzip data is cut short',
  Z_DATA_ERROR: 'its gzip data is damaged, or it is none',
};

function streamOf(path: string): AsyncIterable<Uint8Array> {
  const file = createReadStream(path);
  if (!path.endsWith('.gz')) return file;
  const unzip = createGunzip();
  file.on('error', (error) => unzip.destroy(error));
  return file.pipe(unzip);
}
