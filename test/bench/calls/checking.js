import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';

const PREFIX = Buffer.alloc(1);

/** Files against their seals by SHA-256, as `calls verify` does it. */
export async function quick({ library, args: [sealsJson], timed }) {
  const { quickCheck } = await library.load('calls/check/quickcheck.js');
  const files = JSON.parse(sealsJson);
  let answers;
  const seconds = await timed(async () => {
    answers = await quickCheck(files);
  });
  if (answers.some(({ answer }) => answer !== 'ok')) throw new Error(JSON.stringify(answers));
  return { bytesPerSecond: files.reduce((sum, { fileSize }) => sum + fileSize, 0) / seconds };
}

/** The same files through sha256sum. */
export async function quickBare({ args: [sealsJson], timed }) {
  const files = JSON.parse(sealsJson);
  const seconds = await timed(async () => {
    const { status } = spawnSync(
      'sha256sum',
      files.map(({ path }) => path),
    );
    if (status !== 0) throw new Error('sha256sum failed');
  });
  return { bytesPerSecond: files.reduce((sum, { fileSize }) => sum + fileSize, 0) / seconds };
}

/** Every leaf and every column of a sealed segment, as `calls verify --deep` does it. */
export async function deep({ library, folder, args: [sealsJson], timed }) {
  const { openEngine } = await library.load('calls/engine/duckdb.js');
  const { deepCheck } = await library.load('calls/check/deepcheck.js');
  const [seal] = JSON.parse(sealsJson);
  const engine = await openEngine(`${folder}/scratch`);
  let findings;
  const seconds = await timed(async () => {
    findings = await deepCheck({ engine, path: seal.path, kind: 'call', seal });
  });
  engine.close();
  if (findings.length > 0) throw new Error(JSON.stringify(findings));
  return { perSecond: seal.records / seconds };
}

/** Nothing but SHA-256 of the same lines' leaves (RFC 6962, section 2.1), one by one, on one core. */
export async function leaves({ args: [source], timed }) {
  const file = openSync(source, 'r');
  const buffer = Buffer.alloc(8 << 20);
  let count = 0;
  const seconds = await timed(async () => {
    let kept = 0;
    for (;;) {
      const read = readSync(file, buffer, kept, buffer.length - kept, null);
      if (read === 0) return;
      const end = kept + read;
      let start = 0;
      for (let at = buffer.indexOf(10); at >= 0 && at < end; at = buffer.indexOf(10, start)) {
        createHash('sha256').update(PREFIX).update(buffer.subarray(start, at)).digest();
        count += 1;
        start = at + 1;
      }
      kept = end - start;
      buffer.copyWithin(0, start, end);
    }
  });
  closeSync(file);
  return { perSecond: count / seconds };
}
