import { lineProblem, quote } from '../ledger/text.ts';
import type { KeyId } from '../signing/model.ts';
import { publicNumbers } from '../signing/sshkey.ts';
import { parseKey } from './key.ts';
import type { KeyGrant, Principal, PrincipalId, Role } from './model.ts';
import { keyFilePath, principalIdProblem } from './names.ts';
import type { Path, Report } from './problem.ts';
import type { Salvaged } from './salvage.ts';
import type { PolicyFile } from './schema.ts';

/** Armored OpenPGP public keys by fingerprint (upper-case hex), as they stand beside the policy. */
export type PolicyMaterial = ReadonlyMap<string, string>;

type PrincipalEntry = Salvaged<PolicyFile['principals'][string]>;
type KeyEntry = NonNullable<PrincipalEntry['keys']>[number];

/** The principals of a file and their keys. */
export interface People {
  readonly principals: ReadonlyMap<PrincipalId, Principal>;
  readonly keys: ReadonlyMap<KeyId, KeyGrant>;
  /** How many could act as admin: with a key that counts. What was reported is taken for what would count. */
  readonly admins: number;
}

export interface Reporters {
  readonly report: Report;
  readonly warn: Report;
}

export function readPeople(
  entries: Readonly<Record<string, PrincipalEntry | undefined>>,
  material: PolicyMaterial,
  reporters: Reporters,
): People {
  const principals = new Map<PrincipalId, Principal>();
  const keys = new Map<KeyId, KeyGrant>();
  const owners = new Map<string, PrincipalId>();
  const seen = new Map<string, string>();
  let admins = 0;
  for (const [text, entry] of Object.entries(entries)) {
    checkId(text, seen, reporters.report);
    const id = text as PrincipalId;
    const ring = readKeys(id, entry, { keys, owners, material, ...reporters });
    const roles = entry?.roles;
    if ((roles?.some((role) => role === undefined || role === 'admin') ?? true) && ring.usable) admins += 1;
    if (entry?.name !== undefined) checkName(id, entry.name, reporters.report);
    principals.set(id, {
      id,
      name: entry?.name ?? '',
      kind: entry?.kind ?? 'person',
      roles: new Set((roles ?? []).filter((role): role is Role => role !== undefined)),
      keys: ring.ids,
    });
  }
  return { principals, keys, admins };
}

function checkId(text: string, seen: Map<string, string>, report: Report): void {
  const path = ['principals', text];
  const problem = principalIdProblem(text);
  if (problem !== undefined) report(path, `the principal ${quote(text)} ${problem}`, 'key');
  const same = seen.get(text.toLowerCase());
  if (same !== undefined)
    report(path, `the principal ${quote(text)} differs from ${quote(same)} in case only`, 'key');
  seen.set(text.toLowerCase(), text);
}

function checkName(id: PrincipalId, name: string, report: Report): void {
  const problem = lineProblem(name);
  if (problem !== undefined) report(['principals', id, 'name'], `the name ${quote(name)} ${problem}`);
}

interface KeyReading extends Reporters {
  /** All keys so far, of everybody. */
  readonly keys: Map<KeyId, KeyGrant>;
  /** Whose they are, by what tells a key from any other. */
  readonly owners: Map<string, PrincipalId>;
  readonly material: PolicyMaterial;
}

function readKeys(
  id: PrincipalId,
  entry: PrincipalEntry | undefined,
  reading: KeyReading,
): { readonly ids: readonly KeyId[]; readonly usable: boolean } {
  const path = ['principals', id, 'keys'];
  if (entry === undefined || ('keys' in entry && entry.keys === undefined)) return { ids: [], usable: true };
  if (!entry.keys?.length) reading.warn(path, `${id} has no key, and so can sign nothing that counts`, 'key');
  const ids: KeyId[] = [];
  let usable = false;
  for (const [index, one] of (entry.keys ?? []).entries()) {
    const found = readKey(id, one, [...path, index], reading);
    if (found === undefined || found.usable) usable = true;
    if (found !== undefined) ids.push(found.id);
  }
  return { ids, usable };
}

/** Adds one key to all keys; `undefined` where it was reported. */
function readKey(
  principal: PrincipalId,
  entry: KeyEntry,
  path: Path,
  { keys, owners, material, report, warn }: KeyReading,
): { readonly id: KeyId; readonly usable: boolean } | undefined {
  const text = typeof entry === 'object' ? entry.key : entry;
  if (text === undefined) return undefined;
  const key = parseKey(text, (fingerprint) => material.get(fingerprint));
  if ('problem' in key) {
    report(path, `the key ${quote(text)} cannot be used: ${key.problem}`);
    return undefined;
  }
  const identity = publicNumbers(key.id);
  const owner = owners.get(identity);
  if (owner !== undefined) {
    const whose =
      owner === principal
        ? `${principal} already, a few lines above`
        : `${owner} already: one key belongs to one principal`;
    report(path, `the key ${quote(text)} is listed for ${whose}`);
    return undefined;
  }
  const revokedFrom = typeof entry === 'object' ? entry.revokedFrom : undefined;
  keys.set(key.id, { principal, key, revokedFrom });
  owners.set(identity, principal);
  const absent = key.format === 'openpgp' && key.armored === '';
  if (absent)
    warn(
      path,
      `${keyFilePath(key.id.replace('openpgp:', ''))} is missing: nothing that this key signs counts`,
    );
  return { id: key.id, usable: !absent && revokedFrom === undefined };
}
