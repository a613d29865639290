import { appendFile, readdir, readFile, rm, stat, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Oid } from '../../src/git/object.ts';
import { tagNameAt } from '../../src/ledger/decisiontag.ts';
import type { Sha256 } from '../../src/ledger/event.ts';
import { Disk, mayMount } from '../helpers/disk.ts';
import { forgeEvent, LEDGER, signCommit, signTag } from '../helpers/forge.ts';
import {
  copyOf,
  DISCHARGE,
  foundForNative,
  type Hospital,
  policyOf,
  promptText,
  setPolicy,
} from '../helpers/hospital.ts';
import { createSandbox, type Sandbox } from '../helpers/sandbox.ts';
import { snapshotOf } from '../helpers/snapshot.ts';
import { ADAPTERS, type Adapter } from '../helpers/team.ts';
import { draftDecision } from '../tamper/drafts.ts';
import { codes, verify } from '../verify/registry.ts';

const MANY_TAGS = 100_000;
const LONG = 10 * 1024 * 1024;

/** What `verify` is given that no registry at work looks like: an answer, its reason, and nothing changed. */
describe('verify, of', () => {
  let sandbox: Sandbox;
  let base: Hospital;
  beforeAll(async () => {
    sandbox = await createSandbox();
    base = await foundForNative(sandbox);
    await base.team.ok(base.bob, ['approve', 'discharge@1', '-m', 'Read it']);
  });
  afterAll(() => sandbox.remove());

  /** `verify` by this adapter, with the proof that it changed nothing. */
  const look = async (h: Hospital, adapter: Adapter) => {
    const before = await snapshotOf(h.team.repo);
    const { code, stderr } = await h.team.through(adapter).cli(undefined, ['verify']);
    expect(stderr).not.toMatch(/\n {4}at /);
    expect(await snapshotOf(h.team.repo)).toEqual(before);
    return { code, said: stderr.trim().replace(/\s+/g, ' ') };
  };
  const packed = async () => {
    const h = await copyOf(base);
    await h.team.git('repack', '-adq');
    const folder = join(h.team.repo, '.git/objects/pack');
    const pack = (await readdir(folder)).find((name) => name.endsWith('.pack')) ?? '';
    return { h, pack: join(folder, pack) };
  };

  it('a partial clone fetches what it lacks, and says so when it cannot', async () => {
    const { team } = base;
    const server = join(sandbox.dir, 'server.git');
    await sandbox.git(['clone', '-q', '--bare', team.repo, server]);
    await sandbox.git(['fetch', '-q', team.repo, 'refs/notes/promptaudit:refs/notes/promptaudit'], {
      cwd: server,
    });
    await sandbox.git(['config', 'uploadpack.allowFilter', 'true'], { cwd: server });
    await sandbox.git(['config', 'uploadpack.allowAnySHA1InWant', 'true'], { cwd: server });
    const h = await copyOf(base);
    await rm(h.team.repo, { recursive: true });
    const from = `file://${server}`;
    await sandbox.git(['clone', '-q', '--no-checkout', '--filter=blob:none', from, h.team.repo]);
    await h.team.git('fetch', '-q', 'origin', 'refs/notes/promptaudit:refs/notes/promptaudit');
    expect(await codes(h, [], 'embedded')).toContain('object/missing@1');
    expect(await codes(h, [], 'native')).toEqual([]);

    await rm(join(h.team.repo, '.git/objects'), { recursive: true });
    await rm(h.team.repo, { recursive: true });
    await sandbox.git(['clone', '-q', '--no-checkout', '--filter=blob:none', from, h.team.repo]);
    await h.team.git('fetch', '-q', 'origin', 'refs/notes/promptaudit:refs/notes/promptaudit');
    await rm(server, { recursive: true });
    for (const adapter of ADAPTERS) {
      const { report } = await verify(h, [], adapter);
      expect(report.findings[0]).toMatchObject({
        code: 'object/missing',
        sequence: 1,
        hint: expect.stringMatching(/^this is a partial clone, .* promptaudit --git native verify /),
      });
    }
  });

  it.each(ADAPTERS)('a truncated pack, by %s', async (adapter) => {
    const { h, pack } = await packed();
    await rm(join(h.team.repo, '.git/promptaudit'), { recursive: true, force: true });
    const { size } = await stat(pack);
    for (const left of [Math.floor(size / 2), 20]) {
      await truncate(pack, left);
      const { code, said } = await look(h, adapter);
      expect(code === 1 || (code === 2 && said.startsWith('promptaudit: '))).toBe(true);
    }
  });

  it.each(ADAPTERS)(
    'a link in the place of a folder of tags, in which nothing was deleted, by %s',
    async (adapter) => {
      const h = await copyOf(base);
      const folder = join(h.team.repo, '.git/refs/tags/promptaudit/discharge');
      await rm(folder, { recursive: true });
      await symlink('discharge', folder);
      const { code, said } = await look(h, adapter);
      expect([code, said]).toEqual([
        2,
        expect.stringMatching(
          /^promptaudit: ref refs\/tags\/promptaudit\/discharge is broken: a symbolic link/,
        ),
      ]);
    },
  );

  it.each(ADAPTERS)('a commit message of 10 MiB, by %s', async (adapter) => {
    const file = join(sandbox.dir, 'long.txt');
    await writeFile(file, `${'x'.repeat(LONG)}\n`);
    const event = await copyOf(base);
    const tip = await event.team.git('commit-tree', 'HEAD^{tree}', '-p', LEDGER, '-F', file);
    await event.team.git('update-ref', LEDGER, tip);
    expect(await codes(event, [], adapter)).toEqual([
      'ledger/malformed@8',
      'ledger/tree@8',
      'signature/missing@8',
    ]);

    const version = await copyOf(base);
    const subject = (await version.team.git('commit-tree', 'HEAD^{tree}', '-p', 'HEAD', '-F', file)) as Oid;
    const sum = (await sandbox.ok('sha256sum', [join(version.team.repo, DISCHARGE)])).split(' ')[0];
    await forgeEvent(
      version,
      version.dan,
      {
        event: 'version',
        commit: subject,
        prompt: 'discharge',
        version: 2,
        path: DISCHARGE,
        contentDigest: `sha256:${sum}` as Sha256,
      },
      { subject },
    );
    expect(await codes(version, [], adapter)).toEqual(['version/commit@8']);

    const plain = await copyOf(base);
    await plain.team.git('commit', '-q', '--allow-empty', '-F', file);
    expect(await codes(plain, [], adapter)).toEqual([]);
  });

  it.each(ADAPTERS)('signed commits and tags that are too long, by %s', async (adapter) => {
    const h = await copyOf(base);
    const { team, alice, carol } = h;
    const tip = await team.git('rev-parse', LEDGER);
    const tree = await team.git('rev-parse', `${LEDGER}^{tree}`);
    const message = `${'x'.repeat(256 * 1024)}\n`;
    const event = await signCommit(h, alice, { tree, parents: [tip], message });
    await team.git('update-ref', LEDGER, event);
    const { found } = await verify(h, [], adapter);
    expect(found.map(({ code, sequence, message }) => `${code}@${sequence} ${message}`)).toEqual([
      'ledger/malformed@8 what stands at event 8 is no event: the commit is longer than 262144 bytes',
      `signature/ambiguous@8 the signature of commit ${event.slice(0, 12)} is ambiguous: it is longer than 262144 bytes`,
    ]);

    const behind = { registry: '00000000-0000-4000-8000-000000000001', head: { sequence: 8 } };
    // The chain goes on behind it: its digest is that of all its bytes.
    const detail = await draftDecision(h, carol, {});
    const tag = await signTag(h, carol, { object: detail.commit, name: tagNameAt(detail.tag), message });
    await forgeEvent(h, carol, { ...detail, tagObject: tag }, { reason: 'Read it', ...behind });
    await team.git('update-ref', detail.tag, tag);
    expect(await codes(h, [], adapter)).toEqual([
      'approval/tag-mismatch@9',
      'ledger/malformed@8',
      'signature/ambiguous@8',
    ]);
  });

  it.each(ADAPTERS)('a branch on which a plain commit is too long, and goes on, by %s', async (adapter) => {
    const { team, alice } = await copyOf(base);
    const file = join(sandbox.dir, 'long.txt');
    await writeFile(file, 'x'.repeat(300_000));
    await team.git('commit', '-q', '--allow-empty', '-F', file);
    await team.write(DISCHARGE, promptText('discharge', 'Be brief.'));
    const { code, stderr } = await team.through(adapter).cli(alice, ['commit', 'discharge', '-F', file]);
    expect([code, stderr]).toEqual([2, 'promptaudit: the message is longer than 65536 bytes\n']);
    await team.through(adapter).ok(alice, ['commit', 'discharge', '-m', 'Shorter']);
    await team.through(adapter).ok(undefined, ['verify']);
  });

  it.each(ADAPTERS)('100,000 foreign tags, by %s', async (adapter) => {
    const h = await copyOf(base);
    const { team } = h;
    await team.git('pack-refs', '--all');
    const oid = await team.git('rev-parse', 'HEAD');
    const name = (index: number) => String(index).padStart(6, '0');
    const elsewhere = Array.from({ length: MANY_TAGS }, (_, index) => `${oid} refs/tags/z${name(index)}\n`);
    await appendFile(join(team.repo, '.git/packed-refs'), elsewhere.join(''));
    expect(await codes(h, [], adapter)).toEqual([]);

    const refs = (await readFile(join(team.repo, '.git/packed-refs'), 'utf8')).split('\n');
    const first = refs.findIndex((line) => line.includes(' refs/tags/'));
    const ours = Array.from(
      { length: MANY_TAGS },
      (_, index) => `${oid} refs/tags/promptaudit/${name(index)}`,
    );
    refs.splice(first, 0, ...ours);
    await writeFile(join(team.repo, '.git/packed-refs'), refs.join('\n'));
    const { code, stdout } = await team.through(adapter).cli(undefined, ['verify']);
    expect(code).toBe(1);
    expect(stdout).toContain('NOT verified: 100,000 errors.');
    expect(stdout.split('\n').length).toBeLessThan(100);
  });

  it('a policy with 1,000 principals', async () => {
    const h = await copyOf(base, 'embedded');
    const policy = policyOf(h);
    const more = Object.fromEntries(
      Array.from({ length: 1000 }, (_, index) => {
        const point = Buffer.alloc(32, index % 251);
        point.writeUInt32BE(index + 1, 0);
        const blob = Buffer.concat([
          Buffer.from([0, 0, 0, 11]),
          Buffer.from('ssh-ed25519'),
          Buffer.from([0, 0, 0, 32]),
          point,
        ]);
        const keys = [`ssh-ed25519 ${blob.toString('base64')}`];
        return [`p${index}@acme.example`, { name: `Person ${index}`, roles: ['approver'], keys }];
      }),
    );
    await setPolicy(h, { ...policy, principals: { ...policy.principals, ...more } });
    for (const adapter of ADAPTERS) expect(await codes(h, [], adapter)).toEqual([]);
  });

  it('two registries in one repository', async () => {
    const h = await copyOf(base);
    const { team, alice, bob } = await foundForNative(sandbox);
    await team.write('prompts/other.prompt.yml', promptText('other', 'Elsewhere.'));
    await team.ok(alice, ['commit', 'other', '-m', 'First']);
    await team.ok(bob, ['approve', 'other@1', '-m', 'Read it']);
    await h.team.git(
      'fetch',
      '-q',
      '--no-tags',
      team.repo,
      'refs/notes/promptaudit:refs/promptaudit/remotes/other/ledger',
    );
    expect(await codes(h)).toEqual([]);
    await h.team.git('fetch', '-q', team.repo, 'refs/tags/promptaudit/*:refs/tags/promptaudit/*');
    expect(await codes(h)).toEqual(['approval/unrecorded']);
    const { report } = await verify(h, ['--ref', 'refs/promptaudit/remotes/other/ledger']);
    expect(report.findings.map(({ code }) => code)).toContain('ledger/fork');
  });

  it.skipIf(!mayMount())('a registry on a full disk, which keeps nothing of it', async () => {
    const disk = await Disk.mount(sandbox, 'full');
    const h = await copyOf(base);
    await rm(join(h.team.repo, '.git/promptaudit'), { recursive: true, force: true });
    const repo = join(disk.folder, 'repo');
    await sandbox.ok('cp', ['-a', h.team.repo, repo]);
    await disk.fill(0);
    for (const args of [['verify'], ['log', '-n', '1'], ['active']]) {
      const { code, stderr } = await h.team.cli(undefined, args, { cwd: repo });
      expect({ args, code }).toEqual({ args, code: 0 });
      expect(stderr).toContain('could not be remembered here');
    }
  });
});
