import type { GitConfig } from '../git/store.ts';
import type { Finding } from '../trail/model.ts';

const HINT =
  'this is a partial clone, which left objects with its remote: let git fetch them by running promptaudit --git native verify where it can reach that remote, or clone again without --filter';

/** What is missing from a partial clone was never lost: its remote has it. Source: partial-clone.txt of git, "Design Details". */
export function hintedForPartialClone(config: GitConfig, findings: readonly Finding[]): readonly Finding[] {
  if (!isPartialClone(config)) return findings;
  return findings.map((found) => (found.code === 'object/missing' ? { ...found, hint: HINT } : found));
}

function isPartialClone(config: GitConfig): boolean {
  const promises = (remote: string) => config.getBool(`remote.${remote}.promisor`) === true;
  return config.get('extensions.partialclone') !== undefined || config.sections('remote').some(promises);
}
