import type { Oid } from '../../src/git/object.ts';
import { decisionTagRef, encodeDecisionTag, tagNameAt, tagOfDecision } from '../../src/ledger/decisiontag.ts';
import type {
  DecisionDetail,
  DecisionKind,
  Detail,
  EnvironmentSet,
  RegistryId,
  Sha256,
} from '../../src/ledger/event.ts';
import { encodeVersionCommit } from '../../src/ledger/versioncommit.ts';
import type { PromptName } from '../../src/prompts/name.ts';
import { signCommit, signTag, versionAt } from '../helpers/forge.ts';
import { DISCHARGE, type Hospital, POLICY_FILE, promptText } from '../helpers/hospital.ts';
import type { Person } from '../helpers/team.ts';
import { treeWith } from './workbench.ts';

/** What is made before an event is: commits and tags, signed, that no ref names yet, and the event that goes with each. */

const REGISTRY = '00000000-0000-4000-8000-000000000001' as RegistryId;

/** A version of `discharge`, on top of `HEAD`. */
export async function draftVersion(
  h: Hospital,
  author: Person,
  path = DISCHARGE,
  text = promptText('discharge', 'Shorter.'),
): Promise<Detail<'version'>> {
  const prompt = 'discharge';
  const { tree, head, contentDigest } = await treeWith(h, path, text);
  const message = encodeVersionCommit({ message: 'Mine', prompt: prompt as PromptName, contentDigest });
  const commit = await signCommit(h, author, { tree, parents: [head], message });
  return { event: 'version', commit, prompt, version: 2, path, contentDigest };
}

/** The end of `clinical-intake`: a commit without its file. */
export async function draftRetirement(
  h: Hospital,
  who: Person,
  prompt = 'clinical-intake',
): Promise<Detail<'retirement'>> {
  const { team } = h;
  await team.git('rm', '-q', `prompts/${prompt}.prompt.yml`);
  const head = await team.git('rev-parse', 'HEAD');
  const tree = await team.git('write-tree');
  const commit = await signCommit(h, who, { tree, parents: [head], message: 'Mine\n' });
  return { event: 'retirement', commit, prompt };
}

/** Policy v3, on top of `HEAD`. */
export async function draftPolicy(
  h: Hospital,
  admin: Person,
  text: string,
  path = POLICY_FILE,
  as = admin,
): Promise<Detail<'policy'>> {
  const { tree, head, contentDigest } = await treeWith(h, path, text);
  const commit = await signCommit(h, admin, { tree, parents: [head], message: 'Mine\n' }, { as });
  return { event: 'policy', version: 3, commit, contentDigest };
}

interface DecisionDraft {
  readonly event?: DecisionKind;
  /** The event of the version that it is about. */
  readonly on?: number;
  readonly environments?: EnvironmentSet;
  readonly version?: number;
  /** `policy` for a decision on a policy. */
  readonly prompt?: string;
  readonly contentDigest?: Sha256;
  /** Whose name the ref has. */
  readonly of?: Person;
  /** Who signs the tag. */
  readonly signer?: Person;
  /** The tag's own name. */
  readonly name?: string;
  readonly meaning?: string;
}

/** A decision on a version, discharge v1 unless told otherwise, for every environment. */
export async function draftDecision(
  h: Hospital,
  who: Person,
  draft: DecisionDraft = {},
): Promise<DecisionDetail> {
  const { event = 'approval', environments = '*', of = who, signer = who, meaning = 'Read it' } = draft;
  const there = await versionAt(h, draft.on ?? 6);
  const { version = there.version, contentDigest = there.contentDigest, prompt = there.prompt } = draft;
  const facts = { ...there, version, contentDigest, prompt };
  const tag = decisionTagRef(facts.prompt, facts.version, event, of.email, 1);
  const detail = { event, ...facts, environments, tag };
  const message = encodeDecisionTag(tagOfDecision(REGISTRY, detail, meaning));
  const name = draft.name ?? tagNameAt(tag);
  return {
    ...detail,
    tagObject: await signTag(h, signer, { object: facts.commit, name, message }, { as: who }),
  };
}

/** Puts a decision's tag where it belongs. */
export async function putTag({ team }: Hospital, { tag, tagObject }: DecisionDetail): Promise<Oid> {
  await team.git('update-ref', tag, tagObject);
  return tagObject;
}
