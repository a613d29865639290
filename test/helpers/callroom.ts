import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isAbsent } from '../../src/git/files.ts';
import { type Clinic, copyOf as copyOfClinic, foundClinic } from './clinic.ts';
import type { Sandbox } from './sandbox.ts';
import type { Adapter, Person } from './team.ts';

/** A clinic that records its calls: Rita seals them, Olga may see what was said, Alice may not. */
export interface CallRoom extends Clinic {
  readonly rita: Person;
  readonly store: string;
}

/** The clinic's nine events, and 10: the policy by which Rita records. */
export async function foundCallRoom(sandbox: Sandbox): Promise<CallRoom> {
  const clinic = await foundClinic(sandbox, 'embedded');
  const { team, olga } = clinic;
  const rita = await team.person('Rita');
  const entry = ['--name', 'Rita', '--role', 'recorder', '--key', `${rita.key}.pub`];
  await team.ok(olga, ['policy', 'add', rita.email, ...entry]);
  await team.ok(olga, ['policy', 'commit', '-m', 'Rita records']);
  await team.ok(olga, ['verify']);
  return roomOf({ ...clinic, rita });
}

function roomOf(clinic: Clinic & { readonly rita: Person }): CallRoom {
  return { ...clinic, store: join(clinic.team.repo, '.promptaudit/calls') };
}

/** The same in a folder of its own, for a test to spoil. */
export async function copyOf(room: CallRoom, adapter: Adapter = 'embedded'): Promise<CallRoom> {
  return roomOf({ ...room, ...(await copyOfClinic(room, adapter)) });
}

/** The id of a call. */
export function idOf(number: number): string {
  return `019b8d4a-0000-7000-8000-${String(number).padStart(12, '0')}`;
}

/** A call as an application tells of it, behind a line feed; each at a second of its own. */
export function callOf(number: number, more: Readonly<Record<string, unknown>> = {}): string {
  const call = {
    id: idOf(number),
    occurredAt: new Date(Date.UTC(2026, 0, 5, 12) + 1000 * number).toISOString(),
    'gen_ai.request.model': 'gpt-5',
    'gen_ai.prompt.name': 'intake',
    'gen_ai.prompt.version': '2',
    'promptaudit.environment': 'production',
    'gen_ai.usage.input_tokens': 100 + number,
    'user.id': `u${number}`,
    ...more,
  };
  return `${JSON.stringify(call)}\n`;
}

/** Records calls with these numbers, as one recorder. */
export async function recordCalls(
  { team }: CallRoom,
  numbers: readonly number[],
  args: readonly string[] = [],
  more: Readonly<Record<string, unknown>> = {},
): Promise<void> {
  const stdin = numbers.map((number) => callOf(number, more)).join('');
  await team.ok(undefined, ['calls', 'record', '--recorder', 'api', ...args], { stdin });
}

/** The lines of the store's open segments of a class; one that is sealed while they are read has none. */
export async function openLines(store: string, kind: 'calls' | 'access'): Promise<readonly string[]> {
  const names = await readdir(join(store, 'open')).catch(() => []);
  const files = names.filter((name) => name.endsWith('.jsonl') && name.includes(`-${kind}-`)).sort();
  const texts = await Promise.all(
    files.map((name) =>
      readFile(join(store, 'open', name), 'utf8').catch((error: unknown) => {
        if (isAbsent(error)) return '';
        throw error;
      }),
    ),
  );
  return texts.join('').split('\n').slice(0, -1);
}

/** Every access on the record that is not sealed, as its recorder wrote it. */
export async function accessesIn(store: string): Promise<readonly Readonly<Record<string, unknown>>[]> {
  return (await openLines(store, 'access')).map((line) => JSON.parse(line));
}
