import { lstatSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { refuseOddRef, rootOf } from '../loosefiles.ts';
import { OID_BYTES, type Oid, parseOid } from '../object.ts';
import { isPerWorktree, isRefOrHead } from '../refname.ts';
import type { GitConfig, RepositoryLayout } from '../store.ts';
import { MAX_SYMBOLIC, symbolicTarget } from '../symbolicref.ts';

/** git's id of no object, as far as it needs to be told apart. */
const NO_ID = '0'.repeat(40);

/**
 * The object id that a ref's own file holds, which git takes before a packed one; read here it saves a process. Where the
 * file is anything but an id and a line feed, or there is none, it is git's to say what the ref is.
 * Source: gitrepository-layout(5), `refs`.
 * @throws Failure where it is a link
 */
export function readRefFile(layout: RepositoryLayout, name: string): Oid | undefined {
  refuseOddRef(layout, name);
  if (isPerWorktree(name)) return undefined;
  const { commonDir, objectFormat } = layout;
  const path = join(commonDir, name);
  const length = 2 * OID_BYTES[objectFormat] + 1;
  try {
    const found = lstatSync(path, { throwIfNoEntry: false });
    if (found?.isFile() !== true || found.size !== length) return undefined;
    const text = readFileSync(path, 'latin1');
    const isId = text.length === length && text.endsWith('\n') && !text.startsWith(NO_ID);
    return isId ? parseOid(text.slice(0, -1)) : undefined;
  } catch {
    return undefined;
  }
}

/** Whether the symbolic refs that begin at this one lead on for ever, or to what is no ref, rather than to one that is not there. */
export function leadsAstray(layout: RepositoryLayout, name: string): boolean {
  let at = name;
  for (let depth = 0; depth < MAX_SYMBOLIC; depth += 1) {
    const target = targetOf(join(rootOf(layout, at), at));
    if (target === undefined) return false;
    if (!isRefOrHead(target)) return true;
    at = target;
  }
  return true;
}

/** An old `HEAD` may be a link. */
function targetOf(path: string): string | undefined {
  try {
    const found = lstatSync(path);
    if (found.isSymbolicLink()) return readlinkSync(path);
    return found.isFile() ? symbolicTarget(readFileSync(path, 'utf8')) : undefined;
  } catch {
    return undefined;
  }
}

/** Not in a table of their own (reftable), which only git reads. Source: git-config(1), `extensions.refStorage`. */
export function keepsRefsInFiles(config: GitConfig): boolean {
  return (config.get('extensions.refStorage') ?? 'files') === 'files';
}
