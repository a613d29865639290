import { createHash, createPrivateKey, createPublicKey } from 'node:crypto';
import type { EnvironmentName, Policy, PrincipalId } from '../../src/policy/model.ts';
import { type PolicyParse, parsePolicy } from '../../src/policy/parse.ts';

/** An Ed25519 key as OpenSSH writes it (RFC 8709, section 4), always the same for a name. */
export function sshKey(name: string): string {
  const seed = createHash('sha256').update(name).digest();
  const pkcs8 = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed]);
  const secret = createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' });
  const { x } = createPublicKey(secret).export({ format: 'jwk' });
  const fields = [Buffer.from('ssh-ed25519'), Buffer.from(x ?? '', 'base64url')];
  const blob = fields.flatMap((field) => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(field.length);
    return [length, field];
  });
  return `ssh-ed25519 ${Buffer.concat(blob).toString('base64')}`;
}

export const KEYS = {
  alice: sshKey('alice'),
  bob: sshKey('bob'),
  bobOld: sshKey('bob, before'),
  carol: sshKey('carol'),
  dave: sshKey('dave'),
  bot: sshKey('bot'),
};

/** The example of design 1.2, made whole: with an admin, and with the keys written out. */
export const EXAMPLE = `schema: promptaudit/policy@1
registry: acme-clinical            # a name for people; the identity is the Registry UUID
prompts: prompts                   # the folder
protectedBranches: [main]
principals:
  alice@acme.example:
    name: Alice Ng
    roles: [author]
    keys: ["${KEYS.alice}"]
  bob@acme.example:
    name: Bob Rao
    roles: [approver]
    keys:
      - key: "${KEYS.bobOld}"
        revokedFrom: 120           # nothing this key signed at or after ledger sequence 120 counts
      - "${KEYS.bob}"
  carol@acme.example:
    name: Carol Diaz
    roles: [approver, admin]
    keys: ["${KEYS.carol}"]
  dave@acme.example:
    name: Dave Okoro
    roles: [approver, deployer]
    keys: ["${KEYS.dave}"]
  deploy-bot@acme.example:
    name: Deploy pipeline
    kind: service                  # person (default) or service
    roles: [deployer]
    keys: ["${KEYS.bot}"]
environments:
  staging: {}
  production:
    approvals: 1                   # distinct approvers, none of them the version's author
    promoteFrom: staging           # this exact version must have been deployed there first
    separateDeployer: false        # true: the deployer is neither the author nor an approver
    soak: 24h                      # how long it must have been in promoteFrom; optional
rules:                             # narrower demands; where several apply, the strictest of each holds
  - prompts: ["clinical-*"]
    environments: [production]
    approvals: 2
    approvers: [bob@acme.example, carol@acme.example]   # optional: only these count
adminThreshold: 1
emergency: { roles: [admin], reviewWithin: 24h }
`;

/** The people of the example, without the domain. */
export const id = (name: string): PrincipalId => `${name}@acme.example` as PrincipalId;
export const env = (name: string): EnvironmentName => name as EnvironmentName;

export function parse(text: string, material: ReadonlyMap<string, string> = new Map()): PolicyParse {
  return parsePolicy(Buffer.from(text), material);
}

/** @throws where the text is not a policy */
export function policyOf(text: string): Policy {
  const { policy, problems } = parse(text);
  if (policy === undefined) throw new Error(JSON.stringify(problems, null, 2));
  return policy;
}

/** The problems as `line:column severity message`. */
export function problemsOf(text: string): readonly string[] {
  return parse(text).problems.map((one) => `${one.line}:${one.column} ${one.severity} ${one.message}`);
}

/** The example with one piece of its text exchanged. @throws where the piece is not there exactly once */
export function exampleWith(before: string, after: string, text = EXAMPLE): string {
  if (text.split(before).length !== 2) throw new Error(`the example does not have exactly one ${before}`);
  return text.replace(before, () => after);
}
