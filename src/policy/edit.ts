import { Failure } from '../failure.ts';
import { quote } from '../ledger/text.ts';
import type { KeyId } from '../signing/model.ts';
import { fingerprint } from '../signing/sshkey.ts';
import { parseKey } from './key.ts';
import type { Role } from './model.ts';
import { principalIdProblem } from './names.ts';
import { YamlEdit } from './yamledit.ts';

export { initialPolicy } from './initial.ts';

export interface PrincipalAddition {
  readonly id: string;
  /** Needed for a principal that the policy does not have yet. */
  readonly name?: string;
  readonly kind?: 'person' | 'service';
  readonly roles: readonly Role[];
  /** As a `.pub` file has them, or `openpgp:` and a fingerprint. */
  readonly keys: readonly string[];
}

/**
 * The policy file's text with a principal added, or with roles and keys added to one that it has; the same text where
 * it says all that already. Does not judge the outcome: that is `parsePolicy`'s. @throws Failure for what cannot be added
 */
export function addPrincipal(text: string, addition: PrincipalAddition): string {
  const { id, name, kind, roles } = addition;
  const problem = principalIdProblem(id);
  if (problem !== undefined) throw new Failure(`the principal ${quote(id)} ${problem}`);
  const edit = new YamlEdit(text);
  const keys = newKeys(edit, addition);
  const path = ['principals', id];
  if (edit.get(path) === undefined) {
    if (name === undefined) throw new Failure(`${id} is new to the policy: give --name, too`);
    const entry = {
      name,
      ...(kind === 'service' ? { kind } : {}),
      roles,
      ...(keys.length > 0 ? { keys } : {}),
    };
    edit.addKey(['principals'], id, entry);
    return edit.text;
  }
  if (name !== undefined) change(edit, path, 'name', name);
  if (kind !== undefined && (edit.get([...path, 'kind']) ?? 'person') !== kind)
    change(edit, path, 'kind', kind);
  const held = list(edit.get([...path, 'roles']));
  for (const role of roles) if (!held.includes(role)) edit.addItem([...path, 'roles'], role);
  for (const key of keys) edit.addItem([...path, 'keys'], key);
  return edit.text;
}

function change(edit: YamlEdit, path: readonly string[], key: string, value: string): void {
  const now = edit.get([...path, key]);
  if (now === undefined) edit.addKey(path, key, value);
  else if (now !== value) edit.replace([...path, key], value);
}

/** The canonical texts of those keys that the principal does not have yet. */
function newKeys(edit: YamlEdit, { id, keys }: PrincipalAddition): readonly KeyId[] {
  const listed = listedKeys(edit);
  return keys.flatMap((text) => {
    const key = parseKey(text, () => undefined);
    if ('problem' in key) throw new Failure(`the key ${quote(text)} cannot be used: ${key.problem}`);
    const owner = listed.find((one) => one.id === key.id)?.principal;
    if (owner === undefined) return [key.id];
    if (owner === id) return [];
    throw new Failure(`the key ${quote(text)} belongs to ${owner} already: one key belongs to one principal`);
  });
}

/**
 * The policy file's text with a key, named whole or by its fingerprint (`SHA256:…`, or OpenPGP's hex), no longer counting
 * from a ledger sequence on. @throws Failure where no such key is listed, or where it is revoked from there on already
 */
export function revokeKey(text: string, keyOrFingerprint: string, fromSequence: number): string {
  const edit = new YamlEdit(text);
  const found = listedKeys(edit).find((one) => isCalled(one.id, keyOrFingerprint.trim()));
  if (found === undefined)
    throw new Failure(
      `the policy lists no key ${quote(keyOrFingerprint)}: see them with promptaudit policy show`,
    );
  const { path, entry } = found;
  if (!isFields(entry)) edit.replace(path, { key: found.text, revokedFrom: fromSequence });
  else if (entry.revokedFrom === undefined) edit.addKey(path, 'revokedFrom', fromSequence);
  else if (Number(entry.revokedFrom) > fromSequence) edit.replace([...path, 'revokedFrom'], fromSequence);
  else throw new Failure(`the key is revoked from event ${String(entry.revokedFrom)} on already`);
  return edit.text;
}

function isCalled(id: KeyId, name: string): boolean {
  const key = parseKey(name, () => undefined);
  if (!('problem' in key)) return key.id === id;
  const print = fingerprint(id);
  return name === print || (id.startsWith('openpgp:') && name.replaceAll(' ', '').toUpperCase() === print);
}

interface ListedKey {
  readonly id: KeyId;
  readonly text: string;
  readonly principal: string;
  readonly path: readonly (string | number)[];
  readonly entry: unknown;
}

function listedKeys(edit: YamlEdit): readonly ListedKey[] {
  const principals = edit.get(['principals']);
  return Object.entries(isFields(principals) ? principals : {}).flatMap(([principal, one]) =>
    list(isFields(one) ? one.keys : undefined).flatMap((entry, index) => {
      const text = isFields(entry) ? entry.key : entry;
      const key = typeof text === 'string' ? parseKey(text, () => undefined) : undefined;
      if (typeof text !== 'string' || key === undefined || 'problem' in key) return [];
      return [{ id: key.id, text, principal, path: ['principals', principal, 'keys', index], entry }];
    }),
  );
}

function isFields(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
