import { realpath, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Failure } from '../failure.ts';
import type { GitStore } from '../git/store.ts';
import type { Program } from '../hooks/script.ts';
import type { Page } from '../report/style.ts';
import { chooseEd25519Judge } from '../signing/ed25519judge.ts';
import { chooseAdapter, type StoreOpeners } from './adapter.ts';
import { judgeNamedIn } from './ed25519.ts';
import type { ExitCode } from './exit.ts';
import type { Input } from './input.ts';
import type { Chunks, Printer } from './print.ts';
import type { GlobalOptions } from './program.ts';
import { type Progress, progressOn } from './progress.ts';
import { type Environment, knowsWidth, loadStyle, type Output, wantsColour, widthOf } from './terminal.ts';

/** All that a process is made of; `main.ts` passes the real one, tests another. */
export interface World {
  /** Without node and the script. */
  readonly argv: readonly string[];
  readonly cwd: string;
  readonly env: Environment;
  readonly version: string;
  readonly now: () => Date;
  readonly random: RandomSource;
  readonly stdin: Input;
  readonly stdout: Output;
  readonly stderr: Output;
  readonly stores: StoreOpeners;
  readonly program: Program;
  /** Fires when somebody wants the process to end. Whoever asks for it has to end by itself. */
  readonly interrupted: () => AbortSignal;
}

interface RandomSource {
  /** A random UUID (version 4), lower case. */
  uuid(): string;
  bytes(length: number): Uint8Array;
}

/** What a command gets. */
export interface Context {
  /** After every `-C`. */
  readonly cwd: string;
  readonly env: Environment;
  readonly now: () => Date;
  readonly random: RandomSource;
  readonly input: Input;
  /** promptaudit's own version. */
  readonly version: string;
  readonly program: Program;
  readonly interrupted: () => AbortSignal;
  /** One JSON document is wanted. */
  readonly json: boolean;
  readonly quiet: boolean;

  /** The repository at `cwd`; opened once, closed when the command ends. @throws Failure when there is none */
  openStore(): Promise<GitStore>;

  /** Prints the answer: the JSON document, or text laid out for the page. Only what is wanted is made. */
  answer(json: () => Chunks, text: (page: Page) => Chunks): Promise<void>;

  /** Prints to standard output as it is: for what is neither a document nor laid out, e.g. a rendered prompt. */
  print(chunks: Chunks): Promise<void>;

  /** Tells something that is not the answer, on standard error; nothing with `--quiet`. */
  note(text: (page: Page) => string): Promise<void>;

  /** A bar on a terminal, taken off before anything is printed. */
  progress(label: string): Progress;

  /** What answers are laid out for. */
  page(): Promise<Page>;

  /** How git is reached here. @throws UsageError */
  adapter(): GitStore['adapter'];

  /** Runs another command line in this process. Only a command that shows others at work needs it. */
  run(line: CommandLine): Promise<Ran>;
}

/** A command line as somebody types it in a shell of their own. */
interface CommandLine {
  readonly argv: readonly string[];
  readonly cwd: string;
  readonly env: Environment;
  readonly now: () => Date;
}

/** How a command line ended, and all that it said on both streams, in order. */
interface Ran {
  readonly code: ExitCode;
  readonly output: string;
}

/** A context and how it ends. */
export interface OpenContext {
  readonly context: Context;
  close(): Promise<void>;
}

/** @throws Failure when `-C` leads nowhere */
export async function openContext(
  world: World,
  global: GlobalOptions,
  json: boolean,
  printer: Printer,
  runWorld: (world: World) => Promise<ExitCode>,
): Promise<OpenContext> {
  const { env, now, stdout } = world;
  const cwd = await startingFolder(world.cwd, global.directories);
  const { print, note, progress, end } = speech(world, global, printer);
  let store: Promise<GitStore> | undefined;
  const adapter = () => chooseAdapter(global.git, env);
  const open = async (): Promise<GitStore> => {
    // All signatures come out of a store.
    chooseEd25519Judge(judgeNamedIn(env));
    return world.stores[adapter()]({ cwd, env });
  };
  const context: Context = {
    cwd,
    env,
    now,
    random: world.random,
    input: world.stdin,
    version: world.version,
    program: world.program,
    interrupted: world.interrupted,
    json,
    quiet: global.quiet,
    openStore: () => {
      store ??= open();
      return store;
    },
    answer: async (document, text) =>
      print(json ? document() : text(await pageFor(world, stdout, global.color))),
    print,
    note,
    progress,
    page: () => pageFor(world, stdout, global.color),
    adapter,
    run: (line) => runApart(world, line, runWorld),
  };
  return {
    context,
    close: async () => {
      end();
      const opened = await store?.catch(() => undefined);
      await opened?.close();
    },
  };
}

/** All that is said, of which nothing is written over by a progress bar: there is one at a time, and what is said ends it. */
function speech(
  world: World,
  { quiet, color }: GlobalOptions,
  printer: Printer,
): Pick<Context, 'print' | 'note' | 'progress'> & { readonly end: () => void } {
  const { env, now, stderr } = world;
  let bar: Progress | undefined;
  const end = (): void => bar?.end();
  return {
    end,
    print: async (chunks) => {
      end();
      await printer.print(chunks);
    },
    note: async (text) => {
      if (quiet) return;
      end();
      await stderr.write(text(await pageFor(world, stderr, color)));
    },
    progress: (label) => {
      end();
      bar = progressOn(stderr, { label, quiet, width: widthOf(stderr, env), now });
      return bar;
    },
  };
}

/** Its streams are kept apart from this process's, and nobody answers its questions. */
async function runApart(
  world: World,
  line: CommandLine,
  runWorld: (world: World) => Promise<ExitCode>,
): Promise<Ran> {
  let output = '';
  const stream: Output = {
    isTTY: false,
    columns: world.stdout.columns,
    open: true,
    write: async (text) => {
      output += text;
    },
  };
  const stdin: Input = { isTTY: false, read: async () => new Uint8Array(), chunks: async function* () {} };
  const code = await runWorld({ ...world, ...line, stdin, stdout: stream, stderr: stream });
  return { code, output };
}

async function startingFolder(cwd: string, directories: readonly string[]): Promise<string> {
  const folder = resolve(cwd, ...directories);
  if (directories.length === 0) return folder;
  const found = await stat(folder).catch(() => undefined);
  if (found?.isDirectory()) return realpath(folder);
  throw new Failure(`-C ${folder}: there is no such folder`);
}

/** The page that a stream is. */
export async function pageFor(world: World, output: Output, colour: boolean): Promise<Page> {
  const style = await loadStyle(wantsColour(output, world.env, colour));
  const width = widthOf(output, world.env);
  const fileWidth = knowsWidth(output, world.env) ? width : Number.POSITIVE_INFINITY;
  return { width, fileWidth, style, now: world.now() };
}
