import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import type { ActiveDocument, LogDocument, LoggedEvent, ShowDocument, VerifyDocument } from './documents.ts';
import type { Sandbox } from './sandbox.ts';
import { type Adapter, type Person, Team } from './team.ts';

const PEOPLE = ['Ada', 'Alice', 'Dan', 'Bob', 'Carol', 'Dee'] as const;

/** A registry at work in which everybody has one role: Ada is admin, Alice and Dan write, Bob and Carol approve, Dee deploys. */
export interface Hospital {
  readonly team: Team;
  readonly ada: Person;
  readonly alice: Person;
  readonly dan: Person;
  readonly bob: Person;
  readonly carol: Person;
  readonly dee: Person;
}

export const INTAKE = 'prompts/clinical-intake.prompt.yml';
export const DISCHARGE = 'prompts/discharge.prompt.yml';
export const POLICY_FILE = '.promptaudit/policy.yml';

/** A prompt file with this system message, a line each. */
export function promptText(name: string, ...lines: readonly string[]): string {
  const content = lines.map((line) => `      ${line}\n`).join('');
  return `name: ${name}\nmodel: openai/gpt-5\nmessages:\n  - role: system\n    content: |\n${content}`;
}

interface PolicyEntry {
  name: string;
  roles: readonly string[];
  keys: readonly (string | { key: string; revokedFrom: number })[];
}

export interface PolicyFile {
  schema: string;
  registry: string;
  prompts: string;
  protectedBranches: readonly string[];
  principals: Record<string, PolicyEntry>;
  environments: Record<string, object>;
  rules: readonly object[];
  adminThreshold: number;
  emergency: { roles: readonly string[]; reviewWithin: string };
  retention?: Readonly<Record<string, string>>;
}

/** The hospital's policy; a test changes what it is about. Production asks for one approval, of `clinical-*` for two. */
export function policyOf(
  { ada, alice, dan, bob, carol, dee }: Hospital,
  changes: Partial<PolicyFile> = {},
): PolicyFile {
  const entry = ({ name, publicKey }: Person, ...roles: string[]): PolicyEntry => ({
    name,
    roles,
    keys: [publicKey],
  });
  return {
    schema: 'promptaudit/policy@1',
    registry: 'acme-clinical',
    prompts: 'prompts',
    protectedBranches: ['main'],
    principals: {
      [ada.email]: entry(ada, 'admin'),
      [alice.email]: entry(alice, 'author'),
      [dan.email]: entry(dan, 'author'),
      [bob.email]: entry(bob, 'approver'),
      [carol.email]: entry(carol, 'approver'),
      [dee.email]: entry(dee, 'deployer'),
    },
    environments: { staging: {}, production: { approvals: 1, promoteFrom: 'staging' } },
    rules: [{ prompts: ['clinical-*'], environments: ['production'], approvals: 2 }],
    adminThreshold: 1,
    emergency: { roles: ['admin'], reviewWithin: '24h' },
    ...changes,
  };
}

/** Writes the policy file, which JSON is YAML for, and puts it to the ledger. */
export async function setPolicy(hospital: Hospital, policy: PolicyFile, by = hospital.ada): Promise<void> {
  await hospital.team.write(POLICY_FILE, JSON.stringify(policy, null, 2));
  await hospital.team.ok(by, ['policy', 'commit', '-m', 'Change the policy']);
}

/**
 * Events: 1 genesis and 2 policy v1 by Ada at 09:01, 3 policy v2 at 09:02, 4 clinical-intake v1 by Alice at 09:03, 5 its v2
 * by Dan at 09:04, 6 discharge v1 by Alice at 09:05, all on 2026-01-05.
 */
export async function foundHospital(
  sandbox: Sandbox,
  adapter: Adapter,
  ...gitInit: string[]
): Promise<Hospital> {
  const folder = await mkdtemp(join(sandbox.dir, `hospital-${adapter}-`));
  return foundBy(new Team(sandbox, adapter, folder), ...gitInit);
}

