import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Failure } from '../../src/failure.ts';
import type { Oid } from '../../src/git/object.ts';
import {
  type DecisionTag,
  decisionTagRef,
  decodeDecisionTag,
  encodeDecisionTag,
  parseDecisionTagRef,
  tagNameAt,
  tagOfDecision,
} from '../../src/ledger/decisiontag.ts';
import { DECISIONS, type DecisionKind, type RegistryId, type Sha256 } from '../../src/ledger/event.ts';
import { principalProblem } from '../../src/ledger/principal.ts';
import { run, sandbox } from '../helpers/sandbox.ts';
import { digest, environments, number, oid, principal, prompt, reason, registry } from './arbitraries.ts';

const REF = 'refs/tags/promptaudit/clinical-intake/v12/approved/bob@acme.example';

const TEXT = `approve clinical-intake v12 for production, staging

reviewed for clinical safety

Registry: 6f0c1b0e-5a57-4c7e-9d07-0c7d3b0f4a11
Prompt: clinical-intake
Version: 12
Commit: 3f2a9c1d00112233445566778899aabbccddeeff
Content-Digest: sha256:${'ab12'.repeat(16)}
Decision: approved
Environments: production, staging
`;

const TAG: DecisionTag = {
  decision: 'approval',
  registry: '6f0c1b0e-5a57-4c7e-9d07-0c7d3b0f4a11' as RegistryId,
  prompt: 'clinical-intake',
  version: 12,
  commit: '3f2a9c1d00112233445566778899aabbccddeeff' as Oid,
  contentDigest: `sha256:${'ab12'.repeat(16)}` as Sha256,
  environments: ['production', 'staging'],
  meaning: 'reviewed for clinical safety',
  of: undefined,
};

const REVOCATION: DecisionTag = { ...TAG, decision: 'revocation', environments: '*', of: 'bob@acme.example' };

describe('the ref of a decision tag', () => {
  it.each([
    [REF, 'clinical-intake', 12, 'approval', 'bob@acme.example', 1],
    [`${REF}.2`, 'clinical-intake', 12, 'approval', 'bob@acme.example', 2],
    ['refs/tags/promptaudit/a/v3/approved/v1/rejected/b@x', 'a/v3/approved', 1, 'rejection', 'b@x', 1],
    ['refs/tags/promptaudit/policy/v4/revoked/b@x.10', 'policy', 4, 'revocation', 'b@x', 10],
  ] as const)('%s', (ref, name, version, decision, who, ordinal) => {
    expect(decisionTagRef(name, version, decision, who, ordinal)).toBe(ref);
    expect(parseDecisionTagRef(ref)).toEqual({ prompt: name, version, decision, principal: who, ordinal });
  });

  it.each([
    'refs/tags/v1.0',
    'refs/heads/promptaudit/a/v1/approved/b@x',
    'refs/tags/promptaudit/v1/approved/b@x',
    'refs/tags/promptaudit//v1/approved/b@x',
    'refs/tags/promptaudit/a/1/approved/b@x',
    'refs/tags/promptaudit/a/v0/approved/b@x',
    'refs/tags/promptaudit/a/v01/approved/b@x',
    'refs/tags/promptaudit/a/v1/approval/b@x',
    'refs/tags/promptaudit/a/v1/approved/bob',
    'refs/tags/promptaudit/a/v1/approved/b@x.1',
    'refs/tags/promptaudit/a/v1/approved/b@x.02',
    'refs/tags/promptaudit/a/v1/approved/b@x.2.3',
    'refs/tags/promptaudit/a/v1/approved/',
    'refs/tags/promptaudit/A/v1/approved/b@x',
    'refs/tags/promptaudit/a/v9007199254740993/approved/b@x',
  ])('is not %s', (ref) => {
    expect(parseDecisionTagRef(ref)).toBeUndefined();
  });

  it('is refused for a person that no ref can name', () => {
    for (const who of ['bob', 'b@x.2', 'b ob@x', 'b@x/..', '']) {
      expect(() => decisionTagRef('a', 1, 'approval', who, 1)).toThrow(Failure);
    }
    expect(() => decisionTagRef('a', 1, 'approval', 'b@x', 0)).toThrow(Failure);
  });

  it('comes back, whatever segments the prompt has, and is the tag object’s own name', () => {
    fc.assert(
      fc.property(
        fc.oneof(prompt, fc.constant('policy')),
        number,
        fc.constantFrom<DecisionKind>(...DECISIONS),
        principal,
        fc.integer({ min: 1, max: 99 }),
        (name, version, decision, who, ordinal) => {
          const ref = decisionTagRef(name, version, decision, who, ordinal);
          expect(parseDecisionTagRef(ref)).toEqual({
            prompt: name,
            version,
            decision,
            principal: who,
            ordinal,
          });
          expect(`refs/tags/${tagNameAt(ref)}`).toBe(ref);
        },
      ),
    );
  });
});

describe('principalProblem', () => {
  it('allows only what git allows in a ref', async () => {
    const { dir, env } = await sandbox();
    const odd = ['a@x', 'a+b@x', 'ü@x', 'a@b@x', 'a b@x', 'a..b@x', 'a~@x', 'a^@x', 'a:@x', 'a?@x', 'a*@x'];
    odd.push(
      'a[@x',
      'a\\@x',
      '.a@x',
      'a@x.',
      'a@x.lock',
      'a@{x',
      'a@{',
      '@',
      'a@',
      '@x',
      'a@x.7',
      'a/b@x',
      'a<@x',
    );
    for (const who of odd) {
      const checked = await run('git', ['check-ref-format', `refs/tags/promptaudit/p/v1/approved/${who}`], {
        cwd: dir,
        env,
      });
      if (checked.code !== 0) expect(principalProblem(who), who).toBeDefined();
    }
    expect(odd.filter((who) => principalProblem(who) === undefined)).toEqual(['a@x', 'a+b@x', 'ü@x']);
  });
});

