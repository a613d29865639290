import { readdir, readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import { Failure } from '../failure.ts';

/** The files of `prompts.example`, which come with the package. */
export interface Example {
  /** The policy's text, with `{{key:<principal>}}` where a key belongs. */
  readonly policy: string;
  /** clinical-intake as it grew: version 1 first. */
  readonly versions: readonly ExampleVersion[];
  /** The other prompts, by file name. */
  readonly prompts: ReadonlyMap<string, Uint8Array>;
}

interface ExampleVersion {
  /** The principal who wrote it. */
  readonly author: string;
  /** Paragraphs: what changed, then why. */
  readonly message: readonly string[];
  readonly bytes: Uint8Array;
}

const FOLDER = new URL('../../prompts.example/', import.meta.url);
const HISTORY = new URL('history/clinical-intake/', FOLDER);
const PROMPTS = new URL('prompts/', FOLDER);
const GROWING = 'clinical-intake.prompt.yml';

/** @throws Failure when the installed package is not whole */
export async function readExample(): Promise<Example> {
  const policy = await readFile(new URL('policy.yml', FOLDER), 'utf8');
  const others = (await readdir(PROMPTS)).filter((name) => name !== GROWING).sort();
  const prompts = await Promise.all(
    others.map(async (name) => [name, await readFile(new URL(name, PROMPTS))] as const),
  );
  return { policy, versions: await readVersions(), prompts: new Map(prompts) };
}

async function readVersions(): Promise<readonly ExampleVersion[]> {
  const list: unknown = parse(await readFile(new URL('history.yml', HISTORY), 'utf8'));
  if (!Array.isArray(list)) throw new Failure('prompts.example is damaged: install promptaudit again');
  return Promise.all(
    list.map(async (entry: Readonly<Record<string, unknown>>) => ({
      author: String(entry.author),
      message: String(entry.message)
        .split(/\n{2,}/)
        .map((paragraph) => paragraph.trim().replace(/\s*\n\s*/g, ' ')),
      bytes: await readFile(new URL(String(entry.file), HISTORY)),
    })),
  );
}