/** The same for native git to work on. It is founded without: either adapter writes the same, and one starts hardly a process. */
export async function foundForNative(sandbox: Sandbox): Promise<Hospital> {
  const team = new Team(sandbox, 'native', await mkdtemp(join(sandbox.dir, 'hospital-native-')));
  team.everyday = 'embedded';
  const hospital = await foundBy(team, '--template=');
  team.everyday = undefined;
  return hospital;
}

async function foundBy(team: Team, ...gitInit: string[]): Promise<Hospital> {
  const people: Person[] = [];
  for (const name of PEOPLE) people.push(await team.person(name));
  const [ada, alice, dan, bob, carol, dee] = people as [Person, Person, Person, Person, Person, Person];
  const hospital: Hospital = { team, ada, alice, dan, bob, carol, dee };
  await team.initRepository(...gitInit);
  // After each write git would look whether there is something to tidy up.
  await team.git('config', 'maintenance.auto', 'false');
  await team.ok(ada, ['init', '--name', 'acme-clinical']);
  await setPolicy(hospital, policyOf(hospital));
  await team.write(INTAKE, promptText('clinical-intake', 'Ask about allergies.', 'Be kind.'));
  await team.ok(alice, ['commit', 'clinical-intake', '-m', 'First wording']);
  await team.write(INTAKE, promptText('clinical-intake', 'Ask about allergies first.', 'Be kind.'));
  await team.ok(dan, [
    'commit',
    'clinical-intake',
    '-m',
    'Allergies first',
    '-m',
    'They are forgotten otherwise.',
  ]);
  await team.write(DISCHARGE, promptText('discharge', 'Sum up the visit.'));
  await team.ok(alice, ['commit', 'discharge', '-m', 'First wording']);
  return hospital;
}

/** The same registry in a folder of its own, for a test to work on. */
export async function copyOf(hospital: Hospital, adapter = hospital.team.adapter): Promise<Hospital> {
  const { sandbox, repo, clock } = hospital.team;
  const team = new Team(sandbox, adapter, join(await mkdtemp(join(sandbox.dir, 'copy-')), 'repo'));
  team.clock = clock;
  await sandbox.ok('cp', ['-a', repo, team.repo]);
  return { ...hospital, team };
}

/** Every event, oldest first. */
export async function eventsOf({ team }: Hospital): Promise<readonly LoggedEvent[]> {
  return (await team.json<LogDocument>(undefined, ['log', '--reverse'])).events;
}

export async function lastEvent(hospital: Hospital): Promise<LoggedEvent | undefined> {
  return (await eventsOf(hospital)).at(-1);
}

/** `discharge v1 in production`, by prompt and environment. */
export async function activeNow({ team }: Hospital, ...args: readonly string[]): Promise<readonly string[]> {
  const { active } = await team.json<ActiveDocument>(undefined, ['active', ...args]);
  return active.map(({ prompt, version, environment }) => `${prompt} v${version} in ${environment}`);
}

/** `production 1/2`, of a version. */
export async function approvalsOf({ team }: Hospital, ref: string): Promise<readonly string[]> {
  const { approvals } = await team.json<ShowDocument>(undefined, ['show', ref]);
  return approvals.map(({ environment, have, need }) => `${environment} ${have}/${need}`);
}

/** `code@sequence` of everything that `verify` finds; of what is about no event, the code alone. */
export async function findingsOf({ team }: Hospital, ...args: readonly string[]): Promise<readonly string[]> {
  const { code, stdout } = await team.cli(undefined, ['--json', 'verify', ...args]);
  const { findings, ok }: VerifyDocument = JSON.parse(stdout);
  if (ok !== (code === 0) || ok !== (findings.length === 0))
    throw new Error(`verify exited with ${code}\n${stdout}`);
  return findings.map((found) => (found.sequence === null ? found.code : `${found.code}@${found.sequence}`));
}
