import { Buffer } from 'node:buffer';
import { join } from 'node:path';
import { Failure } from '../failure.ts';
import { parsePolicy } from '../policy/parse.ts';
import { ed25519KeyFile, type KeyFile } from './keyfile.ts';

/** Somebody of the example policy, with a key that was made for this demo alone. */
export interface Person {
  /** What stands before an email's `@`: `alice`. */
  readonly who: string;
  readonly name: string;
  readonly email: string;
  readonly key: KeyFile;
  /** Absolute path of the private key. */
  readonly keyPath: string;
}

export interface Cast {
  readonly people: readonly Person[];
  /** The policy's text with everybody's key in it. */
  readonly policy: string;
}

const PLACEHOLDER = /\{\{key:([^}]+)\}\}/g;
const SEED = 32;

/** Gives everybody of the policy a key. @throws Failure when the policy would not be valid */
export function castFor(template: string, folder: string, random: (length: number) => Uint8Array): Cast {
  const keys = new Map<string, KeyFile>();
  // The comment above it is about the template.
  const text = template.slice(Math.max(0, template.search(/^schema:/m)));
  const policy = text.replace(PLACEHOLDER, (_, email: string) => {
    const key = ed25519KeyFile(random(SEED), email);
    keys.set(email, key);
    return key.publicKey;
  });
  const parsed = parsePolicy(Buffer.from(policy), new Map()).policy;
  const people = [...(parsed?.principals.values() ?? [])].flatMap(({ id, name }): Person[] => {
    const who = id.replace(/@.*/, '');
    const key = keys.get(id);
    return key === undefined ? [] : [{ who, name, email: id, key, keyPath: join(folder, `${who}.key`) }];
  });
  if (people.length === 0) throw new Failure('the example policy is not valid: install promptaudit again');
  return { people, policy };
}
