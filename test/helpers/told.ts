import { expect } from 'vitest';
import type { Clinic } from './clinic.ts';
import { snapshotOf } from './snapshot.ts';
import type { CliOptions, Person } from './team.ts';

/** A command that cannot do what it is asked, and how it says so. */
export interface BadInput {
  readonly args: readonly string[];
  /** Who asks; Alice, the author, unless said otherwise. */
  readonly as?: (clinic: Clinic) => Person;
  /** Makes the repository one in which it cannot be done. */
  readonly spoil?: (clinic: Clinic) => Promise<unknown>;
  readonly options?: CliOptions | ((clinic: Clinic) => CliOptions);
  /** The whole of what is said, but for a refusal's reasons. */
  readonly says: string | ((clinic: Clinic) => string | Promise<string>);
  /** For a refusal: its reasons, each as rule, what is unmet, and what would meet it. Absent for a failure. */
  readonly refused?: readonly (readonly [rule: string, message: string, remedy: string])[];
  readonly kind?: 'usage' | 'repository';
}

interface ErrorDocument {
  readonly schema: string;
  readonly error: {
    readonly kind: string;
    readonly message: string;
    readonly reasons: readonly { readonly rule: string; readonly message: string; readonly remedy: string }[];
  };
}

/** Holds a command to it: the exit code, one sentence on standard error and nothing beside it, one document, nothing changed. */
export async function expectTold(clinic: Clinic, bad: BadInput): Promise<void> {
  const { team } = clinic;
  await bad.spoil?.(clinic);
  const options = typeof bad.options === 'function' ? bad.options(clinic) : bad.options;
  const says = typeof bad.says === 'function' ? await bad.says(clinic) : bad.says;
  const person = (bad.as ?? (({ alice }) => alice))(clinic);
  const code = bad.refused === undefined ? 2 : 1;
  const before = await snapshotOf(team.repo);

  const text = await team.cli(person, bad.args, options);
  expect(text).toEqual({ code, stdout: '', stderr: text.stderr });
  expect(bad.refused === undefined ? text.stderr : flat(text.stderr)).toBe(sentence(says, bad.refused));

  expect(await snapshotOf(team.repo)).toEqual(before);
  // What is said is the same by either adapter: the document needs to be looked at with one.
  if (team.adapter === 'native') return;
  const json = await team.cli(person, ['--json', ...bad.args], options);
  const document: ErrorDocument = JSON.parse(json.stdout);
  const reasons = (bad.refused ?? []).map(([rule, message, remedy]) => ({ rule, message, remedy }));
  const kind = bad.refused === undefined ? (bad.kind ?? 'failed') : 'refused';
  expect(document).toEqual({ schema: 'promptaudit/error@1', error: { kind, message: says, reasons } });
  expect(json).toEqual({ code, stdout: json.stdout, stderr: text.stderr });

  expect(await snapshotOf(team.repo)).toEqual(before);
}

/** A refusal is laid out for the terminal's width: its words are what counts. */
function flat(text: string): string {
  return text.trim().replace(/\s+/g, ' ');
}

function sentence(says: string, refused: BadInput['refused']): string {
  if (refused === undefined) return `promptaudit: ${says}\n`;
  const reasons = refused.map(([rule, message, remedy]) =>
    message === says ? `${remedy} ${rule}` : `- ${message} ${remedy} ${rule}`,
  );
  return flat([`refused: ${says}`, ...reasons].join(' '));
}
