import { Failure } from '../failure.ts';
import { OID_BYTES } from './object.ts';
import type { RepositoryLayout } from './store.ts';

/**
 * git finds a name in `packed-refs` by halving, where the header says that the lines are sorted: of a name that is there twice, or
 * out of its place, it sees one thing where it looks one up and another where it lists them all. Source: gitrepository-layout(5),
 * `packed-refs`; git's refs/packed-backend.c.
 * @param text each byte as a character, so that the order of characters is that of bytes
 * @throws Failure
 */
export function refuseDisorder(
  text: string,
  path: string,
  objectFormat: RepositoryLayout['objectFormat'],
): void {
  const before = 2 * OID_BYTES[objectFormat] + 1;
  const sorted = /^# pack-refs with:.* sorted[ \n]/.test(text);
  const seen = new Set<string>();
  let last = '';
  for (let at = 0, number = 1; at < text.length; number += 1) {
    const end = text.indexOf('\n', at);
    if (end === -1) throw damaged(path, number);
    if (!NO_REF.includes(text[at])) {
      const name = text.slice(at + before, end);
      if (sorted ? name <= last : seen.has(name)) throw damaged(path, number);
      if (sorted) last = name;
      else seen.add(name);
    }
    at = end + 1;
  }
}

/** How the header begins, and what a tag leads to. */
const NO_REF: readonly (string | undefined)[] = ['#', '^'];

/** Of a line of `packed-refs` that git would not have written. */
export function damaged(path: string, line: number): Failure {
  return new Failure(`${path} is damaged in line ${line}: restore it from a backup or from another clone`);
}
