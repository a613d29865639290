import { Failure } from '../../failure.ts';
import { parseOid } from '../object.ts';
import type { StagedFile } from '../store.ts';
import { type GitPlace, reasonOf, runGit } from './process.ts';

/** No setting of the user's changes what is compared, or how it is written. */
const COMPARE = [
  ...['diff', '--cached', '--raw', '-z', '--no-abbrev', '--no-renames', '--no-ext-diff', '--no-textconv'],
  ...['--no-color', '--no-relative', '--ignore-submodules=none', '--diff-filter=AMT', '--'],
];

/** As `WorkTree.staged` says: git compares its index with HEAD, or with nothing where there is no commit yet. */
export async function stagedFiles(place: GitPlace, folder: string): Promise<readonly StagedFile[]> {
  const result = await runGit(place, folder === '' ? COMPARE : [...COMPARE, folder]);
  if (result.code !== 0) throw new Failure(`git cannot tell what is staged: ${reasonOf(result)}`);
  const below = folder === '' ? '' : `${folder}/`;
  const fields = result.stdout.toString().split('\0');
  const files: StagedFile[] = [];
  for (let at = 0; at + 1 < fields.length; at += 2) {
    const file = readLine(fields[at] ?? '', fields[at + 1] ?? '');
    if (file.path.startsWith(below)) files.push(file);
  }
  return files.sort((a, b) => Buffer.compare(Buffer.from(a.path), Buffer.from(b.path)));
}

/** `:<mode> <mode> <oid> <oid> <status>`, the second of each as it is in the index. Source: git-diff-index(1), "Raw output format". */
function readLine(line: string, path: string): StagedFile {
  const [, mode = '', , digits = ''] = line.split(' ');
  const oid = parseOid(digits);
  if (oid === undefined || !/^[0-7]{6}$/.test(mode))
    throw new Failure(`git says of what is staged ${JSON.stringify(line)}, which is not understood`);
  return { path, oid, mode };
}
