import { Failure } from '../../failure.ts';
import type { GitConfig } from '../store.ts';
import { type GitPlace, reasonOf, runGit } from './process.ts';

/** What the attributes of one path have git do to its bytes on their way in and out. */
export interface Conversion {
  /** Line ends may change. */
  readonly lineEnds: boolean;
  /** A filter, `ident` or another encoding applies: anything may change. */
  readonly content: boolean;
}

/** Source: gitattributes(5), "Checking-out and checking-in". `crlf` is the old name of `text`. */
const LINE_ENDS = ['text', 'crlf', 'eol'];
const CONTENT = ['filter', 'ident', 'working-tree-encoding'];

/** The conversions of paths, in order, in one process. */
export async function conversionsOf(
  place: GitPlace,
  config: GitConfig,
  paths: readonly string[],
): Promise<readonly Conversion[]> {
  if (paths.length === 0) return [];
  const args = ['check-attr', '--stdin', '-z', ...LINE_ENDS, ...CONTENT];
  const result = await runGit(place, args, paths.map((path) => `${path}\0`).join(''));
  if (result.code !== 0) throw new Failure(`git cannot tell the attributes of files: ${reasonOf(result)}`);
  const automatic =
    (config.get('core.autocrlf') ?? 'false').toLowerCase() === 'input' ||
    config.getBool('core.autocrlf') === true;
  const set = attributesSet(result.stdout.toString());
  return paths.map((path) => {
    const names = set.get(path) ?? new Set();
    return {
      lineEnds: automatic || LINE_ENDS.some((name) => names.has(name)),
      content: CONTENT.some((name) => names.has(name)),
    };
  });
}

/** From `<path> NUL <attribute> NUL <value> NUL …`: the attributes of each path that do something. */
function attributesSet(output: string): ReadonlyMap<string, ReadonlySet<string>> {
  const fields = output.split('\0');
  const set = new Map<string, Set<string>>();
  for (let at = 0; at + 2 < fields.length; at += 3) {
    const [path = '', name = '', value] = fields.slice(at, at + 3);
    const names = set.get(path) ?? new Set();
    if (value !== 'unspecified' && value !== 'unset') names.add(name);
    set.set(path, names);
  }
  return set;
}
