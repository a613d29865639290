import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { VerifyDocument } from '../helpers/documents.ts';
import { foundHospital, type Hospital } from '../helpers/hospital.ts';
import type { Sandbox } from '../helpers/sandbox.ts';
import type { Adapter } from '../helpers/team.ts';

type FoundRow = VerifyDocument['findings'][number];

export interface Verified {
  readonly code: number;
  readonly report: VerifyDocument & {
    readonly acknowledged: readonly (FoundRow & { readonly by: string; readonly reason: string })[];
    readonly since?: { readonly sequence: number; readonly earlier: number } | null;
  };
  readonly found: readonly FoundRow[];
}

/** `foundHospital`, in a repository that is quick to copy. */
export function foundBase(sandbox: Sandbox): Promise<Hospital> {
  return foundHospital(sandbox, 'embedded', '--template=');
}

/** Runs `verify --json`. */
export async function verify(
  { team }: Hospital,
  args: readonly string[] = [],
  adapter: Adapter = team.adapter,
): Promise<Verified> {
  const { code, stdout, stderr } = await team.through(adapter).cli(undefined, ['--json', 'verify', ...args]);
  const report: Verified['report'] = JSON.parse(stdout);
  if (report.findings === undefined) throw new Error(`verify exited with ${code}\n${stdout}${stderr}`);
  return { code, report, found: report.findings };
}

/** `code@sequence`, or the code alone, of what `verify` finds by one adapter; sorted. */
export async function codes(
  hospital: Hospital,
  args: readonly string[] = [],
  adapter?: Adapter,
): Promise<readonly string[]> {
  const { found } = await verify(hospital, args, adapter);
  return found.map(({ code, sequence }) => (sequence === null ? code : `${code}@${sequence}`)).sort();
}

/** As `codes`, by both adapters, which must agree: for what they read each in their own way. */
export async function codesByBoth(hospital: Hospital): Promise<readonly string[]> {
  const native = await codes(hospital, [], 'native');
  expect(await codes(hospital, [], 'embedded')).toEqual(native);
  return native;
}

/** Writes files and commits them with stock git, past the registry. Answers the commit. */
export async function plainCommit(
  { team }: Hospital,
  files: Readonly<Record<string, string | undefined>>,
  message = 'Quick fix',
): Promise<string> {
  for (const [path, text] of Object.entries(files)) {
    if (text === undefined) await rm(join(team.repo, path));
    else await team.write(path, text);
  }
  await team.git('add', '-A');
  await team.git('commit', '-q', '-m', message);
  return team.git('rev-parse', 'HEAD');
}

/** The path of a loose object; everything is unpacked first, so that each object is one. */
export async function looseObject({ team }: Hospital, revision: string): Promise<string> {
  const oid = await team.git('rev-parse', revision);
  return join(team.repo, '.git/objects', oid.slice(0, 2), oid.slice(2));
}

/** Puts other bytes in the place of a loose object. */
export async function spoil(path: string, bytes: Uint8Array | string): Promise<void> {
  await rm(path, { force: true });
  await writeFile(path, bytes);
}
