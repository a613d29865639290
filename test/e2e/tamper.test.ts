import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Oid } from '../../src/git/object.ts';
import { encodeDecisionTag, tagNameAt } from '../../src/ledger/decisiontag.ts';
import type { DecisionDetail, RegistryId, Sha256 } from '../../src/ledger/event.ts';
import { encodeVersionCommit } from '../../src/ledger/versioncommit.ts';
import type { PromptName } from '../../src/prompts/name.ts';
import { deploymentOf, forge, forgeEvent, forget, LEDGER } from '../helpers/forge.ts';
import {
  activeNow,
  approvalsOf,
  copyOf,
  DISCHARGE,
  eventsOf,
  findingsOf,
  foundHospital,
  type Hospital,
  lastEvent,
  POLICY_FILE,
  policyOf,
  promptText,
  setPolicy,
} from '../helpers/hospital.ts';
import { createSandbox, run, type Sandbox } from '../helpers/sandbox.ts';
import { ADAPTERS, type Adapter, type Person } from '../helpers/team.ts';

const APPROVED = 'refs/tags/promptaudit/discharge/v1/approved';

/** What `verify` finds in registries that somebody tampered with, and what they can still do. */
describe('tampering', () => {
  let sandbox: Sandbox;
  let base: Hospital;
  let h: Hospital;

  /** Events 7: Bob approves discharge v1; 8 and 9: it goes to staging and production. */
  beforeAll(async () => {
    sandbox = await createSandbox();
    base = await foundHospital(sandbox, 'embedded');
    const { team, bob, dee } = base;
    await team.ok(bob, ['approve', 'discharge@1', '-m', 'Read it']);
    await team.ok(dee, ['deploy', 'discharge@1', '-e', 'staging']);
    await team.ok(dee, ['deploy', 'discharge@1', '-e', 'production']);
  });
  afterAll(() => sandbox.remove());

  const start = async (adapter?: Adapter): Promise<Hospital> => {
    h = await copyOf(base, adapter);
    return h;
  };
  /** What `verify` finds, the same by both adapters; sorted. */
  const findings = async (...args: string[]) => {
    const native = await findingsOf({ ...h, team: h.team.through('native') }, ...args);
    expect(await findingsOf({ ...h, team: h.team.through('embedded') }, ...args)).toEqual(native);
    return [...native].sort();
  };
  const version = async (sequence: number) => {
    const event = (await eventsOf(h))[sequence - 1];
    return { commit: event?.commit as Oid, contentDigest: event?.contentDigest as Sha256 };
  };
  const raw = async (oid: string) =>
    (await run('git', ['cat-file', 'commit', oid], { cwd: h.team.repo, env: sandbox.env })).stdout.toString(
      'latin1',
    );
  const keep = async (text: string) => {
    const options = { cwd: h.team.repo, input: Buffer.from(text, 'latin1') };
    return (await sandbox.ok('git', ['hash-object', '-t', 'commit', '-w', '--stdin'], options)).trim();
  };
  /** Puts these events of the present ledger on top of event 6, as somebody without any key can. */
  const relinked = async (...sequences: number[]) => {
    const oids = (await h.team.git('rev-list', '--first-parent', '--reverse', LEDGER)).split('\n');
    let tip = oids[5] ?? '';
    for (const sequence of sequences) {
      const text = await raw(oids[sequence - 1] ?? '');
      tip = await keep(text.replace(/^parent .*$/m, `parent ${tip}`));
    }
    await h.team.git('update-ref', LEDGER, tip);
  };

  test('an untouched registry has no findings', async () => {
    await start();
    expect(await findings()).toEqual([]);
  });

  describe('with stock git', () => {
    test.each(ADAPTERS)(
      'a forged note counts for nothing, and the next event, by %s, puts the notes right',
      async (adapter) => {
        const { team, dan, bob, carol } = await start(adapter);
        const intake = await version(5);
        await team.git(
          'notes',
          '--ref=promptaudit',
          'add',
          '-f',
          '-m',
          'approve clinical-intake v2 for every environment',
          intake.commit,
        );
        expect(await findings()).toEqual(['ledger/malformed@10', 'ledger/tree@10', 'signature/missing@10']);
        expect(await lastEvent(h)).toMatchObject({ sequence: 10, event: null, verified: false, actor: null });
        expect(await approvalsOf(h, 'clinical-intake')).toEqual(['production 0/2']);
        expect(await team.git('notes', '--ref=promptaudit', 'show', intake.commit)).toBe(
          'approve clinical-intake v2 for every environment',
        );

        await team.ok(bob, ['approve', 'clinical-intake@2', '-m', 'Read it']);
        const note = await team.git('notes', '--ref=promptaudit', 'show', intake.commit);
        expect(note).toMatch(/^2026-01-05T09:04:00Z dan@acme\.example\ncommit clinical-intake v2\n/);
        expect(note).toMatch(
          /\n\n[-0-9TZ:]+ bob@acme\.example\napprove clinical-intake v2 for every environment\n/,
        );
        await team.ok(carol, ['approve', 'clinical-intake@2', '-m', 'Read it']);
        await team.write(DISCHARGE, promptText('discharge', 'Shorter.'));
        await team.ok(dan, ['commit', '-m', 'Shorter']);
        await team.ok(h.dee, ['deploy', 'clinical-intake@2', '-e', 'staging']);
        await team.ok(h.dee, ['withdraw', 'discharge', '-e', 'staging']);
        await setPolicy(h, policyOf(h, { rules: [] }));
        expect(await findings()).toEqual(['ledger/malformed@10', 'ledger/tree@10', 'signature/missing@10']);
        expect(await approvalsOf(h, 'clinical-intake')).toEqual(['production 2/1']);
      },
    );

    test('an event that nobody signed', async () => {
      const { team, dee } = await start();
      await forgeEvent(h, dee, await deploymentOf(h, 4, { environment: 'staging' }));
      const signed = await raw(LEDGER);
      await team.git('update-ref', LEDGER, await keep(signed.replace(/^gpgsig .*\n(?: .*\n)*/m, '')));
      expect(await findings()).toEqual(['signature/missing@10']);
      expect(await activeNow(h)).toEqual(['discharge v1 in staging', 'discharge v1 in production']);
    });

    test.each(ADAPTERS)(
      'an unsigned event with other notes than the events say: the next one, by %s, makes them again',
      async (adapter) => {
        const { team, dee } = await start(adapter);
        const { commit } = await version(6);
        const text = await raw(LEDGER);
        const message = text.slice(text.indexOf('\n\n') + 2).replace('Sequence: 9', 'Sequence: 10');
        const made = await team.git('commit-tree', `${commit}^{tree}`, '-p', LEDGER, '-m', message.trimEnd());
        await team.git('update-ref', LEDGER, made);
        expect(await findings()).toEqual(['ledger/previous@10', 'ledger/tree@10', 'signature/missing@10']);
        await team.ok(dee, ['withdraw', 'discharge', '-e', 'production']);
        expect(await team.git('notes', '--ref=promptaudit', 'show', commit)).toMatch(
          /\nwithdraw discharge v1 from production\n/,
        );
        expect(await findings()).toEqual(['ledger/previous@10', 'ledger/tree@10', 'signature/missing@10']);
      },
    );

    test('an event that was altered after it was signed', async () => {
      const { team, dee } = await start();
      await forgeEvent(h, dee, await deploymentOf(h, 4, { environment: 'staging', reference: 'CAB-1' }));
      await team.git(
        'update-ref',
        LEDGER,
        await keep((await raw(LEDGER)).replace('Reference: CAB-1', 'Reference: CAB-2')),
      );
      expect(await findings()).toEqual(['ledger/tree@10', 'signature/invalid@10']);
    });

    test('a dropped event', async () => {
      await start();
      await forget(h);
      await relinked(7, 9);
      expect(await findings()).toEqual([
        'ledger/previous@8',
        'ledger/sequence@8',
        'ledger/tree@8',
        'signature/invalid@8',
      ]);
    });

    test('events in another order', async () => {
      await start();
      await forget(h);
      await relinked(7, 9, 8);
      expect(await findings()).toEqual([
        'ledger/previous@8',
        'ledger/previous@9',
        'ledger/sequence@8',
        'ledger/sequence@9',
        'ledger/tree@8',
        'ledger/tree@9',
        'signature/invalid@8',
        'signature/invalid@9',
      ]);
    });

    test('a deleted approval tag, which doctor --repair brings back', async () => {
      const { team, dee } = await start();
      await team.git('update-ref', '-d', `${APPROVED}/bob@acme.example`);
      expect(await findings()).toEqual(['approval/tag-missing@7']);
      await team.cli(dee, ['doctor', '--repair']);
      expect(await findings()).toEqual([]);
    });

    test('an approval tag that was moved to another object', async () => {
      const { team } = await start();
      await team.git(
        'tag',
        '-f',
        '-a',
        '-m',
        'Mine',
        'promptaudit/discharge/v1/approved/bob@acme.example',
        'HEAD',
      );
      expect(await findings()).toEqual(['approval/tag-moved@7']);
    });

    test('an approval tag put at other versions and names', async () => {
      const { team } = await start();
      const tag = await team.git('rev-parse', `${APPROVED}/bob@acme.example`);
      await team.git('update-ref', 'refs/tags/promptaudit/clinical-intake/v2/approved/bob@acme.example', tag);
      await team.git('update-ref', `${APPROVED}/carol@acme.example`, tag);
      await team.git('update-ref', 'refs/tags/promptaudit/discharge/latest', tag);
      expect(await findings()).toEqual(['approval/unrecorded', 'approval/unrecorded', 'repo/ref-name']);
      expect(await approvalsOf(h, 'clinical-intake')).toEqual(['production 0/2']);
    });

    test('an approval tag by somebody unknown', async () => {
      const { team } = await start();
      const mallory = await team.person('Mallory');
      await team.git('config', 'gpg.format', 'ssh');
      await team.git('config', 'user.signingkey', mallory.key);
      const name = 'promptaudit/discharge/v1/approved/mallory@acme.example';
      await team.git(
        'tag',
        '-s',
        '-m',
        'approve discharge v1 for every environment',
        name,
        (await version(6)).commit,
      );
      expect(await findings()).toEqual(['approval/unrecorded']);
    });
  });

  describe('by an insider with one valid key', () => {
    test.each(ADAPTERS)(
      'a deployment without approvals stays in the ledger, and has no effect, by %s',
      async (adapter) => {
        const { team, dee, bob, carol } = await start(adapter);
        await forgeEvent(h, dee, await deploymentOf(h, 5), { reason: 'Trust me' });
        expect(await findings()).toEqual(['deployment/promotion@10', 'deployment/unapproved@10']);
        expect(await lastEvent(h)).toMatchObject({
          sequence: 10,
          event: 'deployment',
          verified: true,
          actor: { principal: dee.email },
          reason: 'Trust me',
          findings: ['deployment/unapproved', 'deployment/promotion'],
        });
        expect(await activeNow(h)).toEqual(['discharge v1 in staging', 'discharge v1 in production']);
        await team.ok(dee, ['deploy', 'clinical-intake@2', '-e', 'staging']);
        for (const who of [bob, carol]) await team.ok(who, ['approve', 'clinical-intake@2', '-m', 'Read it']);
        await team.ok(dee, ['deploy', 'clinical-intake@2', '-e', 'production']);
        expect(await lastEvent(h)).toMatchObject({ sequence: 14, replaces: null, findings: [] });
        expect(await activeNow(h, '-e', 'production')).toEqual([
          'clinical-intake v2 in production',
          'discharge v1 in production',
        ]);
      },
    );

    test.each([
      ['without the role', 'alice', {}, ['signature/role@10']],
      ['in the place of what is not active', 'dee', { replaces: 1 }, ['deployment/replaces@10']],
      ['of what is active already', 'dee', { version: 1, environment: 'staging' }, undefined],
      ['as a rollback to what never was there', 'dee', { kind: 'rollback' }, ['deployment/promotion@10']],
      [
        'as an emergency, by a role that may not',
        'dee',
        { kind: 'emergency' },
        ['deployment/unapproved@10', 'signature/role@10'],
      ],
      [
        'of other content',
        'dee',
        { contentDigest: `sha256:${'0'.repeat(64)}` as Sha256 },
        ['version/content@10'],
      ],
      ['of a version that is not there', 'dee', { version: 7 }, ['version/number@10']],
      ['to an environment that is not there', 'dee', { environment: 'moon' }, ['deployment/unapproved@10']],
    ] as const)('a deployment %s', async (_, who, changes, expected) => {
      await start();
      if (expected === undefined) {
        await forgeEvent(h, h[who], await deploymentOf(h, 6, { ...changes, replaces: 1 }));
        expect(await findings()).toEqual(['deployment/replaces@10']);
        return;
      }
      await forgeEvent(h, h[who], await deploymentOf(h, 4, { environment: 'staging', ...changes }));
      expect(await findings()).toEqual(expected);
      expect(await activeNow(h, '-e', 'staging')).toEqual(['discharge v1 in staging']);
    });

    test("Alice's key under Bob's name", async () => {
      const { dee, alice } = await start();
      await forgeEvent(h, alice, await deploymentOf(h, 4, { environment: 'staging' }), { as: dee });
      expect(await findings()).toEqual(['signature/identity@10']);
    });

    test('an event signed again by a key that nobody has', async () => {
      const { team, dee } = await start();
      const mallory = await team.person('Mallory');
      await team.git('update-ref', LEDGER, `${LEDGER}^`);
      await forgeEvent(h, mallory, await deploymentOf(await copyOf(base), 6), { as: dee });
      expect(await findings()).toEqual(['ledger/fork@9', 'signature/unknown-key@9']);
      expect((await team.refused(dee, ['log'])).rules).toEqual(['ledger/fork']);
      await forget(h);
      expect(await findings()).toEqual(['signature/unknown-key@9']);
      expect(await activeNow(h)).toEqual(['discharge v1 in staging']);
    });

    test.each([
      ['of another registry', { registry: 'ffffffff-0000-4000-8000-000000000001' }, ['ledger/registry@10']],
      [
        'with a wrong Previous',
        { head: { digest: `sha256:${'0'.repeat(64)}` as Sha256 } },
        ['ledger/previous@10'],
      ],
      ['with a number left out', { head: { sequence: 10 } }, ['ledger/sequence@10']],
      [
        'with edited notes',
        { head: { tree: '4b825dc642cb6eb9a060e54bf8d69288fbee4904' as Oid } },
        ['ledger/tree@10'],
      ],
      ['under another policy', { policy: 1 }, ['policy/number@10']],
      ['from long ago', { late: -3600 }, ['ledger/time@10']],
    ])('an event %s', async (_, forgery, expected) => {
      const { team, dee } = await start();
      await forgeEvent(h, dee, await deploymentOf(h, 4, { environment: 'staging' }), forgery);
      expect(await findings()).toEqual(expected);
      expect(await activeNow(h, '-e', 'staging')).toEqual(['discharge v1 in staging']);
      await team.ok(dee, ['withdraw', 'discharge', '-e', 'staging']);
      expect(await findings()).toEqual(expected);
      expect(await activeNow(h, '-e', 'staging')).toEqual([]);
      expect(await team.git('fsck', '--strict', '--full', '--no-progress', '--no-dangling')).toBe('');
    });

    test('an event with a parent that its kind does not ask for', async () => {
      const { dee } = await start();
      const { commit } = await version(4);
      await forgeEvent(h, dee, await deploymentOf(h, 4, { environment: 'staging' }), { subject: commit });
      expect(await findings()).toEqual(['ledger/parents@10']);
    });

    test('a second genesis', async () => {
      const { ada } = await start();
      await forgeEvent(
        h,
        ada,
        { event: 'genesis', name: 'mine' },
        { policy: 0, head: { sequence: 0, digest: undefined as never } },
      );
      expect(await findings()).toEqual([
        'ledger/previous@10',
        'ledger/sequence@10',
        'ledger/sequence@10',
        'policy/number@10',
      ]);
    });

    test('an approval whose tag says something else', async () => {
      const { carol } = await start();
      const said = {
        event: 'approval',
        prompt: 'discharge',
        version: 1,
        environments: ['staging'],
        ...(await version(6)),
      } as const;
      const tag = `${APPROVED}/carol@acme.example`;
      await forge(h, carol, async (builder) => {
        const registry = '00000000-0000-4000-8000-000000000001' as RegistryId;
        const { event: decision, ...facts } = said;
        const message = encodeDecisionTag({
          ...facts,
          decision,
          registry,
          meaning: 'For staging',
          of: undefined,
        });
        const tagObject = await builder.tag({ object: said.commit, name: tagNameAt(tag), message });
        await builder.append(
          { ...said, environments: '*', tag, tagObject } satisfies DecisionDetail,
          'For staging',
        );
        await h.team.git('update-ref', '--no-deref', tag, await kept(builder.objects.at(-2)?.bytes));
      });
      expect(await findings()).toEqual(['approval/tag-mismatch@10']);
    });
    const kept = async (bytes: Uint8Array | undefined) =>
      (
        await sandbox.ok('git', ['hash-object', '-t', 'tag', '-w', '--stdin'], {
          cwd: h.team.repo,
          input: bytes ?? '',
        })
      ).trim();

    test('an approval of one’s own, and one without the role', async () => {
      await start();
      const policy = policyOf(h);
      policy.principals[h.dan.email] = {
        name: 'Dan',
        roles: ['author', 'approver'],
        keys: [h.dan.publicKey],
      };
      await setPolicy(h, policy);
      const approve = async (who: Person, sequence: number, prompt: string, number: number) => {
        const facts = { prompt, version: number, environments: '*', ...(await version(sequence)) } as const;
        const tag = `refs/tags/promptaudit/${prompt}/v${number}/approved/${who.email}`;
        const registry = '00000000-0000-4000-8000-000000000001' as RegistryId;
        const message = encodeDecisionTag({
          ...facts,
          decision: 'approval',
          registry,
          meaning: 'Mine',
          of: undefined,
        });
        let bytes: Uint8Array | undefined;
        await forge(
          h,
          who,
          async (builder) => {
            const tagObject = await builder.tag({ object: facts.commit, name: tagNameAt(tag), message });
            bytes = builder.made.get(tagObject)?.bytes;
            await builder.append({ event: 'approval', ...facts, tag, tagObject }, 'Mine');
          },
          { policy: 3 },
        );
        await h.team.git('update-ref', tag, await kept(bytes));
      };
      await approve(h.dan, 5, 'clinical-intake', 2);
      await approve(h.alice, 5, 'clinical-intake', 2);
      await approve(h.dan, 6, 'discharge', 1);
      expect(await findings()).toEqual(['approval/role@12', 'approval/self@11']);
      expect(await approvalsOf(h, 'clinical-intake')).toEqual(['production 0/2']);
    });

    test.each([
      ['by one who is no author', 'dee', 'dee', {}, ['signature/role@10']],
      ['of a commit that somebody else signed', 'alice', 'dan', {}, ['signature/identity@10']],
      ['out of turn', 'alice', 'alice', { version: 3 }, ['version/number@10']],
      [
        'of other content',
        'alice',
        'alice',
        { contentDigest: `sha256:${'0'.repeat(64)}` as Sha256 },
        ['version/commit@10', 'version/content@10'],
      ],
      [
        'of a file that is not there',
        'alice',
        'alice',
        { path: 'prompts/discharge.prompt.yaml' },
        ['version/content@10'],
      ],
      [
        'of a file elsewhere',
        'alice',
        'alice',
        { path: 'elsewhere/discharge.prompt.yml' },
        ['version/commit@10', 'version/content@10'],
      ],
    ] as const)('a version %s', async (_, writer, registrar, changes, expected) => {
      const { team } = await start();
      const { commit: before, contentDigest } = await version(6);
      const tree = await team.git('rev-parse', `${before}^{tree}`);
      let commit = before;
      await forge(h, h[writer], async (builder) => {
        const message = encodeVersionCommit({
          message: 'Mine',
          prompt: 'discharge' as PromptName,
          contentDigest,
        });
        const made = await builder.commit({ tree: tree as Oid, parents: [before], message });
        commit = made.oid;
        const subject = {
          event: 'version',
          commit,
          prompt: 'discharge',
          version: 2,
          path: DISCHARGE,
          contentDigest,
        } as const;
        await builder.append({ ...subject, ...changes }, 'Mine', commit);
      });
      if (writer !== registrar) {
        await team.git('update-ref', LEDGER, `${LEDGER}^`);
        const detail = {
          event: 'version',
          commit,
          prompt: 'discharge',
          version: 2,
          path: DISCHARGE,
          contentDigest,
        } as const;
        await forgeEvent(h, h[registrar], detail, { subject: commit });
      }
      expect(await findings()).toEqual(expected);
      expect(await team.json(undefined, ['list'])).toMatchObject({
        prompts: [{}, { prompt: 'discharge', latest: 1 }],
      });
    });

    /** A policy, committed and put to the ledger whatever the rules say. */
    const forgePolicy = async (
      who: Person,
      text: string,
      changes: { version?: number; contentDigest?: Sha256 } = {},
    ) => {
      const { team } = h;
      await team.write(POLICY_FILE, text);
      await team.git('add', POLICY_FILE);
      const tree = (await team.git('write-tree')) as Oid;
      const parent = (await team.git('rev-parse', 'HEAD')) as Oid;
      const sum = await sandbox.ok('sha256sum', [join(team.repo, POLICY_FILE)]);
      await forge(h, who, async (builder) => {
        const { oid } = await builder.commit({ tree, parents: [parent], message: 'Mine\n' });
        const contentDigest = `sha256:${sum.slice(0, 64)}` as Sha256;
        await builder.append(
          { event: 'policy', version: 3, commit: oid, contentDigest, ...changes },
          'Mine',
          oid,
        );
      });
    };

    test('a policy by one who is no admin', async () => {
      const { team, dan } = await start();
      const policy = policyOf(h);
      policy.principals[dan.email] = { name: 'Dan', roles: ['author', 'admin'], keys: [dan.publicKey] };
      await forgePolicy(dan, JSON.stringify(policy));
      expect(await findings()).toEqual(['signature/role@10']);
      expect(await team.json(dan, ['whoami'])).toMatchObject({ roles: ['author'] });
      expect(await team.json(undefined, ['policy', 'show'])).toMatchObject({ version: 2 });
      await setPolicy(h, policyOf(h, { rules: [] }));
      expect(await team.json(undefined, ['policy', 'show'])).toMatchObject({ version: 3, sequence: 11 });
      expect(await findings()).toEqual(['signature/role@10']);
    });

    test.each([
      ['that was there before', 'ada', 'text', { version: 2 }, ['policy/number@10']],
      [
        'of other content',
        'ada',
        'text',
        { contentDigest: `sha256:${'0'.repeat(64)}` as Sha256 },
        ['policy/content@10'],
      ],
      ['that is not valid', 'ada', 'schema: promptaudit/policy@9\n', {}, ['policy/invalid@10']],
      ['that is no YAML', 'ada', '{', {}, ['policy/invalid@10']],
    ] as const)('a policy %s', async (_, who, text, changes, expected) => {
      const { team } = await start();
      await forgePolicy(h[who], text === 'text' ? JSON.stringify(policyOf(h)) : text, changes);
      expect(await findings()).toEqual(expected);
      expect(await team.json(undefined, ['policy', 'show'])).toMatchObject({ version: 2, state: 'in force' });
    });
  });

  describe('below what this clone verified before', () => {
    const COMMANDS = [
      ...[
        ['log'],
        ['active'],
        ['status'],
        ['list'],
        ['show', 'discharge'],
        ['review'],
        ['whoami'],
        ['policy', 'show'],
        ['search', 'a'],
      ],
      ...[['blame', 'discharge'], ['diff', 'discharge', '1', 'draft'], ['render', 'discharge@1'], ['doctor']],
      ...[
        ['commit', '-m', 'x'],
        ['retire', 'discharge', '-m', 'x'],
        ['approve', 'discharge', '-m', 'x'],
        ['reject', 'discharge', '-m', 'x'],
      ],
      ...[
        ['revoke', 'discharge', '-m', 'x'],
        ['deploy', 'discharge', '-e', 'staging'],
        ['promote', 'discharge', '--to', 'production'],
      ],
      ...[
        ['rollback', 'discharge', '-e', 'staging'],
        ['withdraw', 'discharge', '-e', 'staging'],
        ['policy', 'commit', '-m', 'x'],
      ],
      ['policy', 'revoke-key', 'SHA256:x'],
    ];

    test.each([
      [
        'rolled back',
        `${LEDGER}^`,
        'ledger/rollback',
        /ends at event 8, but this clone verified it up to event 9 \(sha256:[0-9a-f]{64}\)/,
      ],
      ['gone', undefined, 'ledger/missing', /is gone, though this clone verified it up to event 9/],
    ])('a ledger that is %s stops every command', async (_, to, rule, message) => {
      const { team, dee } = await start();
      await team.git('update-ref', ...(to === undefined ? ['-d', LEDGER] : [LEDGER, to]));
      const before = await team.git('for-each-ref');
      for (const adapter of ADAPTERS) {
        for (const args of COMMANDS) {
          const [code, said] = await team.through(adapter).told(dee, args);
          expect([args, code]).toEqual([args, 1]);
          if (args[0] === 'doctor') continue;
          expect(said).toMatch(message);
          expect(said).toContain(rule);
        }
      }
      expect(await team.git('for-each-ref')).toBe(before);
      const found = await findings();
      expect(found).toEqual([to === undefined ? rule : `${rule}@8`]);
      const trust = JSON.parse(await readFile(join(team.repo, '.git/promptaudit/trust.json'), 'utf8'));
      expect(trust).toMatchObject({ head: { sequence: 9 } });
    });

    test('a ledger of another registry is a fork', async () => {
      const { team, ada, dee } = await start();
      const other = await copyOf(base);
      await other.team.git('update-ref', '-d', LEDGER);
      await other.team.git('rm', '-q', '-r', '.promptaudit');
      await forget(other);
      await other.team.ok(ada, ['init', '--name', 'other']);
      await team.git('fetch', '-q', other.team.repo, `+${LEDGER}:${LEDGER}`);
      expect((await team.refused(dee, ['log'])).rules).toEqual(['ledger/fork']);
      expect(await findings()).toContain('ledger/fork@1');
    });
  });

  describe('the root', () => {
    const wrong = `sha256:${'0'.repeat(64)}`;

    test('given wrong from outside is a finding, and pins nothing', async () => {
      const { team, dee } = await start();
      await forget(h);
      expect(await findings('--root', wrong)).toEqual(['ledger/fork@1']);
      expect(await team.told(dee, ['log'], { env: { PROMPTAUDIT_ROOT: wrong } })).toEqual([
        1,
        expect.stringContaining('ledger/fork'),
      ]);
      await expect(readFile(join(team.repo, '.git/promptaudit/trust.json'))).rejects.toThrow('ENOENT');
      expect((await team.cli(dee, ['verify', '--root', 'sha256:12'])).code).toBe(2);
    });

    test('that this clone pinned holds', async () => {
      const { team, dee } = await start();
      const { stdout } = await run(
        'git',
        [
          'cat-file',
          'commit',
          (await team.git('rev-list', '--first-parent', LEDGER)).split('\n').at(-1) ?? '',
        ],
        {
          cwd: team.repo,
          env: sandbox.env,
        },
      );
      const sum = await sandbox.ok('sha256sum', [], { input: stdout });
      const root = `sha256:${sum.slice(0, 64)}`;
      expect(await findings('--root', root)).toEqual([]);
      expect((await team.cli(dee, ['log'], { env: { PROMPTAUDIT_ROOT: root } })).code).toBe(0);
      expect((await team.refused(dee, ['log'], { env: { PROMPTAUDIT_ROOT: wrong } })).rules).toEqual([
        'ledger/fork',
      ]);
    });
  });
});
