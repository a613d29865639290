import type { VerifyDocument } from './documents.ts';
import type { CliOptions, Person, Team } from './team.ts';

/** `promptaudit sync --json`, as far as tests look into it. */
export interface SyncDocument {
  readonly schema: 'promptaudit/sync@1';
  readonly remote: string;
  readonly registry: string;
  readonly head: { readonly sequence: number; readonly commit: string; readonly digest: string };
  readonly received: { readonly events: number; readonly tags: number };
  readonly replayed: readonly {
    readonly event: string;
    readonly prompt: string | null;
    readonly from: number;
    readonly to: number;
    readonly version: { readonly from: number; readonly to: number } | null;
  }[];
  readonly aside: readonly {
    readonly sequence: number;
    readonly event: string;
    readonly prompt: string | null;
    readonly ref: string;
    readonly message: string;
    readonly reasons: readonly { readonly rule: string; readonly message: string; readonly remedy: string }[];
  }[];
  readonly sent: { readonly events: number; readonly tags: number; readonly branch: boolean };
  readonly branch: { readonly name: string; readonly state: string } | null;
  readonly findings: VerifyDocument['findings'];
  readonly refused: string | null;
  readonly ahead: number;
  readonly behind: number;
  readonly dryRun: boolean;
}

interface ErrorDocument {
  readonly schema: 'promptaudit/error@1';
  readonly error: {
    readonly kind: string;
    readonly message: string;
    readonly reasons?: readonly { readonly rule: string }[];
  };
}

export interface Synced {
  readonly code: number;
  readonly document: SyncDocument | ErrorDocument;
  readonly stderr: string;
}

export async function trySync(
  team: Team,
  person: Person,
  args: readonly string[] = [],
  options: CliOptions = {},
): Promise<Synced> {
  const { code, stdout, stderr } = await team.cli(person, ['--json', 'sync', ...args], options);
  if (stdout === '') throw new Error(`sync exited with ${code} and no document\n${stderr}`);
  return { code, document: JSON.parse(stdout), stderr };
}

/** A sync that must end with 0. */
export async function sync(
  team: Team,
  person: Person,
  args: readonly string[] = [],
  options: CliOptions = {},
): Promise<SyncDocument> {
  const { code, document, stderr } = await trySync(team, person, args, options);
  if (code !== 0 || !isSync(document))
    throw new Error(`sync exited with ${code}\n${stderr}${JSON.stringify(document, null, 2)}`);
  return document;
}

/** A sync that must end with 1 and tell how far it came all the same. */
export async function syncTold(
  team: Team,
  person: Person,
  args: readonly string[] = [],
): Promise<SyncDocument> {
  const { code, document, stderr } = await trySync(team, person, args);
  if (code !== 1 || !isSync(document))
    throw new Error(`sync exited with ${code}\n${stderr}${JSON.stringify(document, null, 2)}`);
  return document;
}

/** A sync that must be refused with exit code 1; the codes of what was found, sorted. */
export async function codesOfSync(
  team: Team,
  person: Person,
  args: readonly string[] = [],
): Promise<readonly string[]> {
  const { code, document, stderr } = await trySync(team, person, args);
  if (code !== 1) throw new Error(`sync exited with ${code}\n${stderr}${JSON.stringify(document, null, 2)}`);
  if (isSync(document)) return document.findings.map((found) => found.code).sort();
  return (document.error.reasons ?? []).map(({ rule }) => rule).sort();
}

/** A sync as a person sees it: its exit code, and all that it says, with the line breaks of the terminal's width taken out. */
export async function toldBySync(
  team: Team,
  person: Person,
  args: readonly string[] = [],
  options: CliOptions = {},
): Promise<readonly [code: number, said: string]> {
  const { code, stdout, stderr } = await team.cli(person, ['sync', ...args], options);
  return [code, `${stdout} ${stderr}`.trim().replace(/\s+/g, ' ')];
}

/** A sync that must fail with exit code 2; its one sentence. */
export async function syncFailed(
  team: Team,
  person: Person,
  args: readonly string[] = [],
  options: CliOptions = {},
): Promise<string> {
  const { code, stdout, stderr } = await team.cli(person, ['sync', ...args], options);
  if (code !== 2 || stdout !== '') throw new Error(`sync exited with ${code}\n${stderr}${stdout}`);
  return stderr;
}

function isSync(document: Synced['document']): document is SyncDocument {
  return document.schema === 'promptaudit/sync@1';
}
