import { Failure, Refusal } from '../failure.ts';
import { roleReasons } from '../policy/evaluate.ts';
import { inARow } from '../policy/holders.ts';
import { lintPrompt } from '../prompts/lint.ts';
import type { PromptProblem } from '../prompts/model.ts';
import { nearest } from '../prompts/nearest.ts';
import { retirementReasons } from '../trail/judgeversion.ts';
import type { PromptHistory } from '../trail/model.ts';
import type { Draft, Drafts, Misfit } from './drafts.ts';
import type { Plan, Step } from './plan.ts';
import type { Asker } from './plandeployment.ts';

/** Prompt files with errors: nothing of them is committed. Exit code 2, with every problem. */
export class BadPrompts extends Failure {
  readonly problems: readonly PromptProblem[];

  constructor(problems: readonly PromptProblem[]) {
    const [first] = problems;
    const more = problems.length === 1 ? '' : ` (and ${problems.length - 1} more: run promptaudit lint)`;
    super(
      first === undefined
        ? 'a prompt is not valid'
        : `${first.path}:${first.line}:${first.column}: ${first.message}${more}`,
    );
    this.problems = problems;
  }
}

export interface CommitRequest {
  /** As the user named them: names or paths. Empty: the one that changed, or with `all` every one. */
  readonly names: readonly string[];
  readonly all: boolean;
  readonly message: string;
}

/** One version a prompt. @throws Refusal when nothing changed or the role is not held; Failure for bad files and names */
export function planVersions(asker: Asker, found: Drafts, request: CommitRequest): Plan {
  const reasons = roleReasons(asker.policy, asker.principal.id, 'author', 'commit prompts');
  if (reasons.length > 0) throw new Refusal('cannot commit', reasons);
  return { steps: choose(found, request).map((draft) => versionStep(draft, request.message)) };
}

function choose(found: Drafts, { names, all }: CommitRequest): readonly Draft[] {
  const changed = found.drafts.filter((draft) => draft.state === 'modified' || draft.state === 'new');
  if (names.length > 0) return chosen(found, names);
  const [misfit] = found.misfits;
  if (misfit !== undefined && (all || changed.length === 0)) throw unfit(misfit);
  if (changed.length === 0) {
    const gone = found.drafts.find((draft) => draft.state === 'deleted');
    const hint =
      gone === undefined
        ? ''
        : `; ${gone.prompt} is deleted here: retire it with promptaudit retire ${gone.prompt} -m "…"`;
    throw new Refusal(`nothing to commit: every prompt is as its newest version${hint}`);
  }
  if (!all && changed.length > 1) {
    const list = changed.map((draft) => draft.prompt).join(', ');
    throw new Failure(`${changed.length} prompts changed (${list}): name the ones to commit, or give --all`);
  }
  return changed;
}

/** Those that were named, each once; one that did not change is passed over where another one did. */
function chosen(found: Drafts, names: readonly string[]): readonly Draft[] {
  const named = [...new Set(names.map((name) => namedDraft(found, name)))];
  const changed = named.filter((draft) => draft.state !== 'clean');
  if (changed.length > 0) return changed;
  const are = named.length === 1 ? 'is as its newest version' : 'are as their newest versions';
  throw new Refusal(`nothing to commit: ${inARow(named.map((draft) => draft.prompt))} ${are}`);
}

function namedDraft(found: Drafts, name: string): Draft {
  const misfit = found.misfits.find((one) => one.prompt === name || one.path === name);
  if (misfit !== undefined) throw unfit(misfit);
  const draft = found.drafts.find((one) => one.prompt === name || one.path === name);
  if (draft === undefined) {
    const near = nearest(name, found.names);
    throw new Failure(
      `there is no prompt ${JSON.stringify(name)}${near === undefined ? ': see them with promptaudit status' : `: did you mean ${near}?`}`,
    );
  }
  if (draft.state === 'deleted') {
    throw new Refusal(
      `${draft.prompt} is deleted here: retire it with promptaudit retire ${draft.prompt} -m "…", or bring the file back`,
    );
  }
  return draft;
}

function unfit({ path, why }: Misfit): Failure {
  return new Failure(`${path} cannot be committed: ${why}`);
}

/** @throws BadPrompts */
export function versionStep(draft: Draft, message: string): Step {
  if (draft.file === undefined) throw new Failure(`${draft.path} is gone`);
  const { bytes, mode, digest } = draft.file;
  const errors = lintPrompt(bytes, draft.path, draft.prompt).problems.filter(
    (problem) => problem.severity === 'error',
  );
  if (errors.length > 0) throw new BadPrompts(errors);
  return {
    step: 'version',
    prompt: draft.prompt,
    version: draft.versions + 1,
    path: draft.path,
    mode,
    bytes,
    contentDigest: digest,
    message,
  };
}

/**
 * @param draft the prompt in the working tree, which goes too
 * @throws Refusal when it is active somewhere, retired already, or the role is not held; Failure when a change would be lost
 */
export function planRetirement(
  asker: Asker,
  history: PromptHistory,
  draft: Draft | undefined,
  message: string,
): Plan {
  const latest = history.versions.at(-1);
  if (latest === undefined || history.retired !== undefined) {
    const rest = draft && `; ${draft.path} is still here: delete it, or commit it to have the prompt back`;
    throw new Refusal(`${history.name} is retired already${rest ?? ''}`);
  }
  const reasons = retirementReasons(asker.policy, history, asker.principal.id);
  if (reasons.length > 0) throw new Refusal(`cannot retire ${history.name}`, reasons);
  if (draft?.state === 'modified') {
    throw new Failure(
      `${draft.path} has changes that are in no version and would be lost: commit them, or run git checkout -- ${draft.path}`,
    );
  }
  return { steps: [{ step: 'retirement', prompt: history.name, path: latest.path, message }] };
}
