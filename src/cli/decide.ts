import { Failure } from '../failure.ts';
import { type DecisionKind, TAG_PREFIX } from '../ledger/event.ts';
import type { PrincipalId } from '../policy/model.ts';
import { POLICY_NAME } from '../prompts/name.ts';
import { parsePolicyReference } from '../prompts/reference.ts';
import { policySubject, versionSubject } from '../registry/decisionsubject.ts';
import { type DecisionSubject, planDecision } from '../registry/plandecision.ts';
import type { Session } from '../registry/session.ts';
import { environmentOf, resolveVersion } from '../trail/resolve.ts';
import type { Context } from './context.ts';
import type { ExitCode } from './exit.ts';
import { requiredReason } from './reason.ts';
import { askerOf, openSession } from './session.ts';
import { performAndTell } from './written.ts';

interface DecideOptions {
  readonly env: readonly string[];
  readonly message: readonly string[];
  readonly file: string | undefined;
  readonly dryRun: boolean;
}

/** What tells the three verbs apart. */
interface Deciding {
  readonly decision: DecisionKind;
  /** Whose decision; the asker's own when `undefined`. */
  readonly of: string | undefined;
  /** What the message is asked for. */
  readonly asks: string;
}

/** `approve`, `reject` and `revoke`: a signed decision on a prompt version, or on a policy version. */
export async function decide(
  context: Context,
  ref: string,
  options: DecideOptions,
  deciding: Deciding,
): Promise<ExitCode> {
  const meaning = await requiredReason(context, options, deciding.asks);
  const session = await openSession(context);
  return performAndTell(context, session, options, async () => {
    const asker = askerOf(session);
    const subject = await subjectOf(session, ref);
    const tags = await session.store.listRefs(`${TAG_PREFIX}${subject.prompt}/v${subject.version}/`);
    const environments =
      options.env.length === 0 ? '*' : options.env.map((name) => environmentOf(asker.policy, name)).sort();
    if (subject.prompt === POLICY_NAME && environments !== '*')
      throw new Failure('a policy holds everywhere: leave -e away');
    const of = (deciding.of ?? asker.principal.id) as PrincipalId;
    const request = {
      decision: deciding.decision,
      environments,
      of,
      meaning,
      tags: tags.map((tag) => tag.name),
    } as const;
    return { plan: planDecision(asker, subject, request) };
  });
}

async function subjectOf({ trail }: Session, ref: string): Promise<DecisionSubject> {
  const policy = parsePolicyReference(ref);
  if (policy !== undefined) return policySubject(trail, policy.version);
  const { history, version } = await resolveVersion({ trail }, ref);
  return versionSubject(history, version);
}
