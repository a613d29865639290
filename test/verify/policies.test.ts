import { rm } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Oid } from '../../src/git/object.ts';
import { encodeDecisionTag, tagNameAt } from '../../src/ledger/decisiontag.ts';
import type { RegistryId, Sha256 } from '../../src/ledger/event.ts';
import {
  deploymentOf,
  forgeEvent,
  forget,
  LEDGER,
  signCommit,
  signTag,
  versionAt,
} from '../helpers/forge.ts';
import {
  activeNow,
  approvalsOf,
  copyOf,
  eventsOf,
  type Hospital,
  lastEvent,
  POLICY_FILE,
  policyOf,
  setPolicy,
} from '../helpers/hospital.ts';
import { createSandbox, type Sandbox } from '../helpers/sandbox.ts';
import type { Person } from '../helpers/team.ts';
import { securityForm } from '../signing/keys.ts';
import { codes, foundBase, verify } from './registry.ts';

describe('who a registry belongs to', () => {
  let sandbox: Sandbox;
  let base: Hospital;
  let h: Hospital;

  beforeAll(async () => {
    sandbox = await createSandbox();
    base = await foundBase(sandbox);
  });
  afterAll(() => sandbox.remove());

  const start = async () => {
    h = await copyOf(base);
    return h.team;
  };
  /** A policy event as any key can make it: the commit that holds the text, and the event about it. */
  const forgePolicy = async (
    signer: Person,
    text: string,
    version: number,
    more: Parameters<typeof forgeEvent>[3],
  ) => {
    const { team } = h;
    await team.write(POLICY_FILE, text);
    await team.git('add', POLICY_FILE);
    const tree = await team.git('write-tree');
    const sum = await sandbox.ok('sha256sum', [`${team.repo}/${POLICY_FILE}`]);
    const commit = await signCommit(h, signer, { tree, parents: [], message: 'Mine\n' }, more);
    const contentDigest = `sha256:${sum.slice(0, 64)}` as Sha256;
    await forgeEvent(
      h,
      signer,
      { event: 'policy', version, commit, contentDigest },
      { ...more, subject: commit },
    );
  };

  describe('a policy that its predecessor never let come into force', () => {
    /** Events 7 and 8: v3 asks for two admins, Ada and Bob; v4 by Ada waits for Bob. */
    const waiting = async () => {
      const team = await start();
      const two = policyOf(h, { adminThreshold: 2 });
      two.principals[h.bob.email] = { name: 'Bob', roles: ['admin'], keys: [h.bob.publicKey] };
      await setPolicy(h, two);
      const alone = policyOf(h, { environments: { staging: {}, production: {} }, rules: [] });
      await setPolicy(h, alone);
      expect(await team.json(undefined, ['policy', 'show'])).toMatchObject({ version: 3 });
      expect(await codes(h)).toEqual([]);
    };

    test('lets nobody act under it, neither while it waits nor when it was overtaken', async () => {
      await waiting();
      await forgeEvent(h, h.dee, await deploymentOf(h, 6, { environment: 'staging' }), { policy: 4 });
      expect(await codes(h)).toEqual(['policy/threshold@9']);
      expect(await activeNow(h)).toEqual([]);
      await setPolicy(h, policyOf(h));
      await h.team.ok(h.bob, ['approve', 'policy@5', '-m', 'Agreed']);
      await forgeEvent(h, h.dee, await deploymentOf(h, 6, { environment: 'staging' }), { policy: 4 });
      expect(await codes(h)).toEqual(['policy/threshold@12', 'policy/threshold@9']);
    });

    test('is another thing than one that was in force before, or that there never was', async () => {
      await waiting();
      await forgeEvent(h, h.dee, await deploymentOf(h, 6, { environment: 'staging' }), { policy: 2 });
      await forgeEvent(h, h.dee, await deploymentOf(h, 6, { environment: 'staging' }), { policy: 9 });
      expect(await codes(h)).toEqual(['policy/number@10', 'policy/number@9']);
    });

    test('stays out of force while a rejection stands', async () => {
      await waiting();
      await h.team.ok(h.bob, ['reject', 'policy@4', '-m', 'No']);
      await forgeEvent(h, h.dee, await deploymentOf(h, 6, { environment: 'staging' }), { policy: 4 });
      expect(await codes(h)).toEqual(['policy/threshold@10']);
    });
  });

  test('a policy that revokes the key that signed it takes the key back, for whoever read on as for whoever begins anew', async () => {
    const team = await start();
    const text = policyOf(h);
    const keys = [{ key: h.ada.publicKey, revokedFrom: 5 }, (await team.person('Eve')).publicKey];
    text.principals[h.ada.email] = { name: 'Ada', roles: ['admin'], keys };
    await forgePolicy(h.ada, JSON.stringify(text), 3, {});
    expect(await lastEvent(h)).toMatchObject({ sequence: 7, findings: ['signature/revoked'] });
    const detail = { event: 'acknowledgement', finding: 'signature/revoked', target: 7 } as const;
    await forgeEvent(h, h.ada, detail, { reason: 'It is mine' });
    const read = await eventsOf(h);
    expect(read.at(-1)).toMatchObject({ sequence: 8, findings: ['signature/revoked'] });
    expect(await codes(h)).toEqual(['signature/revoked@7', 'signature/revoked@8']);
    await forget(h);
    expect(await eventsOf(h)).toEqual(read);
  });

  describe('a key that was revoked for the past', () => {
    const listing = (eve: Person, keys: ReturnType<typeof policyOf>['principals'][string]['keys']) => {
      const policy = policyOf(h);
      policy.principals[eve.email] = { name: 'Eve', roles: ['deployer'], keys };
      return policy;
    };

    test('does not count under another id in a later policy', async () => {
      const team = await start();
      const eve = await team.person('Eve');
      await setPolicy(h, listing(eve, [{ key: securityForm(eve.publicKey), revokedFrom: 5 }]));
      await forgePolicy(h.ada, JSON.stringify(listing(eve, [eve.publicKey])), 4, { policy: 3 });
      await forgeEvent(h, eve, await deploymentOf(h, 6, { environment: 'staging' }), { policy: 4 });
      expect(await codes(h)).toEqual(['signature/revoked@9']);
      await forget(h);
      expect(await lastEvent(h)).toMatchObject({ sequence: 9, findings: ['signature/revoked'] });
    });

    test('is listed again by no command', async () => {
      const team = await start();
      const eve = await team.person('Eve');
      await setPolicy(h, listing(eve, [{ key: eve.publicKey, revokedFrom: 5 }]));
      const print = (
        await sandbox.ok('ssh-keygen', ['-l', '-f', '-'], { input: securityForm(eve.publicKey) })
      ).split(' ')[1];
      await team.write(POLICY_FILE, JSON.stringify(listing(eve, [securityForm(eve.publicKey)])));
      const [code, told] = await team.told(h.ada, ['policy', 'commit', '-m', 'Eve again']);
      expect([code, told]).toEqual([
        2,
        expect.stringContaining(
          `${print}, listed for ${eve.email}, was revoked from event 5 on, which is not taken back: list a new key`,
        ),
      ]);
    });
  });

  describe('the genesis of a registry', () => {
    /** Somebody who has the genesis and no key of the registry. */
    const takeOver = async (policyBy: (mallory: Person) => Promise<string>, as: Person | undefined) => {
      const team = await start();
      const mallory = await team.person('Mallory');
      const genesis = (await team.git('rev-list', '--first-parent', LEDGER)).split('\n').at(-1) ?? '';
      const { report } = await verify(h);
      await forget(h);
      await team.git('update-ref', LEDGER, genesis);
      const who = as === undefined ? {} : { as };
      await forgePolicy(mallory, await policyBy(mallory), 1, { policy: 0, ...who });
      return { mallory, root: report.root ?? '' };
    };

    test('cannot be taken over by a policy that gives its founder a second key', async () => {
      const both = async ({ publicKey }: Person) => {
        const policy = policyOf(h);
        policy.principals[h.ada.email] = {
          name: 'Ada',
          roles: ['admin'],
          keys: [h.ada.publicKey, publicKey],
        };
        return JSON.stringify(policy);
      };
      const { root } = await takeOver(both, base.ada);
      expect(await codes(h, ['--root', root])).toContain('signature/identity@2');
    });

    test('cannot be taken over by a later policy that judges itself, and acknowledges the rest', async () => {
      const own = async ({ name, email, publicKey }: Person) => {
        const policy = policyOf(h);
        policy.principals[email] = { name, roles: ['admin'], keys: [publicKey] };
        return JSON.stringify(policy);
      };
      const { mallory, root } = await takeOver(own, undefined);
      expect(await codes(h, ['--root', root])).toEqual(['signature/identity@2']);
      await forgePolicy(mallory, await own(mallory), 1, { policy: 1 });
      await forgeEvent(
        h,
        mallory,
        { event: 'acknowledgement', finding: 'signature/identity', target: 2 },
        { policy: 1, reason: 'Fine' },
      );
      const found = await codes(h, ['--root', root]);
      expect(found).toEqual(['policy/invalid@3', 'policy/invalid@4', 'signature/identity@2']);
    });

    test('is judged by a policy that can be read, or nothing is, and that is said of each event', async () => {
      const team = await start();
      const [, second] = (await team.git('rev-list', '--first-parent', '--reverse', LEDGER)).split('\n');
      const policy = await team.git('rev-parse', `${second}^2:${POLICY_FILE}`);
      await rm(`${team.repo}/.git/objects/${policy.slice(0, 2)}/${policy.slice(2)}`);
      const { found } = await verify(h);
      const told = found.filter(({ sequence }) => sequence !== null);
      expect(told.map(({ sequence }) => sequence)).toEqual([1, 2, 3, 4, 5, 6]);
      expect(new Set(told.map(({ code, object }) => `${code} ${object}`))).toEqual(
        new Set([`object/missing ${policy}`]),
      );
    });
  });

  test('a second decision at the ref of an earlier one does not make that one’s tag look moved', async () => {
    const team = await start();
    await team.ok(h.bob, ['approve', 'discharge@1', '-m', 'Read it']);
    const facts = await versionAt(h, 6);
    const tag = `refs/tags/promptaudit/discharge/v1/approved/${h.bob.email}`;
    const registry = '00000000-0000-4000-8000-000000000001' as RegistryId;
    const decision = { ...facts, environments: '*', registry, meaning: 'Again', of: undefined } as const;
    const message = encodeDecisionTag({ ...decision, decision: 'approval' });
    const tagObject = (await signTag(h, h.bob, {
      object: facts.commit,
      name: tagNameAt(tag),
      message,
    })) as Oid;
    const detail = { event: 'approval', ...facts, environments: '*', tag, tagObject } as const;
    await forgeEvent(h, h.bob, detail, { reason: 'Again' });
    expect(await codes(h)).toEqual(['approval/tag-mismatch@8']);
    expect(await approvalsOf(h, 'discharge')).toEqual(['production 1/1']);
  });

  test('nothing is acknowledged before it happened', async () => {
    const team = await start();
    const ahead = { event: 'acknowledgement', finding: 'deployment/unapproved', target: 8 } as const;
    await forgeEvent(h, h.ada, ahead, { reason: 'It will be fine' });
    await forgeEvent(h, h.dee, await deploymentOf(h, 5));
    expect(await codes(h)).toEqual(['deployment/promotion@8', 'deployment/unapproved@8']);
    await team.ok(h.ada, ['acknowledge', 'deployment/unapproved', '8', '-m', 'A slip']);
    expect(await codes(h)).toEqual(['deployment/promotion@8']);
  });

  test('behind an event that is dated ahead nobody signs, and verify does not ask an admin to', async () => {
    const team = await start();
    await forgeEvent(h, h.dee, await deploymentOf(h, 5, { environment: 'staging' }), { late: 86_400 });
    const { found } = await verify(h);
    expect(found).toMatchObject([{ code: 'ledger/time', hint: expect.stringMatching(/^nobody can sign/) }]);
    const [code, told] = await team.told(h.ada, ['acknowledge', 'ledger/time', '7', '-m', 'A clock']);
    expect([code, told]).toEqual([2, expect.stringContaining('behind the newest event of the ledger')]);
  });
});
