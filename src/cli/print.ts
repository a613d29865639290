import type { Output } from './terminal.ts';

/** An answer: whole, or in pieces that are made as they are printed. */
export type Chunks = string | Iterable<string> | AsyncIterable<string>;

/** Prints answers to one stream. */
export interface Printer {
  /** True once something was printed. */
  readonly printed: boolean;
  /** Stops asking for pieces once the reader has gone. */
  print(chunks: Chunks): Promise<void>;
}

/** Pieces are gathered up to about this many characters before they are written. */
const BATCH = 32 * 1024;

export function printerTo(output: Output): Printer {
  let printed = false;
  const write = async (text: string): Promise<void> => {
    if (text === '') return;
    printed = true;
    await output.write(text);
  };
  return {
    get printed() {
      return printed;
    },
    print: async (chunks) => {
      if (typeof chunks === 'string') return write(chunks);
      let batch = '';
      for await (const chunk of chunks) {
        batch += chunk;
        if (batch.length < BATCH) continue;
        await write(batch);
        batch = '';
        if (!output.open) return;
      }
      await write(batch);
    },
  };
}
