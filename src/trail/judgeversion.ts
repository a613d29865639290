import type { Reason } from '../failure.ts';
import type { ParsedCommit } from '../git/commit.ts';
import type { Detail } from '../ledger/event.ts';
import { decodeVersionCommit } from '../ledger/versioncommit.ts';
import { roleReasons } from '../policy/evaluate.ts';
import type { Policy, PrincipalId } from '../policy/model.ts';
import { type PromptName, promptNameAt } from '../prompts/name.ts';
import type { Case } from './case.ts';
import { judgeSubject } from './case.ts';
import { type FindingPlace, finding, findingsOf, unreadFinding } from './findings.ts';
import type { OpenHistory } from './fold.ts';
import type { Activation, Finding, PromptHistory } from './model.ts';
import { activeIn } from './standing.ts';
import { type FileEvidence, readFiles } from './treefiles.ts';

/** A version: by an author, of a commit that the same author signed and that holds the file; numbered one after the last. */
export async function judgeVersion(one: Case<Detail<'version'>>): Promise<readonly Finding[]> {
  const { detail, place } = one;
  const history = await one.state.prompts.get(detail.prompt as PromptHistory['name']);
  const subject = judgeSubject(one);
  return [
    ...findingsOf(roleReasons(one.policy, one.actor.principal, 'author', `commit ${detail.prompt}`), place),
    ...subject.findings,
    ...judgeNumber(one, history),
    ...judgeCommit(one, subject.commit),
    ...judgeFile(one.evidence.file, detail, place),
  ];
}

function judgeNumber(
  { detail, place }: Case<Detail<'version'>>,
  history: OpenHistory | undefined,
): readonly Finding[] {
  const expected = (history?.versions.length ?? 0) + 1;
  const found: Finding[] = [];
  if (detail.version !== expected) {
    found.push(
      finding(
        'version/number',
        place,
        `${detail.prompt} v${detail.version} stands where v${expected} is due`,
      ),
    );
  }
  const same = history?.numbers.get(detail.commit);
  if (same !== undefined) {
    found.push(
      finding(
        'version/commit',
        place,
        `commit ${detail.commit.slice(0, 12)} is ${detail.prompt} v${same} already`,
      ),
    );
  }
  return found;
}

function judgeCommit(
  { detail, policy, place }: Case<Detail<'version'>>,
  commit: ParsedCommit | undefined,
): readonly Finding[] {
  const at: FindingPlace = { ...place, object: detail.commit };
  const found: Finding[] = [];
  const said = commit && decodeVersionCommit(commit.message ?? commit.messageBytes);
  if (
    commit !== undefined &&
    (said?.prompt !== detail.prompt || said.contentDigest !== detail.contentDigest)
  ) {
    found.push(
      finding(
        'version/commit',
        at,
        `commit ${detail.commit.slice(0, 12)} does not say that it is this content of ${detail.prompt}`,
      ),
    );
  }
  if (promptNameAt(policy.prompts, detail.path) !== detail.prompt) {
    found.push(
      finding('version/commit', at, `${detail.path} is not where the policy has the prompt ${detail.prompt}`),
    );
  }
  return found;
}

function judgeFile(
  file: FileEvidence | undefined,
  detail: Detail<'version'>,
  place: FindingPlace,
): readonly Finding[] {
  if (file === undefined) return [];
  switch (file.state) {
    case 'missing':
    case 'corrupt':
      return [unreadable(file, detail.path, place)];
    case 'absent':
      return [
        finding(
          'version/content',
          { ...place, object: detail.commit },
          `commit ${detail.commit.slice(0, 12)} has no file ${detail.path}`,
        ),
      ];
    case 'present':
      if (file.digest === detail.contentDigest) return [];
      return [
        finding(
          'version/content',
          { ...place, object: file.oid },
          `${detail.path} is not the content that the event names`,
        ),
      ];
  }
}

function unreadable(
  { state, oid }: Extract<FileEvidence, { state: 'missing' | 'corrupt' }>,
  path: string,
  place: FindingPlace,
): Finding {
  const message = `object ${oid.slice(0, 12)} on the way to ${path} is ${state}`;
  return unreadFinding(state, { ...place, object: oid }, message);
}

/** Every rule that a retirement by `principal` would break: it is for authors and admins, and for what is active nowhere. */
export function retirementReasons(
  policy: Policy,
  { name, activations }: PromptHistory,
  principal: PrincipalId,
): readonly Reason[] {
  const inUse = [...policy.environments.keys()].flatMap((environment) => {
    const active = activeIn(activations, environment);
    return active === undefined ? [] : [inUseReason(name, active)];
  });
  return [...roleReasons(policy, principal, ['author', 'admin'], `retire ${name}`), ...inUse];
}

function inUseReason(name: PromptName, { version, environment }: Activation): Reason {
  return {
    rule: 'deployment/replaces',
    message: `${name} v${version} is active in ${environment}`,
    remedy: `take it out of use first: promptaudit withdraw ${name} -e ${environment}`,
  };
}

/** A retirement: by who may, of a prompt that is in use nowhere, and of a commit in whose tree its file is gone. */
export async function judgeRetirement(one: Case<Detail<'retirement'>>): Promise<readonly Finding[]> {
  const { detail, place } = one;
  const subject = judgeSubject(one);
  const history = await one.state.prompts.get(detail.prompt as PromptHistory['name']);
  const latest = history?.versions.at(-1);
  if (history === undefined || latest === undefined || history.retired !== undefined) {
    const none = finding('version/number', place, `there is no prompt ${detail.prompt} to retire`);
    return [...subject.findings, none];
  }
  const reasons = retirementReasons(one.policy, history, one.actor.principal);
  return [
    ...subject.findings,
    ...findingsOf(reasons, place),
    ...(subject.commit === undefined ? [] : await judgeDeletion(one, subject.commit, latest.path)),
  ];
}

async function judgeDeletion(
  { detail, place, store }: Case<Detail<'retirement'>>,
  { tree }: ParsedCommit,
  path: string,
): Promise<readonly Finding[]> {
  const [file] = await readFiles(store, [{ tree, path }]);
  if (file?.state === 'missing' || file?.state === 'corrupt') return [unreadable(file, path, place)];
  if (file?.state === 'absent') return [];
  const message = `commit ${detail.commit.slice(0, 12)} does not delete ${path}`;
  return [finding('version/commit', { ...place, object: detail.commit }, message)];
}

/** An acknowledgement: by an admin. Whether its target is a finding that may be acknowledged is for `verify` to say. */
export async function judgeAcknowledgement(
  one: Case<Detail<'acknowledgement'>>,
): Promise<readonly Finding[]> {
  return findingsOf(
    roleReasons(one.policy, one.actor.principal, 'admin', 'acknowledge a finding'),
    one.place,
  );
}
