import type { Writable } from 'node:stream';
import type { Style } from '../report/style.ts';
import { PLAIN } from '../report/style.ts';

/** The process's environment variables. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** A stream that a command prints to. */
export interface Output {
  readonly isTTY: boolean;
  /** The terminal's width, where the stream knows it. */
  readonly columns: number | undefined;
  /** False once the reader has gone (`| head`): what is written from then on is dropped without a word. */
  readonly open: boolean;
  /** Resolves when the stream took it. Rejects when it cannot be written, e.g. on a full disk. */
  write(text: string): Promise<void>;
}

export function outputTo(stream: Writable & { readonly isTTY?: boolean; readonly columns?: number }): Output {
  let open = true;
  const take = (error: NodeJS.ErrnoException | null | undefined): boolean => {
    if (error?.code === 'EPIPE') open = false;
    return error === undefined || error === null || error.code === 'EPIPE';
  };
  // Without a listener an error would end the process; each write hears of its own.
  stream.on('error', take);
  return {
    isTTY: stream.isTTY === true,
    get columns() {
      return stream.columns;
    },
    get open() {
      return open;
    },
    write: (text) =>
      new Promise((resolve, reject) => {
        if (!open) return resolve();
        stream.write(text, (error) => (take(error) ? resolve() : reject(error)));
      }),
  };
}

const DEFAULT_WIDTH = 80;
const NARROWEST = 20;

/** `COLUMNS`, then what the terminal says, then 80. */
export function widthOf(output: Output, env: Environment): number {
  return Math.max(NARROWEST, knownWidth(output, env) || DEFAULT_WIDTH);
}

/** Whether there is a width that anybody asked for or that a terminal has. */
export function knowsWidth(output: Output, env: Environment): boolean {
  return knownWidth(output, env) > 0;
}

function knownWidth(output: Output, env: Environment): number {
  const asked = /^\d{1,4}$/.test(env.COLUMNS ?? '') ? Number(env.COLUMNS) : 0;
  return asked || output.columns || 0;
}

/** Whether to colour: `--no-color`, `NO_COLOR` and `FORCE_COLOR` (no-color.org, force-color.org), then whether it is a terminal. */
export function wantsColour(output: Output, env: Environment, allowed: boolean): boolean {
  if (!allowed || (env.NO_COLOR ?? '') !== '') return false;
  const forced = env.FORCE_COLOR;
  if (forced !== undefined && forced !== '') return forced !== '0' && forced !== 'false';
  return output.isTTY && env.TERM !== 'dumb';
}

/** The one place that loads chalk, and only where there is colour. */
export async function loadStyle(colour: boolean): Promise<Style> {
  if (!colour) return PLAIN;
  const { Chalk } = await import('chalk');
  const chalk = new Chalk({ level: 1 });
  return {
    colour: true,
    strong: (text) => chalk.bold(text),
    dim: (text) => chalk.dim(text),
    accent: (text) => chalk.cyan(text),
    good: (text) => chalk.green(text),
    bad: (text) => chalk.red(text),
    caution: (text) => chalk.yellow(text),
  };
}
