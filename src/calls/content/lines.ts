import type { FileHandle } from 'node:fs/promises';

/** A line of a file, at its place. */
export interface Line {
  /** Without its LF; `undefined` where it is longer than allowed. */
  readonly bytes: Buffer | undefined;
  readonly start: number;
  /** Behind its LF. */
  readonly end: number;
}

const CHUNK = 262_144;
const LF = 0x0a;

/**
 * The lines of a file, some at a time, in memory of about the longest one that is allowed. What stands behind the last LF
 * is no line.
 */
export async function* linesOf(handle: FileHandle, longest: number): AsyncGenerator<readonly Line[]> {
  let carried: Buffer[] = [];
  let carriedBytes = 0;
  let start = 0;
  for (let at = 0; ; ) {
    const chunk = Buffer.allocUnsafe(CHUNK);
    const { bytesRead } = await handle.read(chunk, 0, CHUNK, at);
    if (bytesRead === 0) return;
    const read = chunk.subarray(0, bytesRead);
    const lines: Line[] = [];
    let done = 0;
    for (let feed = read.indexOf(LF); feed >= 0; feed = read.indexOf(LF, done)) {
      const piece = read.subarray(done, feed);
      const fits = carriedBytes + piece.length <= longest;
      const bytes = carried.length === 0 ? piece : Buffer.concat([...carried, piece]);
      lines.push({ bytes: fits ? bytes : undefined, start, end: at + feed + 1 });
      [carried, carriedBytes, start, done] = [[], 0, at + feed + 1, feed + 1];
    }
    const rest = read.subarray(done);
    carriedBytes += rest.length;
    if (carriedBytes <= longest) carried.push(rest);
    else carried = [];
    at += bytesRead;
    if (lines.length > 0) yield lines;
  }
}

/** Where the last line ends that has its LF. */
export async function endOfLines(handle: FileHandle): Promise<number> {
  let { size: end } = await handle.stat();
  const chunk = Buffer.allocUnsafe(CHUNK);
  while (end > 0) {
    const length = Math.min(CHUNK, end);
    const { bytesRead } = await handle.read(chunk, 0, length, end - length);
    const feed = chunk.subarray(0, bytesRead).lastIndexOf(LF);
    if (feed >= 0) return end - length + feed + 1;
    end -= length;
  }
  return 0;
}
