import type { Oid } from '../git/object.ts';
import type { GitStore } from '../git/store.ts';
import { isFileEntry } from '../git/tree.ts';
import { sha256 } from '../ledger/digest.ts';
import { POLICY_PATH } from '../policy/names.ts';
import { parsePromptName, promptNameAt } from '../prompts/name.ts';
import { finding } from '../trail/findings.ts';
import type { Finding } from '../trail/model.ts';
import type { Trail } from '../trail/trail.ts';
import { contentWords } from './branchrules.ts';
import { type BroughtFile, introducedOn } from './introduced.ts';
import { newLine } from './newline.ts';
import { placeKind } from './promptpaths.ts';

const HEADS = 'refs/heads/';
const REGISTER = 'register it with promptaudit commit, and push with promptaudit sync';
const TAKE_OUT = 'take it out of the commits, and push again';

/** A branch that is about to move. */
interface MovingBranch {
  /** Its full name, `refs/heads/…`. */
  readonly ref: string;
  readonly tip: Oid;
  /** Ends of lines whose content was judged before. */
  readonly known: readonly Oid[];
}

/** What of that which a branch is about to get nobody registered. */
export async function broughtUnregistered(
  store: GitStore,
  trail: Trail,
  { ref, tip, known }: MovingBranch,
): Promise<readonly Finding[]> {
  const folder = trail.policy.policy.prompts;
  const [first] = await trail.policies();
  if (first === undefined) return [];
  const branch = ref.slice(HEADS.length);
  const line = await newLine(store, tip, known, first.commit);
  const { files, unreadable, tooLarge } = await introducedOn(store, line, folder, first.commit);
  const strangers = await unregistered(store, trail, folder, files);
  return [
    ...strangers.map((file) => unregisteredFinding(ref, branch, folder, file)),
    ...tooLarge.map((commit) =>
      finding(
        'version/unregistered',
        { ref, object: commit },
        `commit ${commit.slice(0, 12)} of ${branch} has ${contentWords({ kind: 'crowd', prompt: undefined, path: folder, object: commit })}`,
        REGISTER,
      ),
    ),
    ...unreadable.map(({ oid, state }) =>
      finding(
        state === 'missing' ? 'object/missing' : 'object/corrupt',
        { ref, object: oid },
        `object ${oid.slice(0, 12)}, on which ${branch} rests, is ${state}`,
      ),
    ),
  ];
}

/** Files of no version of the prompt at whose place they are: each content once, with the oldest commit that brought it. */
async function unregistered(
  store: GitStore,
  trail: Trail,
  folder: string,
  files: readonly BroughtFile[],
): Promise<readonly BroughtFile[]> {
  const brought = new Map<string, BroughtFile>();
  for (const file of files)
    if (file.path !== POLICY_PATH) brought.set(`${file.oid} ${file.mode} ${file.path}`, file);
  const regular = [...brought.values()].filter(isFileEntry);
  const digests = await blobDigests(store, new Set(regular.map(({ oid }) => oid)));
  const found: BroughtFile[] = [];
  for (const file of brought.values()) {
    const name = parsePromptName(promptNameAt(folder, file.path) ?? '');
    const versions = name === undefined ? undefined : (await trail.prompt(name))?.versions;
    const digest = digests.get(file.oid);
    const known = versions?.some(({ contentDigest }) => contentDigest === digest) === true;
    if (!known || !isFileEntry(file)) found.push(file);
  }
  return found;
}

/** The digests of those that can be read. */
export async function blobDigests(
  store: GitStore,
  blobs: ReadonlySet<Oid>,
): Promise<ReadonlyMap<Oid, string>> {
  const digests = new Map<Oid, string>();
  for await (const result of store.readMany(blobs)) {
    if (result.state === 'present' && result.object.kind === 'blob')
      digests.set(result.object.oid, sha256(result.object.bytes));
  }
  return digests;
}

function unregisteredFinding(ref: string, branch: string, folder: string, file: BroughtFile): Finding {
  const { commit, path, oid: object } = file;
  const prompt = promptNameAt(folder, path);
  const kind = placeKind(folder, file);
  const message = `commit ${commit.slice(0, 12)} of ${branch} has ${contentWords({ kind, prompt, path, object })}`;
  const place = { ref, object, ...(prompt === undefined ? {} : { prompt }) };
  return finding('version/unregistered', place, message, kind === 'file' ? REGISTER : TAKE_OUT);
}
