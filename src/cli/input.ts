import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { Failure } from '../failure.ts';
import { errorReason } from '../git/files.ts';
import { tidyReason } from '../ledger/text.ts';
import { UsageError } from './usage.ts';

/** Standard input. */
export interface Input {
  readonly isTTY: boolean;
  /** Everything up to its end. @throws Failure beyond `maxBytes` */
  read(maxBytes: number): Promise<Uint8Array>;
  /** As it comes. */
  chunks(): AsyncIterable<Uint8Array>;
}

/** The stream is looked at only when it is asked for: to touch standard input can keep a process waiting. */
export function inputFrom(stream: () => Readable & { readonly isTTY?: boolean }): Input {
  return {
    chunks: async function* () {
      for await (const chunk of stream()) yield Buffer.from(chunk);
    },
    get isTTY() {
      return stream().isTTY === true;
    },
    read: async (maxBytes) => {
      const chunks: Uint8Array[] = [];
      let size = 0;
      for await (const chunk of stream()) {
        const bytes = Buffer.from(chunk);
        size += bytes.length;
        if (size > maxBytes) throw new Failure(`standard input is longer than ${maxBytes} bytes`);
        chunks.push(bytes);
      }
      return Buffer.concat(chunks);
    },
  };
}

/** A file that somebody named. @throws Failure that names it, which node does not of a folder */
export async function readGiven({ cwd }: Pick<InputPlace, 'cwd'>, file: string): Promise<Buffer> {
  try {
    return await readFile(resolve(cwd, file));
  } catch (error) {
    throw new Failure(`${file === '' ? '""' : file} cannot be read: ${errorReason(error)}`);
  }
}

const MAX_MESSAGE = 1024 * 1024;

/** What reading a message needs to know about the process. */
export interface InputPlace {
  readonly cwd: string;
  readonly input: Input;
}

/**
 * The message of `-m` (given again it adds a paragraph, as in git) or of `-F` (a file, or `-` for standard input), tidied as
 * the ledger has it. Empty when there is none.
 * @throws UsageError when both are given; Failure when it cannot be read or is not UTF-8
 */
export async function readMessage(
  place: InputPlace,
  options: { readonly message: readonly string[]; readonly file: string | undefined },
): Promise<string> {
  const { message, file } = options;
  if (file === undefined) return tidyReason(message.join('\n\n'));
  if (message.length > 0) throw new UsageError('-m and -F cannot be given together');
  const bytes = file === '-' ? await place.input.read(MAX_MESSAGE) : await readGiven(place, file);
  if (bytes.length > MAX_MESSAGE)
    throw new Failure(`the message in ${file} is longer than ${MAX_MESSAGE} bytes`);
  return tidyReason(decode(bytes, file));
}

function decode(bytes: Uint8Array, file: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new Failure(`the message in ${file === '-' ? 'standard input' : file} is not UTF-8`);
  }
}
