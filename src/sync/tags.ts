import type { Oid } from '../git/object.ts';
import type { PushUpdate } from '../git/remotes.ts';
import { parseDecisionTagRef } from '../ledger/decisiontag.ts';
import { POLICY_NAME, parsePromptName } from '../prompts/name.ts';
import { finding } from '../trail/findings.ts';
import type { Decision, Finding, TrailEvent } from '../trail/model.ts';
import type { Trail } from '../trail/trail.ts';

/** What is to become of the decision tags of both sides. */
export interface TagJudgement {
  /** To be made here. */
  readonly take: ReadonlyMap<string, Oid>;
  /** To be put back there. */
  readonly restore: readonly PushUpdate[];
  readonly findings: readonly Finding[];
}

export interface TagSides {
  readonly remote: string;
  readonly here: ReadonlyMap<string, Oid>;
  readonly there: ReadonlyMap<string, Oid>;
  /** The trail of the remote's ledger. */
  readonly trail: Trail;
  /** Events that are new to this clone. */
  readonly incoming: readonly TrailEvent[];
  /** Tags of events that the remote does not have. */
  readonly unsynced: ReadonlySet<string>;
}

/** Looks at where the tags of the two sides differ, and asks the remote's ledger which is right. */
export async function judgeTags(sides: TagSides): Promise<TagJudgement> {
  const { remote, here, there, trail, incoming, unsynced } = sides;
  const take = new Map<string, Oid>();
  const restore: PushUpdate[] = [];
  const findings: Finding[] = [];
  let vain: ReadonlySet<string> | undefined;
  for (const [ref, oid] of there) {
    const standing = here.get(ref);
    if (standing === oid) continue;
    const recorded = await recordedTag(trail, ref);
    if (recorded === oid) {
      if (standing === undefined || unsynced.has(ref)) take.set(ref, oid);
    } else if (recorded === undefined) {
      vain ??= await recordedInVain(trail);
      if (vain.has(`${oid} ${ref}`)) {
        if (standing === undefined) take.set(ref, oid);
        continue;
      }
      const message = `${remote} has ${ref}, which no event of its ledger records`;
      findings.push(finding('approval/unrecorded', { ref, object: oid }, message));
    } else {
      const message = `${remote} moved ${ref} to ${oid.slice(0, 12)}: the ledger records ${recorded.slice(0, 12)}`;
      const hint = `find out who moved it; whoever looks after ${remote} puts it back there`;
      findings.push(finding('approval/tag-moved', { ref, object: recorded }, message, hint));
    }
  }
  const dropped = new Map<string, Oid>();
  for (const [ref, oid] of here) if (!there.has(ref) && !unsynced.has(ref)) dropped.set(ref, oid);
  for (const { effective, detail } of incoming) {
    if (!effective || detail === undefined || !('tagObject' in detail) || there.has(detail.tag)) continue;
    if (!here.has(detail.tag)) take.set(detail.tag, detail.tagObject);
    dropped.set(detail.tag, detail.tagObject);
  }
  for (const [ref, oid] of dropped) {
    if ((await recordedTag(trail, ref)) !== oid) continue;
    restore.push({ ref, oid });
    const message = `${remote} has lost ${ref}, which its ledger records`;
    const hint = 'find out who deleted it; promptaudit sync puts it back there';
    findings.push(finding('approval/tag-missing', { ref, object: oid }, message, hint));
  }
  return { take, restore, findings };
}

/** The tag object that a decision which took effect has put at a ref. */
async function recordedTag(trail: Trail, ref: string): Promise<Oid | undefined> {
  const place = parseDecisionTagRef(ref);
  if (place === undefined) return undefined;
  const decisions = await decisionsOn(trail, place.prompt, place.version);
  return decisions.find(({ tag }) => tag === ref)?.tagObject;
}

/** The tags of decisions that did not take effect, each with its object in front: what is wrong with those is their events' matter. */
async function recordedInVain(trail: Trail): Promise<ReadonlySet<string>> {
  const tags = new Set<string>();
  for await (const { effective, detail } of trail.events())
    if (!effective && detail !== undefined && 'tagObject' in detail)
      tags.add(`${detail.tagObject} ${detail.tag}`);
  return tags;
}

async function decisionsOn(trail: Trail, prompt: string, version: number): Promise<readonly Decision[]> {
  if (prompt === POLICY_NAME) return (await trail.policies())[version - 1]?.decisions ?? [];
  const name = parsePromptName(prompt);
  const history = name && (await trail.prompt(name));
  return history?.versions[version - 1]?.decisions ?? [];
}
