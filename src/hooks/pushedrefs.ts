import { Failure } from '../failure.ts';
import { type Oid, parseOid } from '../git/object.ts';

/** What a push does to one ref of the repository that receives it. */
export interface PushedRef {
  /** Its full name there. */
  readonly ref: string;
  /** `undefined` where it is new. */
  readonly before: Oid | undefined;
  /** `undefined` where it is deleted. */
  readonly after: Oid | undefined;
}

/** By full name. */
export type PushedRefs = ReadonlyMap<string, PushedRef>;

/** `<old> <new> <ref>`. Source: githooks(5), "pre-receive". */
const RECEIVED = /^(?<before>[0-9a-f]+) (?<after>[0-9a-f]+) (?<ref>.+)$/;

/** `<local ref> <local oid> <remote ref> <remote oid>`; the first is as it was typed. Source: githooks(5), "pre-push". */
const PUSHED = /^.* (?<after>[0-9a-f]+) (?<ref>\S+) (?<before>[0-9a-f]+)$/;

/** What git tells a pre-receive hook. @throws Failure where it is not that */
export function parseReceived(input: Uint8Array): PushedRefs {
  return parseLines(input, RECEIVED, '<old oid> <new oid> <ref>');
}

/** What git tells a pre-push hook. @throws Failure where it is not that */
export function parsePushed(input: Uint8Array): PushedRefs {
  return parseLines(input, PUSHED, '<local ref> <local oid> <remote ref> <remote oid>');
}

function parseLines(input: Uint8Array, pattern: RegExp, form: string): PushedRefs {
  const refs = new Map<string, PushedRef>();
  for (const line of Buffer.from(input).toString('utf8').split('\n')) {
    if (line === '') continue;
    const { ref = '', before, after } = pattern.exec(line)?.groups ?? {};
    const pushed = { ref, before: oidOf(before), after: oidOf(after) };
    if (!ref.startsWith('refs/') || pushed.before === 'none' || pushed.after === 'none' || refs.has(ref))
      throw new Failure(`standard input has ${JSON.stringify(line)} where a line ${form} should be`);
    refs.set(ref, { ref, before: pushed.before, after: pushed.after });
  }
  return refs;
}

/** An id of zeros stands for no object. */
function oidOf(digits: string | undefined): Oid | undefined | 'none' {
  const oid = parseOid(digits ?? '');
  return oid === undefined ? 'none' : /^0+$/.test(oid) ? undefined : oid;
}
