import { assertNever, Failure } from '../failure.ts';
import { parseCommitLinks } from '../git/commit.ts';
import type { Identity } from '../git/identity.ts';
import { emptyTree, type NewObject, type Oid } from '../git/object.ts';
import { treeReader } from '../git/readtree.ts';
import type { FileMode, GitStore, RefUpdate } from '../git/store.ts';
import { ObjectCorrupt } from '../git/store.ts';
import { replacePath } from '../git/treeedit.ts';
import { decisionTagRef, encodeDecisionTag, tagNameAt, tagOfDecision } from '../ledger/decisiontag.ts';
import { type DecisionDetail, LEDGER_REF, type RegistryId } from '../ledger/event.ts';
import { encodeVersionCommit } from '../ledger/versioncommit.ts';
import { POLICY_PATH } from '../policy/names.ts';
import type { Signer } from '../signing/model.ts';
import { type AppendedEvent, Builder, type LedgerPosition } from './builder.ts';
import type { Plan, Step, StepOf } from './plan.ts';

/** The branch that commits of a plan go to; `oid` is `undefined` for one without a commit yet. */
export interface Branch {
  readonly ref: string;
  readonly oid: Oid | undefined;
}

export interface Workshop {
  readonly store: GitStore;
  readonly signer: Signer;
  readonly identity: Identity;
  readonly position: LedgerPosition;
  /** Needed by steps that commit a file. */
  readonly branch: Branch | undefined;
  readonly progress?: ((done: number, total: number) => void) | undefined;
}

/** What the working tree's index must show once the branch has moved. */
interface Staged {
  readonly path: string;
  readonly entry: { readonly oid: Oid; readonly mode: FileMode } | undefined;
}

/** The work on one plan: the branch as it grows, and what else will move. */
interface Bench extends Workshop {
  readonly builder: Builder;
  branchTip: Oid | undefined;
  tree: Oid;
  readonly tags: RefUpdate[];
  readonly staged: Staged[];
}

/** What a plan amounts to, signed, and in the repository only once it is written. */
export interface Built {
  readonly appended: readonly AppendedEvent[];
  /** Each before those that name it. */
  readonly objects: readonly NewObject[];
  /** New decision tags. */
  readonly tags: readonly RefUpdate[];
  /** The ledger's new tip. */
  readonly tip: Oid | undefined;
  /** Where the branch goes. */
  readonly branchTip: Oid | undefined;
  readonly staged: readonly Staged[];
}

/** Makes and signs every object of a plan; writes nothing. */
export async function build(shop: Workshop, plan: Plan): Promise<Built> {
  const builder = new Builder(shop.store, shop.signer, shop.identity, shop.position);
  const tree =
    shop.branch?.oid === undefined
      ? emptyTree(shop.store.layout.objectFormat)
      : await treeOf(shop.store, shop.branch.oid);
  const bench: Bench = { ...shop, builder, branchTip: shop.branch?.oid, tree, tags: [], staged: [] };
  for (const [index, step] of plan.steps.entries()) {
    await carryOut(bench, step);
    shop.progress?.(index + 1, plan.steps.length);
  }
  const { appended, objects, tip } = builder;
  const { tags, branchTip, staged } = bench;
  return { appended, objects, tags, tip, branchTip, staged };
}

/**
 * Carries a plan out: makes and signs every object, writes them, and moves all refs in one transaction. A crash before
 * that leaves unreachable objects and nothing else.
 * @throws RefConflict when somebody else was faster
 */
export async function apply(shop: Workshop, plan: Plan): Promise<readonly AppendedEvent[]> {
  const { store } = shop;
  const built = await build(shop, plan);
  await store.write(built.objects);
  await writeNewFiles(store, plan);
  for (const { path, entry } of built.staged) await store.workTree?.stage(path, entry);
  await store.updateRefs(refUpdates(shop, built, plan));
  for (const step of plan.steps) if (step.step === 'retirement') await store.workTree?.removeFile(step.path);
  return built.appended;
}

/** The tree of a commit. @throws ObjectMissing, ObjectCorrupt */
export async function treeOf(store: GitStore, commit: Oid): Promise<Oid> {
  const links = parseCommitLinks((await store.read(commit)).bytes);
  if (links === undefined) throw new ObjectCorrupt(commit);
  return links.tree;
}

/** What a plan commits without having read it from the working tree: the first policy. A file that is there is the user's. */
async function writeNewFiles({ workTree }: GitStore, { steps }: Plan): Promise<void> {
  if (workTree === undefined) return;
  const files = new Map(steps.flatMap((step) => (step.step === 'policy' ? [...step.files] : [])));
  for (const { state, path } of await workTree.readStored([...files.keys()], 0)) {
    const bytes = files.get(path);
    if (state === 'absent' && bytes !== undefined) await workTree.writeFile(path, bytes);
  }
}