describe('the message of a decision tag', () => {
  it('is this, by hand', () => {
    expect(encodeDecisionTag(TAG)).toBe(TEXT);
    expect(decodeDecisionTag(Buffer.from(TEXT))).toEqual({ ok: true, tag: TAG });
    expect(encodeDecisionTag(REVOCATION)).toBe(
      TEXT.replace(
        /^.*/,
        'revoke the decision of bob@acme.example on clinical-intake v12 for every environment',
      )
        .replace('Decision: approved', 'Decision: revoked')
        .replace('Environments: production, staging', 'Environments: *'),
    );
    expect(decodeDecisionTag(encodeDecisionTag(REVOCATION))).toEqual({ ok: true, tag: REVOCATION });
  });

  it.each([
    ['another subject', TEXT.replace('v12 for', 'v11 for'), 'subject'],
    ['no meaning', TEXT.replace('reviewed for clinical safety\n\n', ''), 'meaning'],
    ['another decision', TEXT.replace('Decision: approved', 'Decision: rejected'), 'subject'],
    ['an unknown decision', TEXT.replace('Decision: approved', 'Decision: approval'), 'Decision is'],
    [
      'another order',
      TEXT.replace('Version: 12\n', '').replace('Decision', 'Version: 12\nDecision'),
      'out of order',
    ],
    ['an event’s trailer', TEXT.replace('Decision:', 'Policy: 3\nDecision:'), 'does not belong here'],
    ['a signature in it', TEXT.replace('reviewed', '-----BEGIN PGP SIGNATURE-----\nreviewed'), 'BEGIN'],
    [
      'a revocation of nobody’s',
      encodeDecisionTag(REVOCATION).replace('bob@acme.example', 'bob'),
      'does not name the principal',
    ],
  ])('is refused for %s', (_why, text, problem) => {
    const decoded = decodeDecisionTag(text);
    expect(decoded.ok ? 'accepted' : decoded.problems.join('\n')).toContain(problem);
  });

  it('demands ids of the repository’s format where that is given', () => {
    expect(decodeDecisionTag(TEXT, 'sha1').ok).toBe(true);
    expect(decodeDecisionTag(TEXT, 'sha256').ok).toBe(false);
  });

  it('is not written when it could not be read', () => {
    expect(() => encodeDecisionTag({ ...TAG, meaning: '' })).toThrow(Failure);
    expect(() => encodeDecisionTag({ ...TAG, prompt: 'policy' })).toThrow(/Environments '\*'/);
    expect(() => encodeDecisionTag({ ...TAG, prompt: 'a\nVersion: 1' })).toThrow(Failure);
  });

  it('comes back, and differs in one character only by being another or none', () => {
    const tag = fc.record({
      decision: fc.constantFrom<DecisionKind>(...DECISIONS),
      registry,
      prompt,
      version: number,
      commit: oid,
      contentDigest: digest,
      environments,
      meaning: reason,
      of: principal,
    });
    fc.assert(
      fc.property(tag, fc.nat(), fc.constantFrom(...'\n :x1a'), ({ of, ...rest }, at, put) => {
        const made = { ...rest, of: rest.decision === 'revocation' ? of : undefined };
        const text = encodeDecisionTag(made);
        expect(decodeDecisionTag(text)).toEqual({ ok: true, tag: made });
        const place = at % text.length;
        const changed = text.slice(0, place) + put + text.slice(place + 1);
        const decoded = decodeDecisionTag(changed);
        if (decoded.ok) expect(encodeDecisionTag(decoded.tag)).toBe(changed);
      }),
      { numRuns: 500 },
    );
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        expect(decodeDecisionTag(bytes).ok).toBe(false);
      }),
    );
  });

  it('is known from the event alone', () => {
    const { decision, registry: id, meaning, of: _, ...shared } = TAG;
    const detail = { ...shared, event: decision, tag: REF, tagObject: TAG.commit };
    expect(tagOfDecision(id, detail, meaning)).toEqual(TAG);
    const revoked = { ...detail, event: 'revocation', tag: REF.replace('approved', 'revoked') } as const;
    expect(tagOfDecision(id, revoked, meaning).of).toBe('bob@acme.example');
  });

  it('makes a tag object that git takes, with the trailers that it reads', async () => {
    const { git } = await sandbox();
    await git(['init', '-q', '.']);
    const tree = (await git(['mktree'], { input: '' })).trim();
    const ident = ['-c', 'user.name=Bob Rao', '-c', 'user.email=bob@acme.example'];
    const commit = (await git([...ident, 'commit-tree', '-m', 'v12', tree])).trim() as Oid;
    const message = encodeDecisionTag({ ...TAG, commit });
    const tagger = 'tagger Bob Rao <bob@acme.example> 1795255872 +0000';
    const input = `object ${commit}\ntype commit\ntag ${tagNameAt(REF)}\n${tagger}\n\n${message}`;
    const tag = (await git(['mktag', '--strict'], { input })).trim();
    await git(['update-ref', REF, tag]);
    const format = '%(contents:subject)|%(contents:body)|%(trailers:key=Decision,valueonly)';
    expect(await git(['for-each-ref', `--format=${format}`, REF])).toBe(
      `${message.split('\n')[0]}|${message.slice(message.indexOf('\n\n') + 2)}|approved\n\n`,
    );
    expect(await git(['fsck', '--strict'])).toBe('');
  });
});
