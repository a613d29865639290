import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import type { Attack } from './attack.ts';
import { ACKNOWLEDGEMENT_ATTACKS } from './attacks/acknowledgements.ts';
import { APPROVAL_ATTACKS } from './attacks/approvals.ts';
import { CALLS_ATTACKS } from './attacks/calls.ts';
import { DEPLOYMENT_ATTACKS } from './attacks/deployments.ts';
import { EMERGENCY_ATTACKS } from './attacks/emergencies.ts';
import { FOUNDING_ATTACKS } from './attacks/founding.ts';
import { LEDGER_ATTACKS } from './attacks/ledger.ts';
import { OBJECT_ATTACKS } from './attacks/objects.ts';
import { POLICY_ATTACKS } from './attacks/policy.ts';
import { REPOSITORY_ATTACKS } from './attacks/repository.ts';
import { SEALED_ATTACKS } from './attacks/sealed.ts';
import { SIGNATURE_ATTACKS } from './attacks/signatures.ts';
import { SIGNER_ATTACKS } from './attacks/signers.ts';
import { TRUST_ATTACKS } from './attacks/trust.ts';
import { VERSION_ATTACKS } from './attacks/versions.ts';

/** The table of the design's section 5, and what its section 7 adds. */
const ROWS: Readonly<Record<string, readonly string[]>> = {
  ledger: [
    'missing',
    'rollback',
    'fork',
    'sequence',
    'previous',
    'registry',
    'parents',
    'malformed',
    'tree',
    'time',
  ],
  object: ['missing', 'corrupt'],
  signature: ['missing', 'invalid', 'unknown-key', 'revoked', 'identity', 'role', 'ambiguous'],
  version: ['commit', 'content', 'number', 'unregistered'],
  approval: ['tag-missing', 'tag-moved', 'tag-mismatch', 'unrecorded', 'self', 'role'],
  deployment: ['unapproved', 'promotion', 'soak', 'separation', 'replaces', 'unreviewed-emergency'],
  policy: ['threshold', 'number', 'content', 'invalid'],
  seal: ['previous', 'repeated'],
  hold: ['name'],
  purge: ['early', 'segments'],
  erasure: ['repeated'],
  calls: ['missing', 'altered', 'record', 'unsealed', 'purged', 'content', 'erased', 'certificate'],
  repo: ['replace', 'grafts', 'shallow', 'ref-name', 'unknown-ref'],
};

const CODES = Object.entries(ROWS).flatMap(([family, names]) => names.map((name) => `${family}/${name}`));

const ATTACKS: readonly Attack[] = [
  ...[
    LEDGER_ATTACKS,
    OBJECT_ATTACKS,
    SIGNATURE_ATTACKS,
    VERSION_ATTACKS,
    APPROVAL_ATTACKS,
    DEPLOYMENT_ATTACKS,
  ],
  ...[
    SIGNER_ATTACKS,
    EMERGENCY_ATTACKS,
    POLICY_ATTACKS,
    FOUNDING_ATTACKS,
    ACKNOWLEDGEMENT_ATTACKS,
    REPOSITORY_ATTACKS,
    TRUST_ATTACKS,
    CALLS_ATTACKS,
    SEALED_ATTACKS,
  ],
].flat();

test('the catalogue of findings is the table of the design', async () => {
  const source = await readFile(new URL('../../src/trail/findings.ts', import.meta.url), 'utf8');
  const written = [...source.matchAll(/^ {2}'([a-z]+\/[a-z-]+)': error\(/gm)].map(([, code]) => code);
  expect(written.sort()).toEqual([...CODES].sort());
});

test.each(CODES)('an attack proves %s', (code) => {
  expect(ATTACKS.filter((attack) => attack.code === code)).not.toEqual([]);
});

test('each attack expects the finding that it is there to prove', () => {
  const others = ATTACKS.filter(
    ({ code, expected, deep = [] }) =>
      ![...expected, ...deep].some((found) => found.split(/[@ ]/)[0] === code),
  );
  expect(others).toEqual([]);
});

test('no two attacks have the same name', () => {
  const names = ATTACKS.map(({ code, by, title }) => `${code}: an ${by} ${title}`);
  expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
});