/** Tags and branch before the ledger: whoever reads the ledger finds what it names. */
function refUpdates({ branch, position }: Workshop, built: Built, plan: Plan): readonly RefUpdate[] {
  const message = `promptaudit: ${plan.steps.length === 1 ? (plan.steps[0]?.step ?? '') : `${plan.steps.length} events`}`;
  const moved = branch !== undefined && built.branchTip !== branch.oid;
  return [
    ...built.tags,
    ...(moved ? [{ ref: branch.ref, expected: branch.oid, next: built.branchTip, message }] : []),
    { ref: LEDGER_REF, expected: position.head?.commit, next: built.tip, message },
  ];
}

async function carryOut(bench: Bench, step: Step): Promise<void> {
  switch (step.step) {
    case 'genesis':
      return bench.builder.append({ event: 'genesis', name: step.name }, '');
    case 'policy':
      return commitPolicy(bench, step);
    case 'version':
      return commitVersion(bench, step);
    case 'retirement':
      return commitRetirement(bench, step);
    case 'decision':
      return tagDecision(bench, step);
    case 'deployment': {
      const { prompt, version, commit, contentDigest, environment, replaces, kind, reference } = step;
      return bench.builder.append(
        {
          event: 'deployment',
          prompt,
          version,
          commit,
          contentDigest,
          environment,
          replaces,
          kind,
          reference,
        },
        step.reason,
      );
    }
    case 'withdrawal': {
      const { prompt, version, commit, environment, reference } = step;
      return bench.builder.append(
        { event: 'withdrawal', prompt, version, commit, environment, reference },
        step.reason,
      );
    }
    case 'acknowledgement':
      return bench.builder.append(
        { event: 'acknowledgement', finding: step.finding, target: step.target },
        step.reason,
      );
    case 'calls':
      return bench.builder.append(step.detail, step.reason);
    default:
      return assertNever(step);
  }
}

/** A commit on the branch that puts these files into the tree (`undefined` takes one out) and changes nothing else. */
async function commitFiles(
  bench: Bench,
  files: readonly {
    readonly path: string;
    readonly bytes: Uint8Array | undefined;
    readonly mode: FileMode;
  }[],
  message: string,
): Promise<Oid> {
  if (bench.branch === undefined)
    throw new Failure('this needs a branch to commit to: run git switch <branch> first');
  const { builder } = bench;
  const read = treeReader(bench.store, builder.made);
  for (const { path, bytes, mode } of files) {
    const entry = bytes && { oid: builder.keep({ kind: 'blob', bytes }), mode };
    const replaced = await replacePath(read, bench.tree, path.split('/'), entry);
    for (const object of replaced.objects) builder.keep(object);
    bench.staged.push({ path, entry });
    bench.tree = replaced.root;
  }
  const parents = bench.branchTip === undefined ? [] : [bench.branchTip];
  const { oid } = await bench.builder.commit({ tree: bench.tree, parents, message });
  bench.branchTip = oid;
  return oid;
}

async function commitVersion(bench: Bench, step: StepOf<'version'>): Promise<void> {
  const { prompt, version, path, contentDigest, bytes, mode, message } = step;
  const commit =
    step.commit ??
    (await commitFiles(
      bench,
      [{ path, bytes, mode }],
      encodeVersionCommit({ message, prompt, contentDigest }),
    ));
  await bench.builder.append(
    { event: 'version', commit, prompt, version, path, contentDigest },
    message,
    commit,
  );
}

async function commitRetirement(bench: Bench, step: StepOf<'retirement'>): Promise<void> {
  const files = [{ path: step.path, bytes: undefined, mode: '100644' as const }];
  const commit = step.commit ?? (await commitFiles(bench, files, `${step.message}\n`));
  await bench.builder.append({ event: 'retirement', commit, prompt: step.prompt }, step.message, commit);
}

async function commitPolicy(bench: Bench, step: StepOf<'policy'>): Promise<void> {
  const files = [...step.files].map(([path, bytes]) => ({ path, bytes, mode: '100644' as const }));
  if (!step.files.has(POLICY_PATH)) throw new Failure(`a policy needs its file ${POLICY_PATH}`);
  const commit = step.commit ?? (await commitFiles(bench, files, `${step.message}\n`));
  const { version, contentDigest } = step;
  await bench.builder.append({ event: 'policy', version, commit, contentDigest }, step.message, commit);
  if (step.takesForce) bench.builder.takeForce(version);
}

async function tagDecision(bench: Bench, step: StepOf<'decision'>): Promise<void> {
  const { prompt, version, decision, commit, contentDigest, environments } = step;
  const ref = decisionTagRef(prompt, version, decision, step.of, step.ordinal);
  const registry: RegistryId = bench.position.registry;
  const said = { event: decision, prompt, version, commit, contentDigest, environments, tag: ref };
  const message = encodeDecisionTag(tagOfDecision(registry, said, step.meaning));
  const tagObject = await bench.builder.tag({ object: commit, name: tagNameAt(ref), message });
  const detail: DecisionDetail = { ...said, tagObject };
  bench.tags.push({ ref, expected: undefined, next: tagObject, message: `promptaudit: ${decision}` });
  await bench.builder.append(detail, step.meaning);
}
