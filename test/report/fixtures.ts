import type { Oid } from '../../src/git/object.ts';
import type { Detail, EventDetail, Sha256 } from '../../src/ledger/event.ts';
import type { PrincipalId } from '../../src/policy/model.ts';
import type { AcknowledgedFinding, VerifyReport } from '../../src/report/rows.ts';
import { type Page, PLAIN, type Style } from '../../src/report/style.ts';
import type { KeyId } from '../../src/signing/model.ts';
import type { Finding, TrailEvent } from '../../src/trail/model.ts';

export const NOW = new Date('2026-11-21T10:11:12Z');
/** Seconds. */
export const THREE_DAYS_AGO = NOW.getTime() / 1000 - 3 * 86_400;

export function plainPage(width = 80): Page {
  return { width, fileWidth: width, style: PLAIN, now: NOW };
}

/** Marks every colour with its name, so that expectations can be read. */
export const MARKED: Style = {
  colour: true,
  strong: (text) => `<strong>${text}</strong>`,
  dim: (text) => `<dim>${text}</dim>`,
  accent: (text) => `<accent>${text}</accent>`,
  good: (text) => `<good>${text}</good>`,
  bad: (text) => `<bad>${text}</bad>`,
  caution: (text) => `<caution>${text}</caution>`,
};

export function markedPage(width = 80): Page {
  return { width, fileWidth: width, style: MARKED, now: NOW };
}

export const OID = '3f2a9c1d5b6e7f80910a1b2c3d4e5f6071829304' as Oid;
export const DIGEST = `sha256:${'ab12'.repeat(16)}` as Sha256;

export const DEPLOYMENT: Detail<'deployment'> = {
  event: 'deployment',
  commit: OID,
  prompt: 'clinical-intake',
  version: 12,
  contentDigest: DIGEST,
  environment: 'production',
  replaces: 11,
  kind: 'rollout',
  reference: 'CAB-1432',
};

export function trailEvent(detail: EventDetail | undefined, more: Partial<TrailEvent> = {}): TrailEvent {
  return {
    sequence: 57,
    oid: OID,
    digest: DIGEST,
    time: THREE_DAYS_AGO,
    actor: {
      principal: 'deploy-bot@acme.example' as PrincipalId,
      name: 'Deploy pipeline',
      key: 'ssh-ed25519 AAAAC3Nza' as KeyId,
    },
    claimedBy: 'deploy-bot@acme.example',
    policy: 3,
    detail,
    reason: 'Evening rollout after the safety review.',
    verified: true,
    effective: true,
    findings: [],
    ...more,
  };
}

export const UNAPPROVED: Finding = {
  code: 'deployment/unapproved',
  severity: 'error',
  sequence: 57,
  prompt: 'clinical-intake',
  version: 12,
  object: OID,
  message: 'production asks for 2 approvals and it has 1',
  hint: 'have it approved by one more approver',
};
export const WARNING: Finding = {
  code: 'repo/ref-name',
  severity: 'warning',
  ref: 'refs/tags/promptaudit/odd',
  message: 'the name is not one of ours',
  hint: 'delete the tag',
};
export const ACKNOWLEDGED: AcknowledgedFinding = {
  ...UNAPPROVED,
  sequence: 9,
  by: 'ann@acme.example',
  acknowledgement: 58,
  reason: 'Reviewed later',
};

/** A healthy registry. */
export const SOUND: VerifyReport = {
  ref: 'refs/notes/promptaudit',
  registry: '6f0c1b0e-5a57-4c7e-9d07-0c7d3b0f4a11',
  root: DIGEST,
  head: { sequence: 57, commit: OID, digest: DIGEST },
  ok: true,
  counts: { events: 57, signatures: 60, versions: 12, approvals: 1, deployments: 14 },
  signers: [
    { principal: 'ann@acme.example', name: 'Ann Ng', events: 43 },
    { principal: 'deploy-bot@acme.example', name: 'Deploy pipeline', events: 14 },
  ],
  findings: [],
  acknowledged: [],
  since: undefined,
  notProven: ['Nothing outside this clone vouches for the newest events.'],
};

/** One of everything. */
export const BROKEN: VerifyReport = {
  ...SOUND,
  ok: false,
  findings: [WARNING, UNAPPROVED],
  acknowledged: [ACKNOWLEDGED],
};

/** `amount` findings of one code, at events 1, 2, 3… */
export function manyFindings(amount: number): Finding[] {
  return Array.from({ length: amount }, (_, index) => ({ ...UNAPPROVED, sequence: index + 1 }));
}

export async function gather(pieces: AsyncIterable<string>): Promise<string> {
  let all = '';
  for await (const piece of pieces) all += piece;
  return all;
}

/** What a terminal would act upon; none of it may be in any text output but line feeds and our own colours. */
export const DANGEROUS = /(?!\n)\p{Cc}|[\u200e\u200f\u202a-\u202e\u2066-\u2069\u2028\u2029]/u;

/** Clears the screen, prints a forged verdict right to left, and hides a tag character. */
export const HOSTILE = '\x1b[2J\x9b31mVerified\u202e.fdp\r\x07\u{e0041}\u200b\x00';
