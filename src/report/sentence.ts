import { assertNever } from '../failure.ts';
import type { DecisionDetail, Detail, EventDetail } from '../ledger/event.ts';
import { shortOid } from './oid.ts';
import { count } from './time.ts';

type Saying<D> = D extends EventDetail
  ? Omit<D, 'commit' | 'contentDigest' | 'path' | 'tag' | 'tagObject'>
  : never;

/** As much of an event as its sentence says: known before anything is signed. */
export type Said = Saying<EventDetail>;

/** What an event did, in the past tense and without its subject: `deployed intake v12 to production, replacing v11`. */
export function sentence(detail: Said): string {
  switch (detail.event) {
    case 'genesis':
      return `founded the registry ${detail.name}`;
    case 'policy':
      return `put policy v${detail.version} forward`;
    case 'version':
      return `registered ${detail.prompt} v${detail.version}`;
    case 'approval':
      return `approved ${subject(detail)}`;
    case 'rejection':
      return `rejected ${subject(detail)}`;
    case 'revocation':
      return `revoked a decision on ${subject(detail)}`;
    case 'deployment':
      return deployment(detail);
    case 'withdrawal':
      return `withdrew ${detail.prompt} v${detail.version} from ${detail.environment}`;
    case 'retirement':
      return `retired ${detail.prompt}`;
    case 'acknowledgement':
      return `acknowledged ${detail.finding} of ${target(detail.target)}`;
    case 'seal':
      return `sealed ${count(detail.records, 'record')} in segment ${detail.segment}`;
    case 'hold':
      return `put hold ${detail.hold} on records of calls`;
    case 'release':
      return `released hold ${detail.hold}`;
    case 'purge': {
      const what = detail.class === 'content' ? 'the content of ' : '';
      return `purged ${what}${count(detail.segments, 'segment')} of ${detail.class === 'access' ? 'accesses' : 'calls'} before ${detail.before}`;
    }
    case 'erasure':
      return `erased the content of ${count(detail.records, 'call')} by ${detail.selector}`;
    default:
      return assertNever(detail);
  }
}

function subject({ prompt, version, environments }: Saying<DecisionDetail>): string {
  const where = environments === '*' ? 'every environment' : environments.join(', ');
  return `${prompt} v${version} for ${where}`;
}

function deployment(detail: Saying<Detail<'deployment'>>): string {
  const version = `${detail.prompt} v${detail.version}`;
  const replacing = detail.replaces === undefined ? '' : `, replacing v${detail.replaces}`;
  switch (detail.kind) {
    case 'rollout':
      return `deployed ${version} to ${detail.environment}${replacing}`;
    case 'rollback':
      return `rolled ${detail.environment} back to ${version}${replacing}`;
    case 'emergency':
      return `deployed ${version} to ${detail.environment} as an EMERGENCY${replacing}`;
    default:
      return assertNever(detail.kind);
  }
}

function target(of: number | string): string {
  return typeof of === 'number' ? `event ${of}` : `object ${shortOid(of)}`;
}
