import type { ParsedCommit } from '../git/commit.ts';
import type { Detail } from '../ledger/event.ts';
import { decodeVersionCommit } from '../ledger/versioncommit.ts';
import { roleReasons } from '../policy/evaluate.ts';
import { promptNameAt } from '../prompts/name.ts';
import type { Case } from './case.ts';
import { judgeSubject } from './case.ts';
import { type FindingPlace, finding, findingsOf, unreadFinding } from './findings.ts';
import type { OpenHistory } from './fold.ts';
import type { Finding, PromptHistory } from './model.ts';
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

/** A retirement: by an author or an admin, of a commit in whose tree the prompt's file is gone. */
export async function judgeRetirement(one: Case<Detail<'retirement'>>): Promise<readonly Finding[]> {
  const { detail, place } = one;
  const history = await one.state.prompts.get(detail.prompt as PromptHistory['name']);
  const latest = history?.versions.at(-1);
  const subject = judgeSubject(one);
  const found: Finding[] = [...subject.findings];
  const roles = one.policy.principals.get(one.actor.principal)?.roles;
  if (!roles?.has('author') && !roles?.has('admin')) {
    found.push(
      finding(
        'signature/role',
        place,
        `${one.actor.principal} is neither author nor admin and cannot retire ${detail.prompt}`,
      ),
    );
  }
  if (latest === undefined || history?.retired !== undefined) {
    found.push(finding('version/number', place, `there is no prompt ${detail.prompt} to retire`));
  } else if (subject.commit !== undefined) {
    const [file] = await readFiles(one.store, [{ tree: subject.commit.tree, path: latest.path }]);
    if (file?.state === 'missing' || file?.state === 'corrupt') {
      found.push(unreadable(file, latest.path, place));
    } else if (file?.state !== 'absent') {
      const message = `commit ${detail.commit.slice(0, 12)} does not delete ${latest.path}`;
      found.push(finding('version/commit', { ...place, object: detail.commit }, message));
    }
  }
  return found;
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
