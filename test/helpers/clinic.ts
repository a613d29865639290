import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import type { Sandbox } from './sandbox.ts';
import { type Adapter, type Person, Team } from './team.ts';

/** A small registry at work: an admin, an author, an approver and a deployer, two prompts, one of them in production. */
export interface Clinic {
  readonly team: Team;
  readonly olga: Person;
  readonly alice: Person;
  readonly bob: Person;
  readonly dana: Person;
}

export const INTAKE = 'prompts/intake.prompt.yml';

/** A prompt file whose one line of text is `text`. */
export function promptText(name: string, text: string): string {
  return `name: ${name}\nmodel: openai/gpt-5\nmessages:\n  - role: user\n    content: ${text}\n`;
}

export async function foundClinic(sandbox: Sandbox, adapter: Adapter = 'native'): Promise<Clinic> {
  const team = new Team(sandbox, adapter, join(sandbox.dir, 'clinic'));
  const people = ['Olga', 'Alice', 'Bob', 'Dana'].map((name) => team.person(name));
  const [olga, alice, bob, dana] = (await Promise.all(people)) as [Person, Person, Person, Person];
  const clinic: Clinic = { team, olga, alice, bob, dana };
  // Either adapter writes the same, and this one starts no process for each question.
  team.everyday = 'embedded';
  await sandbox.git(['init', '-q', '-b', 'main', '--template=', team.repo]);
  await team.write(INTAKE, promptText('intake', 'Ask about allergies.'));
  await team.write('prompts/triage/adults.prompt.yml', promptText('triage/adults', 'How urgent is it?'));
  // What git does by itself in the background would be at work in a folder that is about to go.
  await team.git('config', 'maintenance.auto', 'false');
  await team.ok(olga, ['init', '--name', 'clinic']);
  const roles = [
    [alice, 'author'],
    [bob, 'approver'],
    [dana, 'deployer'],
  ] as const;
  for (const [{ email, name, key }, role] of roles) {
    await team.ok(olga, ['policy', 'add', email, '--name', name, '--role', role, '--key', `${key}.pub`]);
  }
  await team.ok(olga, ['policy', 'commit', '-m', 'The team']);
  await team.write(INTAKE, promptText('intake', 'Ask about allergies first.'));
  await team.ok(alice, ['commit', '-m', 'Allergies first']);
  await team.ok(bob, ['approve', 'intake@2', '-m', 'Reviewed']);
  await team.ok(dana, ['deploy', 'intake@2', '-e', 'staging']);
  await team.ok(dana, ['deploy', 'intake@2', '-e', 'production']);
  // Copies of few files are made fast.
  await team.git('repack', '-adq');
  team.everyday = undefined;
  return clinic;
}

/** The same registry in a folder of its own, for a test to spoil. */
export async function copyOf(clinic: Clinic, adapter: Adapter, name = 'repo'): Promise<Clinic> {
  const { sandbox, repo, clock } = clinic.team;
  const team = new Team(sandbox, adapter, join(await mkdtemp(join(sandbox.dir, 'copy-')), name));
  team.clock = clock;
  // A process of its own does it in a quarter of the time.
  await sandbox.ok('cp', ['-a', repo, team.repo]);
  return { ...clinic, team };
}
