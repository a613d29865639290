import { Failure } from '../failure.ts';
import { decodeUtf8 } from './bytes.ts';

/** Who and when, as a commit's `author` and `committer` and a tag's `tagger` say it. */
export interface Ident {
  readonly name: string;
  readonly email: string;
  /** Seconds since the epoch, not negative, at most 2^53 - 1. */
  readonly time: number;
  /** Offset as git writes it, e.g. `+0000`, `-0330`. */
  readonly zone: string;
}

const IDENT = /^([^<>\n\0]*) <([^<>\n\0]*)> (0|[1-9]\d{0,15}) ([+-]\d{4})$/;

/**
 * `Name <email> <seconds> <zone>`, as in a header line after its name. `undefined` for anything that would not be
 * written back byte for byte. Source: git-commit-tree(1), "Commit information"; git's `ident.c`, `split_ident_line`.
 */
export function parseIdent(line: string | Uint8Array): Ident | undefined {
  const text = typeof line === 'string' ? line : decodeUtf8(line);
  const match = IDENT.exec(text ?? '');
  if (match === null) return undefined;
  const [, name = '', email = '', seconds, zone = ''] = match;
  const time = Number(seconds);
  return Number.isSafeInteger(time) ? { name, email, time, zone } : undefined;
}

/** @throws Failure for a name or an email that would break the line, or a time or zone that git could not read */
export function encodeIdent(ident: Ident): string {
  const line = `${ident.name} <${ident.email}> ${ident.time} ${ident.zone}`;
  if (parseIdent(line) === undefined) {
    throw new Failure(
      `${JSON.stringify(line)} cannot stand in a commit or tag: change the name or the email in git's configuration`,
    );
  }
  return line;
}
