import { Failure } from '../failure.ts';
import type { Ident } from './ident.ts';
import type { GitConfig } from './store.ts';

/** Author and committer of what a command is about to write. */
export interface Identity {
  readonly author: Ident;
  readonly committer: Ident;
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Identity as git takes it: `GIT_<WHO>_NAME|EMAIL|DATE`, then `<who>.name|email`, then `user.name|email`, then `EMAIL`.
 * Source: git-commit(1) "Commit information", git-config(1) `author.*`, `committer.*`, `user.*`.
 * `now` stands in where no date is given; its zone is the local one, as git's is.
 * @throws Failure when a name or an email is nowhere to be had
 */
export function readIdentity(config: GitConfig, env: Environment, now: Date): Identity {
  return { author: identOf('author', config, env, now), committer: identOf('committer', config, env, now) };
}

function identOf(who: 'author' | 'committer', config: GitConfig, env: Environment, now: Date): Ident {
  const upper = who.toUpperCase();
  const name = clean(env[`GIT_${upper}_NAME`] ?? config.get(`${who}.name`) ?? config.get('user.name'));
  const email = clean(
    env[`GIT_${upper}_EMAIL`] ?? config.get(`${who}.email`) ?? config.get('user.email') ?? env.EMAIL,
  );
  if (name === '' || email === '') {
    throw new Failure(
      `git does not know who you are: run git config user.name "Your Name" and git config user.email you@example.com`,
    );
  }
  const date = env[`GIT_${upper}_DATE`];
  return { name, email, ...(date ? parseGitDate(`GIT_${upper}_DATE`, date, now) : localTime(now)) };
}

/** git drops the characters that would break an ident line, and trims "crud" from both ends (`strbuf_addstr_without_crud`). */
function clean(text: string | undefined): string {
  return (text ?? '').replace(/[<>\n\0]/g, '').replace(/^[\s.,:;"'\\]+|[\s.,:;"'\\]+$/g, '');
}

function localTime(now: Date): Pick<Ident, 'time' | 'zone'> {
  return { time: Math.floor(now.getTime() / 1000), zone: zoneOf(-now.getTimezoneOffset()) };
}

function zoneOf(minutes: number): string {
  const sign = minutes < 0 ? '-' : '+';
  const size = Math.abs(minutes);
  return `${sign}${String(Math.floor(size / 60)).padStart(2, '0')}${String(size % 60).padStart(2, '0')}`;
}

const INTERNAL = /^@?(\d{1,15})(?: ([+-]\d{4}))?$/;
const ISO = /^(\d{4})-(\d{2})-(\d{2})[T ](\d{2}):(\d{2}):(\d{2})(?:\.\d+)? ?(Z|[+-]\d{2}:?\d{2})?$/;

/**
 * `GIT_*_DATE` in git's internal form (`@<seconds> <zone>`), ISO 8601, or RFC 2822 (git-commit(1), "DATE FORMATS").
 * A date without a zone is local, as for git.
 */
function parseGitDate(variable: string, text: string, now: Date): Pick<Ident, 'time' | 'zone'> {
  const internal = INTERNAL.exec(text.trim());
  if (internal) return { time: Number(internal[1]), zone: internal[2] ?? '+0000' };
  const iso = ISO.exec(text.trim());
  const zone = (iso?.[7] ?? /([+-]\d{4})$/.exec(text.trim())?.[1])?.replace(':', '').replace('Z', '+0000');
  const time = iso
    ? Date.parse(`${iso[1]}-${iso[2]}-${iso[3]}T${iso[4]}:${iso[5]}:${iso[6]}${zoneSuffix(zone)}`)
    : Date.parse(text);
  if (Number.isNaN(time) || time < 0) {
    throw new Failure(
      `${variable} is ${JSON.stringify(text)}, which is no date: write it as 2026-11-21T10:11:12Z`,
    );
  }
  return { time: Math.floor(time / 1000), zone: zone ?? localTime(new Date(time || now.getTime())).zone };
}

function zoneSuffix(zone: string | undefined): string {
  return zone === undefined ? '' : `${zone.slice(0, 3)}:${zone.slice(3)}`;
}
