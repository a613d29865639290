import { cp, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { deploymentOf, forgeEvent, LEDGER, signTag } from '../helpers/forge.ts';
import { ALL, copyOf, foundGuarded, type Guarded, push, remoteLines } from '../helpers/guarded.ts';
import { HookDesk } from '../helpers/hookdesk.ts';
import { DISCHARGE, findingsOf, INTAKE, policyOf, promptText, setPolicy } from '../helpers/hospital.ts';
import { createSandbox, type Sandbox } from '../helpers/sandbox.ts';
import { Team } from '../helpers/team.ts';

const V2 = 'refs/tags/promptaudit/clinical-intake/v2';
const BOBS = `${V2}/approved/bob@acme.example`;
const TOGETHER = 'push the ledger and its tags together: promptaudit sync';
const REGISTER = 'register it with promptaudit commit, and push with promptaudit sync';
const TAKE_OUT = 'take it out of the commits, and push again';
const BRANCH = 'push both together: promptaudit sync';

let box: Sandbox;
/** With the hook that promptaudit installs. */
let installed: Guarded;
/** With one in its place that asks this process: what it judges by does not depend on which process it is. */
let ground: Guarded;
let desk: HookDesk;

beforeAll(async () => {
  box = await createSandbox();
  installed = await foundGuarded(box);
  ground = await copyOf(installed);
  desk = await HookDesk.open(ground.server);
  await desk.serve(ground.server);
});
afterAll(async () => {
  await desk.close();
  await box.remove();
});

/** What each finding says: the sentence, its code and what to do. */
async function refused(g: Guarded, ...args: readonly string[]): Promise<readonly string[]> {
  const before = await refsOf(g.server);
  const pushed = await push(g, ...args);
  expect(pushed.code, pushed.stderr).toBe(1);
  expect(pushed.stderr).toContain('pre-receive hook declined');
  const [head, ...findings] = remoteLines(pushed);
  expect(head).toBe('promptaudit refuses this push:');
  expect(await refsOf(g.server)).toBe(before);
  return findings.filter((line) => line !== '').map((line) => line.trim());
}

async function accepted(g: Guarded, ...args: readonly string[]): Promise<void> {
  const pushed = await push(g, ...args);
  expect([pushed.code, pushed.stderr], pushed.stderr).toEqual([0, expect.not.stringContaining('remote:')]);
}

/** Leaves a server its branches and its hook. */
async function withoutRegistry(server: Team): Promise<void> {
  for (const ref of [LEDGER, BOBS]) await server.git('update-ref', '-d', ref);
  await rm(join(server.repo, 'promptaudit'), { recursive: true });
}

const refsOf = (server: Team) => server.git('for-each-ref');
const short = (oid: string) => oid.slice(0, 12);

/** Somebody else's clone of the same server. */
async function otherClone(g: Guarded): Promise<Guarded> {
  const team = new Team(g.team.sandbox, 'native', join(await mkdtemp(join(box.dir, 'other-')), 'clone'));
  team.clock = g.team.clock;
  await cp(g.team.repo, team.repo, { recursive: true, verbatimSymlinks: true });
  return { ...g, team };
}

describe('what is whole gets in', () => {
  it('takes ledger, tags and branch in one push, and knows what it is told again', async () => {
    const g = await copyOf(installed);
    await g.team.write(INTAKE, promptText('clinical-intake', 'Ask about smoking.'));
    await g.team.ok(g.alice, ['commit', '-m', 'Smoking']);
    await g.team.ok(g.carol, ['approve', 'clinical-intake@3', '-m', 'Reviewed']);
    await accepted(g, '--atomic', 'origin', ...ALL);
    await g.team.ok(g.dee, ['deploy', 'clinical-intake@3', '-e', 'staging']);
    await accepted(g, 'origin', LEDGER);
    g.server.clock = g.team.clock;
    expect((await g.server.json<{ ok: boolean }>(undefined, ['verify'])).ok).toBe(true);
  });

  it('takes a registry from genesis where there is none yet, acknowledged findings with it', async () => {
    const g = await copyOf(installed);
    await forgeEvent(g, g.dee, await deploymentOf(g, 5), { reason: 'A forged one' });
    await g.team.ok(g.ada, ['acknowledge', 'deployment/unapproved', '8', '-m', 'Seen']);
    await g.team.ok(g.ada, ['acknowledge', 'deployment/promotion', '8', '-m', 'Seen']);
    await rm(g.server.repo, { recursive: true });
    await box.git(['init', '-q', '--bare', '-b', 'main', '--template=', g.server.repo]);
    await g.server.ok(undefined, ['hook', 'install']);
    await accepted(g, '--atomic', 'origin', ...ALL);
  });

  it('goes on from a ledger in which a rule was broken before', async () => {
    const g = await copyOf(installed);
    await forgeEvent(g, g.dee, await deploymentOf(g, 5));
    await g.server.git('fetch', '-q', g.team.repo, `${LEDGER}:${LEDGER}`);
    await g.team.ok(g.dee, ['deploy', 'clinical-intake@2', '-e', 'staging']);
    await accepted(g, 'origin', LEDGER);
  });

  it('takes a tag after its ledger, where the first push was cut in two', async () => {
    const g = await copyOf(installed);
    await g.team.ok(g.carol, ['approve', 'clinical-intake@2', '-m', 'Reviewed']);
    const update = join(g.server.repo, 'hooks/update');
    await writeFile(update, '#!/bin/sh\ncase $1 in refs/tags/*) exit 1;; esac\n', { mode: 0o755 });
    const first = await push(g, 'origin', ...ALL);
    expect(first.stderr).toContain('(hook declined)');
    expect(await g.server.git('rev-parse', LEDGER)).toBe(await g.team.git('rev-parse', LEDGER));
    await rm(update);
    await g.team.ok(g.dee, ['deploy', 'clinical-intake@2', '-e', 'staging']);
    await accepted(g, 'origin', LEDGER);
    await accepted(g, 'origin', `${V2}/approved/carol@acme.example`);
  });

  it('takes and refuses the same in a SHA-256 repository', async () => {
    const g = await foundGuarded(box, '--object-format=sha256');
    await g.team.ok(g.carol, ['approve', 'clinical-intake@2', '-m', 'Reviewed']);
    await accepted(g, '--atomic', 'origin', ...ALL);
    expect(await refused(g, 'origin', `:${LEDGER}`)).toHaveLength(1);
    await g.team.write(INTAKE, promptText('clinical-intake', 'Whatever.'));
    await g.team.git('commit', '-qam', 'By hand');
    expect(await refused(g, 'origin', 'main')).toHaveLength(1);
  });

  it('does not read the ledger for what has nothing to do with it', async () => {
    const g = await copyOf(installed);
    await writeFile(join(g.server.repo, 'promptaudit/trust.json'), 'not a pin');
    await accepted(g, 'origin', 'main:refs/tags/v1.0', 'main:refs/notes/commits');
    const pushed = await push(g, 'origin', 'main:refs/heads/feature');
    expect(pushed.code).toBe(1);
    expect(remoteLines(pushed).join(' ')).toContain(
      `promptaudit: ${join(g.server.repo, 'promptaudit/trust.json')} is damaged`,
    );
    expect(await g.server.git('for-each-ref', 'refs/heads/feature')).toBe('');
  });

  it('lets anything into a repository without a registry, but what shows readers something else', async () => {
    const g = await copyOf(installed);
    await rm(g.server.repo, { recursive: true });
    await box.git(['init', '-q', '--bare', '--template=', g.server.repo]);
    await g.server.ok(undefined, ['hook', 'install']);
    await accepted(g, 'origin', 'main');
    expect(await refused(g, 'origin', `main:refs/replace/${'1'.repeat(40)}`)).toHaveLength(1);
    expect(await refused(g, 'origin', BOBS)).toEqual([
      `${BOBS} is a tag that no event of the ledger records (approval/unrecorded): ${TOGETHER}`,
    ]);
  });
});

describe('the ledger', () => {
  const SYNC = 'run promptaudit sync: it adds your events behind those that are there';
  const KEEP = `${SYNC}; nobody takes an event out of a ledger`;

  it('is not deleted', async () => {
    expect(await refused(await copyOf(ground), 'origin', `:${LEDGER}`)).toEqual([
      `this push would delete ${LEDGER}, the ledger (ledger/missing): ${KEEP}`,
    ]);
  });

  it('is not cut off', async () => {
    const g = await copyOf(ground);
    expect(await refused(g, '--force', 'origin', `${LEDGER}~2:${LEDGER}`)).toEqual([
      `this push would cut the ledger off behind event 5 (ledger/rollback): ${KEEP}`,
    ]);
  });

  it('is not exchanged for another that goes on from an earlier event', async () => {
    const g = await copyOf(ground);
    const other = await otherClone(g);
    await g.team.ok(g.dee, ['deploy', 'clinical-intake@2', '-e', 'staging']);
    await other.team.ok(g.dee, ['deploy', 'clinical-intake@1', '-e', 'staging']);
    await accepted(g, 'origin', LEDGER);
    const end = short(await g.team.git('rev-parse', LEDGER));
    expect(await refused(other, '--force', 'origin', LEDGER)).toEqual([
      `this push would put another ledger in the place of the one that is there, which ends with ${end} (ledger/fork): ${SYNC}`,
    ]);
  });

  it('is not exchanged for a branch', async () => {
    const g = await copyOf(ground);
    const end = short(await g.team.git('rev-parse', LEDGER));
    expect(await refused(g, '--force', 'origin', `main:${LEDGER}`)).toEqual([
      `this push would put another ledger in the place of the one that is there, which ends with ${end} (ledger/fork): ${SYNC}`,
    ]);
  });

  it('takes no note that git made', async () => {
    const g = await copyOf(ground);
    await g.team.git('notes', '--ref', 'promptaudit', 'add', '-m', 'By hand', 'HEAD^{tree}');
    const found = await refused(g, 'origin', LEDGER);
    expect(found.map((line) => /\((\w+\/[\w-]+)\):/.exec(line)?.[1])).toEqual([
      'ledger/malformed',
      'ledger/tree',
      'signature/missing',
    ]);
    expect(found[0]).toMatch(/^what stands at event 8 is no event: /);
  });

  it('takes no event that breaks a rule, and says which', async () => {
    const g = await copyOf(ground);
    await forgeEvent(g, g.dee, await deploymentOf(g, 5));
    expect(await refused(g, 'origin', LEDGER)).toEqual([
      'clinical-intake v2 has 1 of 2 approvals for production: bob@acme.example (deployment/unapproved): it was deployed without the approvals that the policy demands and does not count: get them and deploy again',
      'clinical-intake v2 was never deployed to staging, from where production takes its versions (deployment/promotion): roll this exact version out, first to the environment that it is promoted from',
    ]);
  });

  it('takes no event that is still to come', async () => {
    const g = await copyOf(ground);
    const late = Math.floor(Date.now() / 1000) - g.team.clock + 86_400;
    const detail = await deploymentOf(g, 5, { environment: 'staging' });
    await forgeEvent(g, g.dee, detail, { late });
    expect(await refused(g, 'origin', LEDGER)).toEqual([
      expect.stringMatching(
        /^event 8 is dated \S+Z, which is still to come \(ledger\/time\): set the clock right/,
      ),
    ]);
  });

  it('takes no event of another registry', async () => {
    const g = await copyOf(ground);
    const detail = await deploymentOf(g, 5, { environment: 'staging' });
    await forgeEvent(g, g.dee, detail, { registry: '11111111-1111-4111-8111-111111111111' });
    expect(await refused(g, 'origin', LEDGER)).toEqual([
      expect.stringContaining('(ledger/registry): the event belongs to another registry'),
    ]);
  });

  it('is missed when the server itself lost it', async () => {
    const g = await copyOf(ground);
    await g.server.git('update-ref', '-d', LEDGER);
    const pushed = await push(g, 'origin', 'main:refs/heads/feature');
    expect(pushed.code).toBe(1);
    const said = remoteLines(pushed).join(' ').replace(/\s+/g, ' ');
    expect(said).toContain(`refused: ${LEDGER} is gone, though this clone verified it up to event 7`);
    expect(said).toContain('ledger/missing');
    await accepted(g, 'origin', LEDGER);
  });
});

describe('tags', () => {
  const REVOKE = 'a decision is taken back with promptaudit revoke, and its tag stays';

  it('are not deleted or moved', async () => {
    const g = await copyOf(ground);
    expect(await refused(g, 'origin', `:${BOBS}`)).toEqual([
      `this push would delete ${BOBS}, the tag of event 7 (approval/tag-missing): ${REVOKE}`,
    ]);
    expect(await refused(g, '--force', 'origin', `main:${BOBS}`)).toEqual([
      `this push would move ${BOBS}, the tag of event 7 (approval/tag-moved): ${REVOKE}`,
    ]);
  });

  it('do not come without an event', async () => {
    const g = await copyOf(ground);
    const object = (await g.team.git('rev-parse', 'HEAD~1')) as Parameters<typeof signTag>[2]['object'];
    const ref = 'refs/tags/promptaudit/discharge/v1/approved/carol@acme.example';
    const name = ref.slice('refs/tags/'.length);
    const tag = await signTag(g, g.carol, { object, name, message: 'approve\n' });
    expect(await refused(g, 'origin', `${tag}:${ref}`)).toEqual([
      `${ref} is a tag that no event of the ledger records (approval/unrecorded): ${TOGETHER}`,
    ]);
    const odd = 'refs/tags/promptaudit/discharge/approved';
    expect(await refused(g, 'origin', `${tag}:${odd}`)).toEqual([
      `${odd} is not a name that a decision gives to its tag (repo/ref-name): rename the ref, or delete it with git update-ref -d <ref>`,
    ]);
  });

  it('may be deleted where no event recorded them, and put back where one did', async () => {
    const g = await copyOf(ground);
    const stray = 'refs/tags/promptaudit/discharge/approved';
    await g.server.git('update-ref', stray, 'main');
    await g.server.git('update-ref', '-d', BOBS);
    await accepted(g, 'origin', `:${stray}`, BOBS);
  });

  it('come with the event of their decision', async () => {
    const g = await copyOf(ground);
    await g.team.ok(g.carol, ['approve', 'clinical-intake@2', '-m', 'Reviewed']);
    const carols = `${V2}/approved/carol@acme.example`;
    expect(await refused(g, 'origin', LEDGER)).toEqual([
      `event 8 (approval of clinical-intake v2) comes without its tag, ${carols} (approval/tag-missing): ${TOGETHER}`,
    ]);
    expect(await refused(g, 'origin', LEDGER, `${BOBS}:${carols}`)).toContain(
      `event 8 (approval of clinical-intake v2) comes with a tag that stands elsewhere: ${carols} is at ${short(await g.team.git('rev-parse', BOBS))} (approval/tag-moved): ${TOGETHER}`,
    );
    await accepted(g, 'origin', LEDGER, carols);
  });
});

describe('protected branches', () => {
  const commit = (g: Guarded) => g.team.git('rev-parse', 'HEAD');
  const blob = (g: Guarded, path = INTAKE) => g.team.git('rev-parse', `HEAD:${path}`);
  const stranger = (
    oid: string,
    content: string,
    prompt = 'clinical-intake',
    path = INTAKE,
    branch = 'main',
  ) =>
    `commit ${short(oid)} of ${branch} has content of ${prompt} that was never registered as a version: ${path}, blob ${short(content)} (version/unregistered): ${REGISTER}`;

  it('take no content that is not registered, by whatever commit', async () => {
    const g = await copyOf(ground);
    await g.team.write(INTAKE, promptText('clinical-intake', 'Whatever.'));
    await g.team.git('commit', '-qam', 'By hand');
    const wrong = stranger(await commit(g), await blob(g));
    expect(await refused(g, 'origin', 'main')).toEqual([wrong]);
    await g.team.git('revert', '--no-edit', 'HEAD');
    expect(await refused(g, 'origin', 'main')).toEqual([wrong]);
    await accepted(g, 'origin', 'main:refs/heads/feature');
  });

  it('take registered content by squash, merge, rebase, revert and force', async () => {
    const g = await copyOf(ground);
    const start = await commit(g);
    await g.team.git('checkout', '-q', '-b', 'feature');
    await g.team.write(INTAKE, promptText('clinical-intake', 'Ask about smoking.'));
    await g.team.ok(g.alice, ['commit', '-m', 'Smoking']);
    await g.team.git('checkout', '-q', 'main');
    await g.team.write('README.md', 'A hospital\n');
    await g.team.git('add', 'README.md');
    await g.team.git('commit', '-qm', 'Readme');
    await accepted(g, '--atomic', 'origin', LEDGER, 'feature', 'main');
    const base = await commit(g);
    const variants = [
      ['merge', '-q', '--no-edit', 'feature'],
      ['merge', '-q', '--squash', 'feature'],
      ['cherry-pick', 'feature'],
    ];
    for (const variant of variants) {
      await g.team.git('reset', '-q', '--hard', base);
      await g.team.git(...variant);
      await g.team.git('commit', '-q', '--allow-empty', '-m', 'Done');
      await accepted(g, '--force', 'origin', 'main');
    }
    await g.team.git('revert', '--no-edit', 'HEAD~1');
    await accepted(g, 'origin', 'main');
    await accepted(g, '--force', 'origin', `${start}:refs/heads/main`);
  });

  it('take no content of another prompt, no link, and nothing that differs from a prompt by case alone', async () => {
    const g = await copyOf(ground);
    await cp(join(g.team.repo, INTAKE), join(g.team.repo, DISCHARGE));
    await g.team.git('commit', '-qam', 'Copied');
    expect(await refused(g, 'origin', 'main')).toEqual([
      stranger(await commit(g), await blob(g, DISCHARGE), 'discharge', DISCHARGE),
    ]);
    await g.team.git('reset', '-q', '--hard', 'HEAD~1');
    await rm(join(g.team.repo, 'prompts'), { recursive: true });
    await symlink('/elsewhere', join(g.team.repo, 'prompts'));
    await g.team.git('add', '-A');
    await g.team.git('commit', '-qm', 'Linked');
    expect(await refused(g, 'origin', 'main')).toEqual([
      `commit ${short(await commit(g))} of main has a link at prompts, behind which nothing is registered (version/unregistered): ${TAKE_OUT}`,
    ]);
    await g.team.git('reset', '-q', '--hard', 'HEAD~1');
    await g.team.write('prompts/clinical-intake.PROMPT.yml', promptText('clinical-intake', 'Whatever.'));
    await g.team.git('add', '-A');
    await g.team.git('commit', '-qm', 'Shouted');
    expect(await refused(g, 'origin', 'main')).toEqual([
      `commit ${short(await commit(g))} of main has a file at prompts/clinical-intake.PROMPT.yml, which macOS and Windows put in the place of a prompt as they ignore case, or what does not show (version/unregistered): ${TAKE_OUT}`,
    ]);
  });

  it('are judged down to what is known when they are new, however they came to be', async () => {
    const g = await copyOf(ground);
    await setPolicy(g, policyOf(g, { protectedBranches: ['main', 'release'] }));
    await accepted(g, '--atomic', 'origin', LEDGER, 'main');
    await accepted(g, 'origin', 'main:refs/heads/release');
    await accepted(g, 'origin', ':refs/heads/release');
    await g.team.write(INTAKE, promptText('clinical-intake', 'Whatever.'));
    await g.team.git('commit', '-qam', 'By hand');
    const wrong = stranger(await commit(g), await blob(g), 'clinical-intake', INTAKE, 'release');
    await accepted(g, 'origin', 'main:refs/heads/feature');
    await g.team.git('commit', '-q', '--allow-empty', '-m', 'More');
    expect(await refused(g, 'origin', 'main:refs/heads/release')).toEqual([wrong]);
    // A history of its own: what came with its policy file counts, and of what was there before all that stands at the tip.
    await g.team.git('checkout', '-q', '--orphan', 'apart');
    await g.team.git('rm', '-q', '--cached', '.promptaudit/policy.yml');
    await g.team.git('commit', '-qm', 'Before');
    const apart = stranger(await commit(g), await blob(g), 'clinical-intake', INTAKE, 'release');
    expect(await refused(g, 'origin', 'apart:refs/heads/release')).toEqual([apart]);
    await g.team.git('rm', '-q', INTAKE);
    await g.team.git('commit', '-qm', 'Gone again');
    await accepted(g, 'origin', 'apart:refs/heads/release');
    await accepted(g, 'origin', ':refs/heads/release');
    await g.team.git('reset', '-q', '--hard', 'HEAD~1');
    await g.team.git('checkout', '-q', 'main', '--', '.promptaudit/policy.yml');
    await g.team.git('commit', '-q', '--amend', '--no-edit');
    const whole = stranger(await commit(g), await blob(g), 'clinical-intake', INTAKE, 'release');
    expect(await refused(g, 'origin', 'apart:refs/heads/release')).toEqual([whole]);
    expect(apart).not.toBe(whole);
  });

  it.each(['clean', 'dirty'])('take nothing by a merge onto an older line, the tip being %s', async (tip) => {
    const g = await copyOf(ground);
    const [main, evil] = [await commit(g), promptText('clinical-intake', 'Whatever.')];
    // The registry's history is the second parent of a fast-forward whose first one never had a policy.
    await g.team.git('checkout', '-q', '--orphan', 'apart');
    await g.team.git('rm', '-q', '--cached', '.promptaudit/policy.yml');
    await g.team.write(INTAKE, evil);
    await g.team.git('add', INTAKE);
    await g.team.git('commit', '-qm', 'Before');
    await g.team.git('add', '.promptaudit/policy.yml');
    const tree = await g.team.git('write-tree');
    const merge = await g.team.git('commit-tree', tree, '-p', 'HEAD', '-p', main, '-m', 'Merge main');
    await g.team.git('reset', '-q', '--hard', merge);
    const wrong = stranger(merge, await blob(g));
    if (tip === 'clean') {
      await g.team.git('checkout', '-q', main, '--', INTAKE);
      await g.team.git('commit', '-qm', 'Put it right');
    }
    expect(await refused(g, 'origin', 'apart:refs/heads/main')).toEqual([wrong]);
  });

  it('come to a server that had none of them with what was acknowledged in their history', async () => {
    const g = await copyOf(ground);
    await g.team.write(INTAKE, promptText('clinical-intake', 'Whatever.'));
    await g.team.git('commit', '-qam', 'By hand');
    const [wrong, object] = [stranger(await commit(g), await blob(g)), await blob(g)];
    await g.team.git('revert', '--no-edit', 'HEAD');
    await g.server.git('update-ref', '-d', 'refs/heads/main');
    expect(await refused(g, 'origin', 'main')).toEqual([wrong]);
    await g.team.ok(g.ada, [
      'acknowledge',
      'version/unregistered',
      object,
      '-m',
      'It was there for a minute',
    ]);
    await accepted(g, '--atomic', 'origin', LEDGER, 'main');
    await g.team.git('revert', '--no-edit', 'HEAD');
    expect(await refused(g, 'origin', 'main')).toHaveLength(1);
  });

  it('are not judged again for what another of them has', async () => {
    const g = await copyOf(ground);
    await setPolicy(g, policyOf(g, { protectedBranches: ['main', 'release'] }));
    await accepted(g, 'origin', LEDGER);
    await g.team.write(INTAKE, promptText('clinical-intake', 'Whatever.'));
    await g.team.git('commit', '-qam', 'By hand');
    expect(await refused(g, 'origin', 'main:refs/heads/release')).toHaveLength(1);
    await g.server.git('fetch', '-q', g.team.repo, 'main:main');
    await accepted(g, 'origin', 'main:refs/heads/release');
  });

  it('are those of the policy that comes with the push', async () => {
    const g = await copyOf(ground);
    await setPolicy(g, policyOf(g, { protectedBranches: ['main', 'release'] }));
    await g.team.git('checkout', '-q', '-b', 'release');
    await g.team.write(INTAKE, promptText('clinical-intake', 'Whatever.'));
    await g.team.git('commit', '-qam', 'By hand');
    await accepted(g, 'origin', 'release:refs/heads/other');
    expect(await refused(g, 'origin', LEDGER, 'main', 'release')).toHaveLength(1);
  });
});

describe('branches that stood there before they were protected', () => {
  const EVIL = promptText('clinical-intake', 'Whatever.');
  const FIND_OUT =
    'find out who brought it there; register it with promptaudit commit, or put a registered version back and acknowledge it';

  /** What verify says, too. */
  async function stranger(g: Guarded, revision: string, branch: string, path = INTAKE): Promise<string> {
    const content = short(await g.team.git('rev-parse', `${revision}:${path}`));
    const prompt = path.replace(/^.*\/|\..*$/g, '');
    return `commit ${short(await g.team.git('rev-parse', revision))} of ${branch} has content of ${prompt} that was never registered as a version: ${path}, blob ${content} (version/unregistered): ${FIND_OUT}`;
  }

  /** To a branch of the clone, without a version. */
  async function byHand(g: Guarded, path = INTAKE): Promise<void> {
    await g.team.write(path, EVIL);
    await g.team.git('add', path);
    await g.team.git('commit', '-qm', 'By hand');
  }

  describe.each([
    ['native', () => copyOf(installed)],
    ['embedded', () => copyOf(ground)],
  ] as const)('by the %s adapter', (_, copied) => {
    it('are judged when a ledger comes to the server, whether or not they come with it', async () => {
      const g = await copied();
      await withoutRegistry(g.server);
      await byHand(g);
      const wrong = await stranger(g, 'HEAD', 'main');
      await accepted(g, 'origin', 'main');
      expect(await refused(g, 'origin', LEDGER, BOBS)).toEqual([wrong]);
      await g.team.git('revert', '--no-edit', 'HEAD');
      expect(await refused(g, 'origin', ...ALL)).toEqual([wrong]);
      await accepted(g, '--force', 'origin', `HEAD~2:refs/heads/main`);
      await accepted(g, 'origin', LEDGER, BOBS);
    });

    it('are judged when a policy protects them, and are let by with what was acknowledged', async () => {
      const g = await copied();
      await g.team.git('checkout', '-q', '-b', 'release');
      await byHand(g);
      const wrong = await stranger(g, 'HEAD', 'release');
      await accepted(g, 'origin', 'release');
      await g.team.git('checkout', '-q', 'main');
      await setPolicy(g, policyOf(g, { protectedBranches: ['main', 'release'] }));
      expect(await refused(g, 'origin', LEDGER, 'main')).toEqual([wrong]);
      const object = await g.team.git('rev-parse', `release:${INTAKE}`);
      await g.team.ok(g.ada, ['acknowledge', 'version/unregistered', object, '-m', 'It was tried out']);
      await accepted(g, 'origin', LEDGER, 'main');
    });
  });

  it('are not let by with what was acknowledged where it is there again', async () => {
    const g = await copyOf(ground);
    await g.team.git('checkout', '-q', '-b', 'release');
    await byHand(g);
    const wrong = await stranger(g, 'HEAD', 'release');
    const object = await g.team.git('rev-parse', `HEAD:${INTAKE}`);
    await g.team.git('checkout', '-q', 'main');
    await setPolicy(g, policyOf(g, { protectedBranches: ['main', 'release'] }));
    await g.team.ok(g.ada, ['acknowledge', 'version/unregistered', object, '-m', 'It was tried out']);
    await g.team.git('checkout', '-q', 'release');
    await g.team.git('revert', '--no-edit', 'HEAD');
    await byHand(g);
    await accepted(g, 'origin', 'release');
    expect(await refused(g, 'origin', LEDGER, 'main')).toEqual([wrong]);
  });

  async function revokeAlice(g: Guarded, revokedFrom: number): Promise<void> {
    const { principals } = policyOf(g);
    const { name, roles } = principals[g.alice.email] as (typeof principals)[string];
    const keys = [{ key: g.alice.publicKey, revokedFrom }];
    await setPolicy(
      g,
      policyOf(g, { principals: { ...principals, [g.alice.email]: { name, roles, keys } } }),
    );
  }

  it('do not keep out a revocation that leaves them with content nobody registered any more', async () => {
    const g = await copyOf(ground);
    await revokeAlice(g, 6);
    await accepted(g, '--atomic', 'origin', LEDGER, 'main');
    g.server.clock = g.team.clock;
    expect(await findingsOf({ ...g, team: g.server })).toEqual([
      'signature/revoked@6',
      'version/unregistered',
    ]);
    await g.team.ok(g.dan, ['commit', 'discharge', '-m', 'Read again, and taken over from Alice']);
    await accepted(g, '--atomic', 'origin', LEDGER, 'main');
    g.server.clock = g.team.clock;
    expect(await findingsOf({ ...g, team: g.server })).toEqual(['signature/revoked@6']);
  });

  it('keep out what comes with its revocation, until that is acknowledged', async () => {
    const g = await copyOf(ground);
    await g.team.write(INTAKE, EVIL);
    await g.team.ok(g.alice, ['commit', 'clinical-intake', '-m', 'Third wording']);
    await revokeAlice(g, 8);
    const [head, content] = [
      await g.team.git('rev-parse', 'HEAD~1'),
      short(await g.team.git('rev-parse', `HEAD:${INTAKE}`)),
    ];
    const wrong = [
      expect.stringMatching(
        /^commit \w+ is signed with a key of alice@acme\.example that is revoked from event 8 on \(signature\/revoked\)/,
      ),
      `commit ${short(head)} of main has content of clinical-intake that was never registered as a version: ${INTAKE}, blob ${content} (version/unregistered): ${REGISTER}`,
    ];
    expect(await refused(g, 'origin', LEDGER, 'main')).toEqual(wrong);
    await g.team.ok(g.ada, ['acknowledge', 'signature/revoked', '8', '-m', 'The key was stolen']);
    expect(await refused(g, 'origin', LEDGER, 'main')).toEqual(wrong.slice(1));
    await accepted(g, 'origin', LEDGER);
  });

  it('are judged anew when the prompts’ folder is another', async () => {
    const g = await copyOf(ground);
    const path = 'texts/letter.prompt.yml';
    await byHand(g, path);
    const wrong = await stranger(g, 'HEAD', 'main', path);
    await accepted(g, 'origin', 'main');
    await setPolicy(g, policyOf(g, { prompts: 'texts' }));
    expect(await refused(g, 'origin', LEDGER)).toEqual([wrong]);
    expect(await refused(g, 'origin', LEDGER, 'main')).toEqual([wrong]);
  });
});

describe('the branch that mirrors the ledger', () => {
  const MIRROR = 'promptaudit-ledger';
  const mirrored = `${MIRROR}, the branch that mirrors the ledger`;

  it('is at the same event after every push that moves either', async () => {
    const g = await copyOf(ground);
    const policy = { ...policyOf(g), ledgerBranch: MIRROR };
    await setPolicy(g, policy);
    await accepted(g, '--atomic', 'origin', LEDGER, 'main');
    expect(await refused(g, 'origin', `main:${`refs/heads/${MIRROR}`}`)).toEqual([
      `this push would leave ${mirrored}, at ${short(await g.team.git('rev-parse', 'main'))}, which is no event of the ledger (ledger/fork): ${BRANCH}`,
    ]);
    await accepted(g, 'origin', `${LEDGER}:refs/heads/${MIRROR}`);
    await g.team.ok(g.dee, ['deploy', 'clinical-intake@2', '-e', 'staging']);
    expect(await refused(g, 'origin', LEDGER)).toEqual([
      `this push would leave ${mirrored}, at event 8, and the ledger at event 9 (ledger/rollback): ${BRANCH}`,
    ]);
    expect(await refused(g, 'origin', `${LEDGER}:refs/heads/${MIRROR}`)).toEqual([
      expect.stringContaining('which is no event of the ledger (ledger/fork)'),
    ]);
    expect(await refused(g, 'origin', LEDGER, `:refs/heads/${MIRROR}`)).toEqual([
      `this push would delete ${mirrored} (ledger/missing): ${BRANCH}`,
    ]);
    await accepted(g, '--atomic', 'origin', LEDGER, `${LEDGER}:refs/heads/${MIRROR}`);
  });

  const FIRST = 'push the ledger first: promptaudit sync; what is no event of it needs another name';
  const usual = `${MIRROR}, where readers look for a mirror of the ledger`;
  const ahead = `this push would leave ${usual}, 1 commit ahead of its end (ledger/rollback): ${FIRST}`;
  const noEvent = (g: Guarded, on: string) =>
    g.team.git('commit-tree', `${LEDGER}^{tree}`, '-p', on, '-m', 'No event');

  it('does not go on from the ledger under its usual name, where the policy names none or another', async () => {
    const g = await copyOf(ground);
    const there = `refs/heads/${MIRROR}`;
    expect(await refused(g, 'origin', `${await noEvent(g, LEDGER)}:${there}`)).toEqual([ahead]);
    expect(await refused(g, 'origin', `${await noEvent(g, `${LEDGER}~2`)}:${there}`)).toEqual([
      `this push would leave ${usual}, departing from it after event 5 (ledger/fork): ${FIRST}`,
    ]);
    await accepted(g, 'origin', `${LEDGER}:${there}`);
    const another = { ...policyOf(g), ledgerBranch: 'guarded' };
    await setPolicy(g, another);
    expect(await refused(g, 'origin', `${LEDGER}:${there}`)).toEqual([ahead]);
    await accepted(g, '--atomic', 'origin', LEDGER, 'main');
    await accepted(g, 'origin', `${LEDGER}:${there}`);
    expect(await refused(g, 'origin', `${await noEvent(g, LEDGER)}:${there}`)).toEqual([ahead]);
    await accepted(g, '--force', 'origin', `main:${there}`);
    await accepted(g, 'origin', `:${there}`);
  });

  it.each<readonly [place: string, left: (tip: string) => string]>([
    [
      'refs/heads/guarded',
      (tip) => `guarded, the branch that mirrors the ledger, at ${tip}, which is no event of the ledger`,
    ],
    [
      'refs/remotes/upstream/guarded',
      () =>
        'refs/remotes/upstream/guarded, where readers look for a mirror of the ledger, which has no event in common with it',
    ],
  ])('is named by no policy while something else stands at %s', async (place, left) => {
    const g = await copyOf(ground);
    const other = await g.team.git('rev-parse', 'main');
    const policy = { ...policyOf(g), ledgerBranch: 'guarded' };
    await accepted(g, 'origin', `main:${place}`, `${LEDGER}:refs/remotes/lagging/guarded`);
    await setPolicy(g, policy);
    expect(await refused(g, 'origin', LEDGER, 'main')).toEqual([
      `this push would leave ${left(short(other))} (ledger/fork): it stood there before the policy named it: delete it or give it another name, then push again`,
    ]);
    await accepted(g, 'origin', `:${place}`);
    await accepted(g, 'origin', LEDGER, 'main');
  });

  it('does not go on from a ledger that comes after it', async () => {
    const g = await copyOf(installed);
    await withoutRegistry(g.server);
    await accepted(g, 'origin', `${await noEvent(g, LEDGER)}:refs/heads/${MIRROR}`);
    expect(await refused(g, 'origin', LEDGER, BOBS)).toEqual([ahead]);
    await accepted(g, 'origin', `:refs/heads/${MIRROR}`);
    await accepted(g, 'origin', LEDGER, BOBS);
  });
});

describe('other places', () => {
  it('take nothing that shows readers something else', async () => {
    const g = await copyOf(ground);
    const ref = `refs/replace/${await g.team.git('rev-parse', 'HEAD')}`;
    expect(await refused(g, 'origin', `HEAD~1:${ref}`)).toEqual([
      `${ref} would show readers ${short(await g.team.git('rev-parse', 'HEAD~1'))} in the place of another object (repo/replace): push without it, and delete it where it is: git replace -d`,
    ]);
    await g.server.git('update-ref', ref, 'main~1');
    await accepted(g, 'origin', `:${ref}`);
  });

  it.each([
    ['native', () => copyOf(installed)],
    ['embedded', () => copyOf(ground)],
  ] as const)('take nothing that passes for what a remote has, by the %s adapter', async (_, copied) => {
    const g = await copied();
    for (const branch of ['main', 'promptaudit-ledger']) {
      const ref = `refs/remotes/origin/${branch}`;
      expect(await refused(g, 'origin', `main:${ref}`)).toEqual([
        `${ref} is where a clone keeps what it fetched of ${branch}, and readers would judge it as that (repo/unknown-ref): push to refs/heads/${branch} instead`,
      ]);
    }
    await accepted(g, 'origin', 'main:refs/remotes/origin/feature', 'main:refs/remotes/main');
    await g.server.git('update-ref', 'refs/remotes/origin/main', 'main');
    await accepted(g, 'origin', ':refs/remotes/origin/main');
  });

  it.each(['origin', 'upstream', 'their/fork'])(
    'take no ledger that something passed for a branch of %s before',
    async (remote) => {
      const g = await copyOf(ground);
      await withoutRegistry(g.server);
      await g.team.write(INTAKE, promptText('clinical-intake', 'Whatever.'));
      await g.team.git('commit', '-qam', 'By hand');
      const noEvent = await g.team.git('commit-tree', `${LEDGER}^{tree}`, '-p', LEDGER, '-m', 'No event');
      const [branch, mirror] = [`refs/remotes/${remote}/main`, `refs/remotes/${remote}/promptaudit-ledger`];
      await accepted(g, 'origin', `main:${branch}`, `${noEvent}:${mirror}`);
      const found = await refused(g, 'origin', LEDGER, BOBS);
      expect(found).toEqual([
        expect.stringMatching(`^commit \\w+ of ${remote}/main has content .+ \\(version/unregistered\\)`),
        expect.stringMatching(
          `^this push would leave ${mirror}, .+, 1 commit ahead .+ \\(ledger/rollback\\)`,
        ),
      ]);
      await accepted(g, 'origin', `:${branch}`, `:${mirror}`);
      await accepted(g, 'origin', LEDGER, BOBS);
    },
  );

  it('take no policy that protects what passes for a remote’s branch', async () => {
    const g = await copyOf(ground);
    await g.team.git('checkout', '-q', '-b', 'release');
    await g.team.write(INTAKE, promptText('clinical-intake', 'Whatever.'));
    await g.team.git('commit', '-qam', 'By hand');
    const place = 'refs/remotes/upstream/release';
    await accepted(g, 'origin', `release:${place}`);
    await g.team.git('checkout', '-q', 'main');
    await setPolicy(g, policyOf(g, { protectedBranches: ['main', 'release'] }));
    expect(await refused(g, 'origin', LEDGER, 'main')).toEqual([
      expect.stringMatching(/^commit \w+ of upstream\/release has content .+ \(version\/unregistered\)/),
    ]);
    await accepted(g, 'origin', LEDGER, 'main', `:${place}`);
  });

  it('take no tag in the place of the folder of all decisions’ tags', async () => {
    const g = await copyOf(ground);
    // Where there is none yet, git itself would take it.
    for (const repo of [g.team, g.server]) await repo.git('update-ref', '-d', BOBS);
    expect(await refused(g, 'origin', 'main:refs/tags/promptaudit')).toEqual([
      'refs/tags/promptaudit would stand where promptaudit has a folder of refs, so that no decision could be recorded (repo/ref-name): give it another name',
    ]);
  });

  it.each(['refs/promptaudit/remotes/origin/ledger', 'refs/promptaudit/x', `${LEDGER}/x`])(
    'take nothing at %s',
    async (ref) => {
      expect(await refused(await copyOf(ground), 'origin', `main:${ref}`)).toEqual([
        `${ref} is in a place that is promptaudit's own, and is nothing that it shares (repo/unknown-ref): push without it: promptaudit sync pushes all that is to be shared`,
      ]);
    },
  );
});

describe('what is refused', () => {
  it('leaves nothing behind', async () => {
    const g = await copyOf(installed);
    const files = () =>
      box.ok('sh', ['-c', 'find . -type f -exec sha256sum {} + | sort'], { cwd: g.server.repo });
    const before = await files();
    await forgeEvent(g, g.dee, await deploymentOf(g, 5));
    await refused(g, 'origin', LEDGER);
    expect(await files()).toBe(before);
  });

  it('is told on one screen', async () => {
    const g = await copyOf(installed);
    for (let number = 1; number <= 25; number += 1) await g.team.write(`prompts/p${number}.prompt.yml`, 'x');
    await g.team.git('add', 'prompts');
    await g.team.git('commit', '-qm', 'By hand');
    const found = await refused(g, 'origin', 'main');
    expect(found).toHaveLength(21);
    expect(found.at(-1)).toBe('and 5 more');
  });
});
