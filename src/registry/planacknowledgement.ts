import { Failure, Refusal } from '../failure.ts';
import { type Oid, parseOid } from '../git/object.ts';
import { roleReasons } from '../policy/evaluate.ts';
import { nearest } from '../prompts/nearest.ts';
import { canBeAcknowledged, FINDING_CODES, hintOf, isAbout } from '../trail/findings.ts';
import type { Finding } from '../trail/model.ts';
import type { Plan } from './plan.ts';
import type { Asker } from './plandeployment.ts';

export interface AcknowledgementRequest {
  readonly code: string;
  /** An event's number or an object's id, which may be cut short, as the user wrote it. */
  readonly target: string;
  readonly reason: string;
}

/** What `verify` finds: open, and with the event that acknowledges it. */
interface Found {
  readonly findings: readonly Finding[];
  readonly acknowledged: readonly (Finding & { readonly acknowledgement: number; readonly by: string })[];
}

/**
 * @throws Refusal when the role is not held, the finding concerns the present, or is acknowledged; Failure when there is none such
 */
export function planAcknowledgement(
  asker: Asker,
  { findings: open, acknowledged }: Found,
  request: AcknowledgementRequest,
): Plan {
  const { code, reason } = request;
  demandCode(code, open);
  const reasons = roleReasons(asker.policy, asker.principal.id, 'admin', 'acknowledge a finding');
  if (reasons.length > 0) throw new Refusal(`cannot acknowledge ${code}`, reasons);
  const target = targetOf(request, [...open, ...acknowledged]);
  if (target === undefined) throw notFound(request, open);
  const about = open.filter((one) => isAbout(one, code, target));
  const known = acknowledged.find((one) => isAbout(one, code, target));
  if (about.length === 0) throw known === undefined ? notFound(request, open) : alreadyKnown(request, known);
  if (!about.some(canBeAcknowledged)) throw onlyPutRight(`${code} at ${request.target}`, about[0]?.hint);
  return { steps: [{ step: 'acknowledgement', finding: code, target, reason }] };
}

/** Reports cut ids short, to digits alone now and then; an id is completed to one that was found with this code, if there is one. */
function targetOf(
  { code, target }: AcknowledgementRequest,
  all: readonly Finding[],
): number | Oid | undefined {
  const sequence = /^[1-9]\d{0,14}$/.test(target) ? Number(target) : undefined;
  if (sequence !== undefined && (target.length < 7 || all.some((one) => one.sequence === sequence)))
    return sequence;
  const full = parseOid(target);
  if (full !== undefined) return full;
  if (!/^[0-9a-f]{7,}$/.test(target))
    throw new Failure(`${JSON.stringify(target)} is neither an event's number nor an object's id`);
  const found = all.flatMap(({ code: its, object = '' }) =>
    its === code && object.startsWith(target) ? (parseOid(object) ?? []) : [],
  );
  const [only, ...others] = new Set(found);
  if (others.length > 0) throw new Failure(`${target} is short for several objects: write more of its id`);
  return only ?? sequence;
}

/** It is a code, and one of what has happened rather than of what is wrong now. */
function demandCode(code: string, open: readonly Finding[]): void {
  const hint = open.find((one) => one.code === code)?.hint ?? hintOf(code);
  if (hint === undefined) {
    const near = nearest(code, FINDING_CODES);
    const meant = near === undefined ? 'see them with promptaudit verify' : `did you mean ${near}?`;
    throw new Failure(`no finding has the code ${JSON.stringify(code)}: ${meant}`);
  }
  if (!canBeAcknowledged({ code })) throw onlyPutRight(code, hint);
}

function onlyPutRight(what: string, hint = ''): Refusal {
  return new Refusal(`${what} concerns what is wrong now and can only be put right: ${hint}`);
}

function alreadyKnown(
  { code, target }: AcknowledgementRequest,
  { by, acknowledgement }: Found['acknowledged'][number],
): Refusal {
  return new Refusal(`${code} at ${target} is acknowledged already, by ${by} in event ${acknowledgement}`);
}

function notFound(
  { code, target }: Pick<AcknowledgementRequest, 'code' | 'target'>,
  open: readonly Finding[],
): Failure {
  const places = open.filter((one) => one.code === code).map((one) => one.sequence ?? one.object ?? one.ref);
  const known = [...new Set(places)].join(', ');
  const hint = known === '' ? 'see what there is with promptaudit verify' : `it is found at ${known}`;
  return new Failure(`verify finds no open ${code} at ${target}: ${hint}`);
}
