import { Buffer, isUtf8 } from 'node:buffer';

/** A line that is longer, in bytes, is not read: the largest record is far smaller, and one with all that was said rarely so large. */
const LONGEST = 8 << 20;
const LINE_FEED = 0x0a;
const BYTE_ORDER_MARK = '\ufeff';

/** One line of a file of JSON lines. */
export interface Line {
  /** From 1. */
  readonly number: number;
  /** Without its line end; `undefined` where it cannot be read. */
  readonly text: string | undefined;
  /** Why it cannot be read. */
  readonly problem?: string;
}

/** The lines of a stream that are not blank. */
export async function* linesOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Line> {
  const rest = new Rest();
  let number = 0;
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(LINE_FEED); end >= 0; end = chunk.indexOf(LINE_FEED, start)) {
      number += 1;
      yield* lineOf(number, rest.endedBy(chunk.subarray(start, end)));
      start = end + 1;
    }
    rest.add(chunk.subarray(start));
  }
  yield* lineOf(number + 1, rest.endedBy(new Uint8Array()));
}

/** What has come of a line so far; nothing of it is kept beyond the limit. */
class Rest {
  private pieces: Uint8Array[] = [];
  private size = 0;

  add(piece: Uint8Array): void {
    if (piece.length === 0) return;
    this.size += piece.length;
    if (this.size > LONGEST) this.pieces = [];
    // A copy: whoever reads a file may use its buffer again.
    else this.pieces.push(Uint8Array.from(piece));
  }

  /** @returns the whole line, or `undefined` where it was too long */
  endedBy(piece: Uint8Array): Uint8Array | undefined {
    const { pieces, size } = this;
    this.pieces = [];
    this.size = 0;
    if (size + piece.length > LONGEST) return undefined;
    return pieces.length === 0 ? piece : Buffer.concat([...pieces, piece]);
  }
}

function* lineOf(number: number, bytes: Uint8Array | undefined): Generator<Line> {
  if (bytes === undefined) yield { number, text: undefined, problem: 'the line is too long' };
  else if (!isUtf8(bytes)) yield { number, text: undefined, problem: 'the line is not UTF-8' };
  else {
    const whole = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString();
    const text = number === 1 && whole.startsWith(BYTE_ORDER_MARK) ? whole.slice(1) : whole;
    if (text.trim() !== '') yield { number, text };
  }
}
