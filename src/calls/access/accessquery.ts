import { sha256 } from '../../ledger/digest.ts';
import { canonicalJson } from '../retain/canonical.ts';
import type { CallFilter } from '../search/filter.ts';

/**
 * A filter as the record of an access says it, in canonical JSON (RFC 8785). Words that were looked for in what was said may
 * themselves be what was said, and no erasure reaches a record: of them it has SHA-256 of a salt and the words in UTF-8, which
 * can be held against words that one knows.
 */
export function accessQuery({ text, ...filter }: CallFilter, salt: Uint8Array): string {
  if (text === undefined) return canonicalJson(filter);
  const digest = sha256(Buffer.concat([salt, Buffer.from(text)]));
  return canonicalJson({ ...filter, text: { digest, salt: Buffer.from(salt).toString('hex') } });
}
