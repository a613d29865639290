import { Failure } from '../failure.ts';
import { RETENTION_CLASSES } from '../ledger/event.ts';
import type { KeyId } from '../signing/model.ts';
import { parseKey } from './key.ts';
import {
  type EmergencyRules,
  type EnvironmentName,
  type EnvironmentRules,
  type KeyGrant,
  type NarrowRule,
  type Policy,
  type Principal,
  type RetentionPeriods,
  ROLES,
} from './model.ts';
import { parseEnvironmentName, parsePrincipalId } from './names.ts';

/** A parsed policy as a cache keeps it: plain JSON, maps and sets as lists. Only `policyFromJson` reads it. */
export interface PolicyJson extends Omit<Policy, 'principals' | 'keys' | 'environments' | 'emergency'> {
  readonly principals: readonly (Omit<Principal, 'roles'> & { readonly roles: readonly string[] })[];
  readonly keys: readonly KeyJson[];
  readonly environments: readonly (EnvironmentRules & { readonly name: EnvironmentName })[];
  readonly emergency: Omit<EmergencyRules, 'roles'> & { readonly roles: readonly string[] };
}

interface KeyJson extends Omit<KeyGrant, 'key'> {
  /** Holds an SSH key whole. */
  readonly id: KeyId;
  readonly armored: string | undefined;
}

export function policyToJson(policy: Policy): PolicyJson {
  return {
    ...policy,
    principals: [...policy.principals.values()].map((one) => ({ ...one, roles: [...one.roles] })),
    keys: [...policy.keys].map(([id, { key, principal, revokedFrom }]) => {
      return { id, principal, revokedFrom, armored: key.format === 'openpgp' ? key.armored : undefined };
    }),
    environments: [...policy.environments].map(([name, rules]) => ({ name, ...rules })),
    emergency: { ...policy.emergency, roles: [...policy.emergency.roles] },
  };
}

/** The policy that was given to `policyToJson`. @throws Failure for anything else */
export function policyFromJson(value: unknown): Policy {
  const policy = fields(value);
  const emergency = fields(policy.emergency);
  return {
    registry: text(policy.registry),
    prompts: text(policy.prompts),
    protectedBranches: list(policy.protectedBranches, text),
    principals: new Map(list(policy.principals, principal).map((one) => [one.id, one])),
    keys: new Map(list(policy.keys, grant).map((one) => [one.key.id, one])),
    environments: new Map(
      list(policy.environments, (entry) => [environmentName(fields(entry).name), environment(fields(entry))]),
    ),
    rules: list(policy.rules, rule),
    adminThreshold: whole(policy.adminThreshold),
    emergency: {
      roles: new Set(list(emergency.roles, role)),
      reviewWithin: whole(emergency.reviewWithin),
    },
    retention: retention(fields(policy.retention)),
    ledgerBranch: optional(policy.ledgerBranch, text),
    checkpointKeys: list(policy.checkpointKeys, text),
  };
}

function principal(value: unknown): Principal {
  const { id, name, kind, roles, keys } = fields(value);
  return {
    id: principalId(id),
    name: text(name),
    kind: oneOf(['person', 'service'], kind),
    roles: new Set(list(roles, role)),
    keys: list(keys, keyId),
  };
}

function grant(value: unknown): KeyGrant {
  const { id, principal, revokedFrom, armored } = fields(value);
  const key = parseKey(text(id), () => optional(armored, text));
  if ('problem' in key) return unreadable();
  return { principal: principalId(principal), key, revokedFrom: optional(revokedFrom, whole) };
}

function environment(entry: Fields): EnvironmentRules {
  return {
    approvals: whole(entry.approvals),
    promoteFrom: optional(entry.promoteFrom, environmentName),
    separateDeployer: flag(entry.separateDeployer),
    soak: whole(entry.soak),
  };
}

function rule(value: unknown): NarrowRule {
  const entry = fields(value);
  return {
    prompts: list(entry.prompts, text),
    environments: optional(entry.environments, (names) => list(names, environmentName)),
    approvals: whole(entry.approvals),
    approvers: optional(entry.approvers, (ids) => list(ids, principalId)),
    separateDeployer: flag(entry.separateDeployer),
    soak: whole(entry.soak),
  };
}

function retention(entry: Fields): RetentionPeriods {
  if (Object.keys(entry).some((key) => !RETENTION_CLASSES.some((known) => known === key))) unreadable();
  return {
    calls: optional(entry.calls, whole),
    content: optional(entry.content, whole),
    access: optional(entry.access, whole),
  };
}

const principalId = (value: unknown) => parsePrincipalId(text(value)) ?? unreadable();
const environmentName = (value: unknown) => parseEnvironmentName(text(value)) ?? unreadable();
const keyId = (value: unknown) => text(value) as KeyId;
const role = (value: unknown) => oneOf(ROLES, value);

type Fields = Readonly<Record<string, unknown>>;

function fields(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? { ...value } : unreadable();
}

function list<T>(value: unknown, read: (item: unknown) => T): T[] {
  return Array.isArray(value) ? value.map((item) => read(item)) : unreadable();
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : unreadable();
}

function whole(value: unknown): number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : unreadable();
}

function flag(value: unknown): boolean {
  return typeof value === 'boolean' ? value : unreadable();
}

function optional<T>(value: unknown, read: (value: unknown) => T): T | undefined {
  return value === undefined ? undefined : read(value);
}

function oneOf<const T extends string>(options: readonly T[], value: unknown): T {
  return options.find((option) => option === value) ?? unreadable();
}

function unreadable(): never {
  throw new Failure('the cached policy is not one that this version of promptaudit wrote: delete the cache');
}
