import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { copyOf, foundHospital, type Hospital, policyOf, setPolicy } from '../../helpers/hospital.ts';
import type { Sandbox } from '../../helpers/sandbox.ts';

const DAY = 86_400;

/** A hospital (events 1 to 6) whose policy, event 7, keeps calls and accesses for 183 days and content for 30; Dee records, Bob audits. */
export async function foundArchive(sandbox: Sandbox): Promise<Hospital> {
  const hospital = await foundHospital(sandbox, 'embedded');
  const policy = policyOf(hospital);
  const dee = policy.principals[hospital.dee.email];
  const bob = policy.principals[hospital.bob.email];
  if (dee === undefined || bob === undefined) throw new Error('nobody');
  await setPolicy(hospital, {
    ...policy,
    principals: {
      ...policy.principals,
      [hospital.dee.email]: { ...dee, roles: ['deployer', 'recorder'] },
      [hospital.bob.email]: { ...bob, roles: ['approver', 'auditor'] },
    },
    retention: { calls: '183d', content: '30d', access: '183d' },
  } as Parameters<typeof setPolicy>[1]);
  return hospital;
}

export const copyOfArchive = (hospital: Hospital): Promise<Hospital> => copyOf(hospital);

export function storeOf({ team }: Hospital): string {
  return join(team.repo, '.promptaudit', 'calls');
}

/** A call as a test describes it. */
export interface Told {
  /** The last digits of its id. */
  readonly id: number;
  readonly user?: string;
  readonly conversation?: string;
  readonly said?: string;
  readonly heard?: string;
  /** When, where it is not the team's hour. */
  readonly occurred?: string;
}

export function idOf(number: number): string {
  return `019aa5c1-0000-7000-8000-${String(number).padStart(12, '0')}`;
}

/** Records calls with what was said, at the team's hour. */
export async function record(
  { team }: Hospital,
  calls: readonly Told[],
  ...args: readonly string[]
): Promise<void> {
  const lines = calls.map(({ id, user, conversation, said, heard, occurred }) =>
    JSON.stringify({
      id: idOf(id),
      'gen_ai.prompt.name': 'discharge',
      'user.id': user,
      'gen_ai.conversation.id': conversation,
      'gen_ai.input.messages': said,
      'gen_ai.output.messages': heard,
      occurredAt: occurred,
    }),
  );
  await team.ok(undefined, ['calls', 'record', '--recorder', 'ward', '--content', ...args], {
    stdin: `${lines.join('\n')}\n`,
  });
}

/** Records calls and seals them. */
export async function sealed(hospital: Hospital, calls: readonly Told[], ...args: string[]): Promise<void> {
  await record(hospital, calls, ...args);
  await hospital.team.ok(hospital.dee, ['calls', 'seal']);
}

/** Moves the clock on. */
export function later({ team }: Hospital, days: number): void {
  team.clock += days * DAY;
}

/** The paths of a store's files, below it. */
export async function filesOf(hospital: Hospital): Promise<readonly string[]> {
  const store = storeOf(hospital);
  const entries = await readdir(store, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(store, join(entry.parentPath, entry.name)))
    .sort();
}

/** The files of a store, by their path in it, that hold these bytes. */
export async function holding(hospital: Hospital, bytes: string | Buffer): Promise<readonly string[]> {
  const found: string[] = [];
  for (const path of await filesOf(hospital))
    if ((await readFile(join(storeOf(hospital), path))).includes(bytes)) found.push(path);
  return found;
}
