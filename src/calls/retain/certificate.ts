import { randomBytes } from 'node:crypto';
import { sha256 } from '../../ledger/digest.ts';
import {
  ERASURE_SELECTORS,
  type ErasureSelector,
  RETENTION_CLASSES,
  type RetentionClass,
  type Sha256,
} from '../../ledger/event.ts';
import { parseSegmentName, type SegmentName } from '../store/names.ts';
import { canonicalJson } from './canonical.ts';

const SCHEMA = 'promptaudit/certificate@1';

/** A segment that an act reached, and the seal that vouches for its records before and after; without one it was not sealed yet. */
export interface ReachedSegment {
  readonly segment: SegmentName;
  readonly merkleRoot: Sha256 | null;
  readonly fileDigest: Sha256 | null;
}

export interface ErasedSegment extends ReachedSegment {
  /** Content that no record of the segment names: whose it was nobody can say, so it went too. */
  readonly orphans: readonly string[];
}

interface Common {
  readonly schema: typeof SCHEMA;
  /** A UUID: the file's name. */
  readonly id: string;
  readonly registry: string;
  readonly at: string;
  readonly by: string;
  readonly reason: string;
  readonly statement: string;
}

/** Whose content was erased, without saying it: SHA-256 of the salt's bytes and the value in UTF-8. */
export interface SaltedSelector {
  readonly by: ErasureSelector;
  /** 64 hex digits. */
  readonly salt: string;
  readonly digest: Sha256;
}

export interface ErasureCertificate extends Common {
  readonly kind: 'erasure';
  readonly selector: SaltedSelector;
  /** The ids of the calls whose content and salts were destroyed. */
  readonly calls: readonly string[];
  /** How many texts. */
  readonly parts: number;
  readonly segments: readonly ErasedSegment[];
}

export interface PurgeCertificate extends Common {
  readonly kind: 'purge';
  readonly class: RetentionClass;
  readonly before: string;
  readonly records: number;
  readonly segments: readonly ReachedSegment[];
}

/** What an act on a store is certified by; in the store as canonical JSON (RFC 8785) without a line's end. */
export type Certificate = ErasureCertificate | PurgeCertificate;

/** Who acts, and when (seconds since the epoch). */
export interface Deed {
  readonly id: string;
  readonly registry: string;
  readonly time: number;
  readonly by: string;
  readonly reason: string;
}

function commonOf({ id, registry, time, by, reason }: Deed): Omit<Common, 'statement'> {
  return { schema: SCHEMA, id, registry, at: new Date(time * 1000).toISOString(), by, reason };
}

export function saltedSelector(by: ErasureSelector, value: string): SaltedSelector {
  const salt = randomBytes(32);
  return { by, salt: salt.toString('hex'), digest: selectorDigest(salt, value) };
}

/** Whether a certificate is about this value. */
export function isSelected({ salt, digest }: SaltedSelector, value: string): boolean {
  return selectorDigest(Buffer.from(salt, 'hex'), value) === digest;
}

function selectorDigest(salt: Buffer, value: string): Sha256 {
  return sha256(Buffer.concat([salt, Buffer.from(value)]));
}

export function erasureCertificate(
  deed: Deed,
  found: Pick<ErasureCertificate, 'selector' | 'calls' | 'parts' | 'segments'>,
): ErasureCertificate {
  const statement = [
    `What was said in these calls was destroyed, each text with its salt: ${found.parts} in all, of ${found.calls.length}.`,
    'Their records stay as they were: the digest of a text without its salt says nothing of it.',
    'So the seals that are listed, and every proof under them, hold as before.',
    'Whose it was: the digest of the selector is SHA-256 of the bytes of its salt and the value in UTF-8.',
  ].join(' ');
  return { ...commonOf(deed), kind: 'erasure', ...found, statement };
}

export function purgeCertificate(
  deed: Deed,
  taken: Pick<PurgeCertificate, 'class' | 'before' | 'records' | 'segments'>,
): PurgeCertificate {
  const { class: kind, before, segments, records } = taken;
  const what = kind === 'content' ? 'What was said in the records of' : 'The records of';
  const statement = [
    `${what} ${segments.length} segments of ${kind === 'access' ? 'accesses' : 'calls'} from before ${before} was removed, with ${records} records in them.`,
    'The seals that are listed stay in the ledger: what was kept elsewhere of these segments is still proven by them.',
  ].join(' ');
  return { ...commonOf(deed), kind: 'purge', ...taken, statement };
}

/** As the store keeps it. */
export function encodeCertificate(certificate: Certificate): string {
  return canonicalJson<Certificate>(certificate);
}

/** Reads what `encodeCertificate` wrote; `undefined` for anything else. */
export function decodeCertificate(bytes: Uint8Array): Certificate | undefined {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch {
    return undefined;
  }
  return isCertificate(value) && encodeCertificate(value) === Buffer.from(bytes).toString('utf8')
    ? value
    : undefined;
}

type Fields = Readonly<Record<string, unknown>>;

function isCertificate(value: unknown): value is Certificate {
  if (!isObject(value) || value.schema !== SCHEMA) return false;
  const texts = ['id', 'registry', 'at', 'by', 'reason', 'statement'];
  if (!texts.every((name) => typeof value[name] === 'string')) return false;
  if (!Array.isArray(value.segments) || !value.segments.every(isReached)) return false;
  if (value.kind === 'purge')
    return RETENTION_CLASSES.some((one) => one === value.class) && typeof value.before === 'string';
  const { selector } = value;
  if (value.kind !== 'erasure' || !isObject(selector)) return false;
  return (
    ERASURE_SELECTORS.some((one) => one === selector.by) &&
    areTexts(value.calls) &&
    value.segments.every((one: Fields) => areTexts(one.orphans))
  );
}

function isReached(value: unknown): boolean {
  return (
    isObject(value) && typeof value.segment === 'string' && parseSegmentName(value.segment) !== undefined
  );
}

function areTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every((one) => typeof one === 'string');
}

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
