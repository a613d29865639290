import { join } from 'node:path';
import { assertNever, Failure } from '../failure.ts';
import type { Page } from '../report/style.ts';
import { splitCommand } from '../signing/program.ts';
import { type Cast, castFor } from './cast.ts';
import { apartFrom, datedAt, type Environment, identityOf } from './environment.ts';
import { readExample } from './example.ts';
import { gitArguments, type Tool, withGit } from './git.ts';
import { demandEmpty, EMPTY_CONFIG, PEOPLE, prepare, writeInto } from './ground.ts';
import { type CommandStep, type Cut, dateOf, type GitStep, type Ran, type Step } from './model.ts';
import { REPO, storyOf } from './story.ts';
import { Transcript } from './transcript.ts';
import { shellWords } from './words.ts';

/** What the demo needs of the process that it runs in. */
export interface Stage {
  readonly env: Environment;
  readonly now: Date;
  readonly random: (length: number) => Uint8Array;
  readonly page: Page;
  readonly adapter: 'native' | 'embedded';
  print(text: string): Promise<void>;
  /** Runs a command line of promptaudit. */
  run(line: {
    readonly argv: readonly string[];
    readonly cwd: string;
    readonly env: Environment;
    readonly now: () => Date;
  }): Promise<Ran>;
}

/** A command that was shown, and how it ended. */
export interface Shown {
  readonly who: string;
  readonly command: string;
  readonly exit: number;
}

/** A demo that has begun. */
interface Play extends Stage {
  readonly folder: string;
  readonly cast: Cast;
  readonly tool: Tool;
  readonly transcript: Transcript;
  readonly shown: Shown[];
}

/** Mallory is nobody of the policy; this is whose name she writes under. */
const MALLORY = 'mallory';
const MASK = 'dee';

/**
 * Builds the example registry in a new folder, showing every command as it runs.
 * @throws Failure when the folder is not empty, or when a command does not end as the story has it
 */
export async function play(stage: Stage, folder: string): Promise<readonly Shown[]> {
  await demandEmpty(folder);
  const example = await readExample();
  const cast = castFor(example.policy, join(folder, PEOPLE), stage.random);
  const tool = stage.adapter === 'native' ? withGit : (await import('./withoutgit.ts')).withoutGit;
  const transcript = new Transcript(stage.page, stage.print);
  await prepare(folder, cast.people);
  const on: Play = { ...stage, folder, cast, tool, transcript, shown: [] };
  for (const [index, scene] of storyOf(example, cast.policy, stage.now).entries()) {
    await transcript.scene(scene, index + 1);
    for (const step of scene.steps) await perform(on, step);
  }
  return on.shown;
}

async function perform(on: Play, step: Step): Promise<void> {
  const date = dateOf(step.at, on.now);
  await on.transcript.day(date);
  switch (step.step) {
    case 'edit':
      if (step.told) await on.transcript.action(`${step.who} edits ${step.path}`);
      return writeInto(join(on.folder, REPO), step.path, step.bytes);
    case 'command':
      return performCommand(on, step, date);
    case 'git':
      return performGit(on, step, date);
    default:
      return assertNever(step);
  }
}

async function performCommand(on: Play, step: CommandStep, date: Date): Promise<void> {
  const { who, line, exit, cut, outside } = step;
  const command = `promptaudit ${line}`;
  await on.transcript.command(who, command);
  const ran = await on.run({
    argv: splitCommand('the demo', line),
    cwd: outside ? on.folder : join(on.folder, REPO),
    env: environmentOf(on, who, date),
    now: () => date,
  });
  await conclude(on, { who, command, exit }, ran, cut);
}

async function performGit(on: Play, { who, deed }: GitStep, date: Date): Promise<void> {
  const words = shellWords(['git', ...gitArguments(deed)]);
  const native = on.adapter === 'native';
  const command = native ? words : `isomorphic-git in place of ${words}`;
  await (native ? on.transcript.command(who, command) : on.transcript.action(`${who}, by ${command}`));
  const ran = await on.tool(deed, { cwd: on.folder, env: environmentOf(on, who, date) });
  await conclude(on, { who, command, exit: 0 }, ran, undefined);
}

/** @throws Failure when it did not end as it must */
async function conclude(on: Play, wanted: Shown, { code, output }: Ran, cut: Cut | undefined): Promise<void> {
  const { who, command, exit } = wanted;
  await on.transcript.answer(output, code, cut);
  on.shown.push({ who, command, exit: code });
  if (code === exit) return;
  const said = output === '' ? 'nothing' : JSON.stringify(output.slice(0, 500));
  throw new Failure(
    `the demo went wrong: ${command}, by ${who}, ended with ${code} and not ${exit}, and said ${said}; ${on.folder} is left for a look, and can be deleted`,
  );
}

/** Of the shell in which a command runs; who has no key has no identity either. */
function environmentOf(on: Play, who: string, date: Date): Environment {
  const folder = join(on.folder, PEOPLE);
  const { adapter, page } = on;
  const config = join(folder, EMPTY_CONFIG);
  const base = apartFrom(on.env, {
    config,
    folder,
    adapter,
    colour: page.style.colour,
    width: page.width,
  });
  const person = on.cast.people.find((one) => one.who === (who === MALLORY ? MASK : who));
  if (person === undefined) return base;
  const identity = { ...base, ...identityOf(person), ...datedAt(date) };
  return who === MALLORY ? { ...identity, PROMPTAUDIT_SIGNING_KEY: undefined } : identity;
}
