import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Failure } from '../failure.ts';
import { errorCode } from '../git/files.ts';
import type { Person } from './cast.ts';
import { identityOf } from './environment.ts';
import { REPO, TAMPERED } from './story.ts';

/** Where the keys are: beside the repositories, so that they are never committed. */
export const PEOPLE = 'people';

/** The file by which git has no configuration of the user's. */
export const EMPTY_CONFIG = 'gitconfig';

/** @throws Failure when something is there already */
export async function demandEmpty(folder: string): Promise<void> {
  const names = await readdir(folder).catch((error: unknown) => {
    if (errorCode(error) === 'ENOENT') return [];
    if (errorCode(error) === 'ENOTDIR') throw new Failure(`${folder} is not a folder: name a new one`);
    throw error;
  });
  if (names.length > 0) throw new Failure(`${folder} is not empty: name a new folder, or delete it first`);
}

/** Makes the folder, everybody's key, and for each a file that makes a shell theirs. */
export async function prepare(folder: string, people: readonly Person[]): Promise<void> {
  await mkdir(join(folder, PEOPLE), { recursive: true });
  await writeFile(join(folder, PEOPLE, EMPTY_CONFIG), '');
  await writeFile(join(folder, 'README.md'), README);
  for (const person of people) {
    await writeFile(person.keyPath, person.key.text, { mode: 0o600 });
    await writeFile(`${person.keyPath}.pub`, `${person.key.publicKey} ${person.email}\n`);
    await writeFile(join(folder, PEOPLE, `${person.who}.sh`), shellFile(person));
  }
}

/** Writes a file of the registry's working tree, as an editor would. */
export async function writeInto(repository: string, path: string, bytes: Uint8Array): Promise<void> {
  const file = join(repository, path);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, bytes);
}

function shellFile(person: Person): string {
  const lines = Object.entries(identityOf(person)).map(
    ([name, value]) => `export ${name}=${quoted(value)}\n`,
  );
  return `# Makes a shell ${person.name}'s, and changes no configuration: . ${PEOPLE}/${person.who}.sh\n${lines.join('')}`;
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

const README = `# A promptaudit demo

Made by \`promptaudit demo\`. Delete it whenever you like.

- \`${REPO}/\`: the registry, an ordinary git repository with three prompts in it.
- \`${TAMPERED}/\`: a clone in which somebody forged a note and deleted an approval.
- \`${PEOPLE}/\`: the keys of the people in the story. They were made for this folder and have no passphrase: use them
  for nothing else. \`. ${PEOPLE}/alice.sh\` makes a shell Alice's.
`;
