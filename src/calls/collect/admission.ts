import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { Failure } from '../../failure.ts';
import { isLoopback, type ListeningPlace } from './address.ts';
import { Denial } from './denial.ts';

/** Lets a request in. @throws Denial */
export type Admission = (request: IncomingMessage) => void;

/** RFC 6750, section 2.1: what can be said in a header. */
const TOKEN = /^[A-Za-z0-9\-._~+/]+=*$/;
const BEARER = /^Bearer +(\S+) *$/i;
const HOST = /^(?:\[([^\]]*)\]|([^:]*))(?::\d*)?$/;
const CHALLENGE = 'Bearer realm="promptaudit"';

/** @throws Failure where the token is none that a sender could send */
export function admissionOf(token: string | undefined, place: ListeningPlace): Admission {
  if (token === undefined) return fromNoBrowser(place);
  if (!TOKEN.test(token))
    throw new Failure(
      'the token is not one that fits a header: use letters, digits and - . _ ~ + / only, e.g. from openssl rand -hex 32',
    );
  return withToken(token);
}

/** Digests are compared, since their length says nothing of the token's. */
function withToken(token: string): Admission {
  const wanted = sha256(token);
  return ({ headers: { authorization } }) => {
    const given = BEARER.exec(authorization ?? '')?.[1];
    if (given === undefined)
      throw new Denial(401, 'a token is wanted, as Authorization: Bearer <token>', {
        headers: { 'www-authenticate': CHALLENGE },
      });
    if (!timingSafeEqual(sha256(given), wanted))
      throw new Denial(401, 'the token is not the one that this collector takes', {
        headers: { 'www-authenticate': `${CHALLENGE}, error="invalid_token"` },
      });
  };
}

/**
 * Without a token whoever reaches the port may write, and on loopback that is meant to be this machine's programs. But any page
 * that is open in a browser here reaches it too: by a form or `fetch` to 127.0.0.1, which sends an `Origin`, or by DNS
 * rebinding, where the page's own name is made to lead here, which the `Host` gives away. No exporter sends either.
 * On other addresses the names by which senders know this machine are not known, so only the origin tells.
 */
function fromNoBrowser({ host, loopback }: ListeningPlace): Admission {
  return ({ headers }) => {
    if (headers.origin !== undefined)
      throw new Denial(403, 'requests from web pages are not taken by a collector without a token');
    if (loopback && headers.host !== undefined && !isOwnName(headers.host, host))
      throw new Denial(403, 'the Host is not this collector: send to its address, or give it a token');
  };
}

function isOwnName(header: string, host: string): boolean {
  const [, bracketed, plain] = HOST.exec(header) ?? [];
  const name = (bracketed ?? plain)?.toLowerCase();
  return name !== undefined && (name === 'localhost' || name === host.toLowerCase() || isLoopback(name));
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
