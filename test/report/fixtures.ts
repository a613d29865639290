import type { Oid } from '../../src/git/object.ts';
import type { Detail, EventDetail, Sha256 } from '../../src/ledger/event.ts';
import type { PrincipalId } from '../../src/policy/model.ts';
import { type Page, PLAIN, type Style } from '../../src/report/style.ts';
import type { KeyId } from '../../src/signing/model.ts';
import type { TrailEvent } from '../../src/trail/model.ts';

export const NOW = new Date('2026-11-21T10:11:12Z');
/** Seconds. */
export const THREE_DAYS_AGO = NOW.getTime() / 1000 - 3 * 86_400;

export function plainPage(width = 80): Page {
  return { width, style: PLAIN, now: NOW };
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
  return { width, style: MARKED, now: NOW };
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

export async function gather(pieces: AsyncIterable<string>): Promise<string> {
  let all = '';
  for await (const piece of pieces) all += piece;
  return all;
}

/** What a terminal would act upon; none of it may be in any text output but line feeds and our own colours. */
export const DANGEROUS = /(?!\n)\p{Cc}|[\u200e\u200f\u202a-\u202e\u2066-\u2069\u2028\u2029]/u;

/** Clears the screen, prints a forged verdict right to left, and hides a tag character. */
export const HOSTILE = '\x1b[2J\x9b31mVerified\u202e.fdp\r\x07\u{e0041}\u200b\x00';
