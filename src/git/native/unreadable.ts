import { closeSync, constants, openSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { errorCode, isAbsent, UNWAITING } from '../files.ts';
import type { Oid } from '../object.ts';
import type { RepositoryLayout } from '../store.ts';

/** Files that are there and that this user cannot have. Of others, git itself says what they are. */
const KEPT_BACK: readonly string[] = ['EACCES', 'EIO', 'ELOOP'];

/**
 * git says of what it may not open that it is missing, and of a ref or a folder of refs next to nothing.
 * @throws the system's error where the ref's own file is kept back from this user
 */
export function demandRefFile({ commonDir }: RepositoryLayout, name: string): void {
  demandOpen(join(commonDir, name));
}

/** @throws the system's error where the file of an object that git does not find is kept back from this user */
export function demandObjectFiles({ commonDir }: RepositoryLayout, oids: Iterable<Oid>): void {
  for (const oid of oids) demandOpen(join(commonDir, 'objects', oid.slice(0, 2), oid.slice(2)));
}

/** @throws the system's error where a pack or its index is kept back from this user: what is in it looks missing */
export function demandPackFiles({ commonDir }: RepositoryLayout): void {
  const packs = join(commonDir, 'objects', 'pack');
  for (const name of namesIn(packs)) if (/\.(?:pack|idx)$/.test(name)) demandOpen(join(packs, name));
}

function demandOpen(path: string): void {
  try {
    closeSync(openSync(path, constants.O_RDONLY | UNWAITING));
  } catch (error) {
    if (KEPT_BACK.includes(errorCode(error))) throw error;
  }
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (isAbsent(error)) return [];
    throw error;
  }
}
