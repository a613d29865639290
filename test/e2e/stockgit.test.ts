import { createHash } from 'node:crypto';
import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { LogDocument, VerifyDocument } from '../helpers/documents.ts';
import {
  eventsOf,
  findingsOf,
  foundHospital,
  type Hospital,
  INTAKE,
  promptText,
} from '../helpers/hospital.ts';
import { createSandbox, run, type Sandbox } from '../helpers/sandbox.ts';
import { TOLD, tell, tellMore } from '../helpers/story.ts';
import { ADAPTERS, Team } from '../helpers/team.ts';

const LEDGER = 'refs/notes/promptaudit';

/** Everything that promptaudit writes, looked at with git, ssh-keygen's verdicts and sha256sum alone. */
describe.each(ADAPTERS)('what the %s adapter wrote', (adapter) => {
  let sandbox: Sandbox;
  let h: Hospital;
  let team: Team;
  /** The ledger's commits, oldest first. */
  let ledger: string[];

  beforeAll(async () => {
    sandbox = await createSandbox();
    h = await foundHospital(sandbox, adapter);
    team = h.team;
    await tell(h);
    await tellMore(h);
    ledger = (await team.git('rev-list', '--first-parent', '--reverse', LEDGER)).split('\n');
  });
  afterAll(() => sandbox.remove());

  const signers = (said: string) =>
    [...said.matchAll(/^Good "git" signature for (\S+) with ED25519 key /gm)].map(([, who]) => who);
  const email = (name: string) => `${name}@acme.example`;

  test('git fsck --strict is silent', async () => {
    const result = await run('git', ['fsck', '--strict', '--full', '--no-progress'], {
      cwd: team.repo,
      env: sandbox.env,
    });
    expect([result.code, result.stdout.toString(), result.stderr]).toEqual([0, '', '']);
  });

  test("the ledger's first parents are the events, each signed by whoever acted", async () => {
    expect((await team.git('log', '--first-parent', '--reverse', '--format=%s', LEDGER)).split('\n')).toEqual(
      TOLD.map(([, subject]) => subject),
    );
    const checked = await run('git', ['verify-commit', ...ledger], { cwd: team.repo, env: sandbox.env });
    expect(checked.code).toBe(0);
    expect(signers(checked.stderr)).toEqual(TOLD.map(([who]) => email(who)));
    const log = await team.git('log', '--first-parent', '--reverse', '--show-signature', LEDGER);
    expect(signers(log)).toEqual(TOLD.map(([who]) => email(who)));
  });

  test('git verify-commit says Good for every version, policy and retirement, by its author', async () => {
    const brought = (await eventsOf(h)).filter(({ event }) =>
      ['version', 'policy', 'retirement'].includes(event ?? ''),
    );
    const checked = await run('git', ['verify-commit', ...brought.map(({ commit }) => commit ?? '')], {
      cwd: team.repo,
      env: sandbox.env,
    });
    expect(checked.code).toBe(0);
    expect(signers(checked.stderr)).toEqual(brought.map(({ actor }) => actor?.principal));
    expect(brought).toHaveLength(12);
  });

  test('git verify-tag says Good for every decision, by whoever decided', async () => {
    const decided = (await eventsOf(h)).filter(({ tag }) => tag !== null);
    const checked = await run('git', ['verify-tag', ...decided.map(({ tag }) => tag ?? '')], {
      cwd: team.repo,
      env: sandbox.env,
    });
    expect(checked.code).toBe(0);
    expect(signers(checked.stderr)).toEqual(decided.map(({ actor }) => actor?.principal));
    expect((await team.git('for-each-ref', '--format=%(refname)', 'refs/tags/')).split('\n')).toEqual([
      'refs/tags/promptaudit/clinical-intake/v2/approved/bob@acme.example',
      'refs/tags/promptaudit/clinical-intake/v2/approved/carol@acme.example',
      'refs/tags/promptaudit/clinical-intake/v2/approved/carol@acme.example.2',
      'refs/tags/promptaudit/clinical-intake/v2/revoked/carol@acme.example',
      'refs/tags/promptaudit/clinical-intake/v3/rejected/carol@acme.example',
      'refs/tags/promptaudit/discharge/v2/approved/bob@acme.example',
      'refs/tags/promptaudit/policy/v4/approved/eve@acme.example',
    ]);
  });

  test('git log shows each version with what happened to it', async () => {
    const commit = (await eventsOf(h))[10]?.commit ?? '';
    const shown = await team.git('log', '-1', '--format=%N', '--notes=promptaudit', commit);
    expect(shown.split('\n\n').map((entry) => entry.split('\n').slice(0, 2))).toEqual([
      ['2026-01-05T09:10:00Z dan@acme.example', 'commit clinical-intake v3'],
      ['2026-01-05T09:11:00Z ada@acme.example', 'deploy clinical-intake v3 to production in an emergency'],
      ['2026-01-05T09:16:00Z carol@acme.example', 'reject clinical-intake v3 for every environment'],
    ]);
    expect(await team.git('log', '-1', commit)).toContain(
      'Notes (promptaudit):\n    2026-01-05T09:10:00Z dan@acme.example\n',
    );
  });

  test('sha256sum of a blob is its digest', async () => {
    for (const { event, commit, prompt, contentDigest } of await eventsOf(h)) {
      if (event !== 'version' && event !== 'policy') continue;
      const path =
        event === 'policy'
          ? '.promptaudit/policy.yml'
          : `prompts/${prompt}.prompt.${prompt === 'triage/adults' ? 'yaml' : 'yml'}`;
      const blob = await run('git', ['cat-file', 'blob', `${commit}:${path}`], {
        cwd: team.repo,
        env: sandbox.env,
      });
      const sum = await run('sha256sum', [], { input: blob.stdout });
      expect(`sha256:${sum.stdout.toString().slice(0, 64)}`).toBe(contentDigest);
    }
  });

  test('each ledger commit names the SHA-256 of the one before it', async () => {
    let before: string | undefined;
    for (const oid of ledger) {
      const { stdout } = await run('git', ['cat-file', 'commit', oid], { cwd: team.repo, env: sandbox.env });
      expect(/^Previous: (.*)$/m.exec(stdout.toString())?.[1]).toBe(before);
      before = `sha256:${createHash('sha256').update(stdout).digest('hex')}`;
    }
    expect((await team.json<LogDocument>(undefined, ['log', '-n', '1'])).head.digest).toBe(before);
  });

  test("each ledger commit's tree is what the messages up to it say", async () => {
    const notes = new Map<string, string>();
    for (const oid of ledger) {
      const [when, who, ...lines] = (
        await team.git('log', '-1', '--format=%cd%n%ce%n%B', '--date=format-local:%Y-%m-%dT%H:%M:%SZ', oid)
      )
        .trimEnd()
        .split('\n');
      const trailers = lines.slice(lines.lastIndexOf('') + 1);
      const commit = trailers.find((line) => line.startsWith('Commit: '))?.slice('Commit: '.length);
      if (commit !== undefined) {
        const kept = trailers.filter((line) => !/^(?:Previous|Registry|Commit): /.test(line));
        const entry = `${[`${when} ${who}`, lines[0], ...kept].join('\n')}\n`;
        const path = `${commit.slice(0, 2)}/${commit.slice(2)}`;
        notes.set(path, notes.has(path) ? `${notes.get(path)}\n${entry}` : entry);
      }
      const expected = [...notes].map(([path, note]) => {
        const blob = createHash('sha1')
          .update(`blob ${Buffer.byteLength(note)}\0${note}`)
          .digest('hex');
        return `100644 blob ${blob}\t${path}`;
      });
      const tree = await team.git('ls-tree', '-r', oid);
      expect(tree === '' ? [] : tree.split('\n')).toEqual(
        expected.sort((a, b) => (a.split('\t')[1]! < b.split('\t')[1]! ? -1 : 1)),
      );
    }
  });

  test('works in a linked worktree', async () => {
    const place = join(sandbox.dir, 'linked');
    await team.git('worktree', 'add', '-q', '-b', 'work', place);
    const linked = new Team(sandbox, adapter, place);
    linked.clock = team.clock;
    const main = await team.git('rev-parse', 'main');
    await linked.write(INTAKE, promptText('clinical-intake', 'Written in a linked worktree.'));
    await linked.ok(h.dan, ['commit', '-m', 'Elsewhere']);
    await linked.ok(h.bob, ['approve', 'clinical-intake@4', '-m', 'Read it']);
    team.clock = linked.clock;
    expect(await linked.git('status', '--porcelain')).toBe('');
    expect(await team.git('status', '--porcelain')).toBe('');
    expect(await team.git('rev-parse', 'main')).toBe(main);
    expect(await team.git('rev-parse', 'work^')).toBe(main);
    expect((await eventsOf(h)).slice(-2)).toMatchObject([
      { sequence: 28, event: 'version', version: 4, commit: await team.git('rev-parse', 'work') },
      { sequence: 29, event: 'approval' },
    ]);
    expect(await findingsOf(h)).toEqual([]);
    expect(await findingsOf({ ...h, team: linked })).toEqual([]);
  });

  test('a clone says that it lacks the ledger, and verifies once git has fetched it', async () => {
    const place = await mkdtemp(join(sandbox.dir, 'clone-'));
    await sandbox.git(['clone', '-q', team.repo, place]);
    const clone = new Team(sandbox, adapter, place);
    clone.clock = team.clock;
    const [code, without] = await clone.told(h.dee, ['log']);
    expect(code).toBe(2);
    expect(without).toContain('run promptaudit sync');
    await clone.git('fetch', '-q', 'origin', `${LEDGER}:${LEDGER}`);

    const first = await clone.cli(h.dee, ['--json', 'log']);
    const root = (await team.json<VerifyDocument>(undefined, ['verify'])).root;
    expect(first.stderr.replace(/\s+/g, ' ')).toContain(
      `from now on this clone holds it to the root ${root}`,
    );
    expect(JSON.parse(first.stdout)).toEqual(await team.json(undefined, ['log']));
    expect(await findingsOf({ ...h, team: clone }, '--root', root ?? '')).toEqual([]);
    expect((await clone.cli(h.dee, ['log', '-n', '1'])).stderr).toBe('');
    await clone.ok(h.dee, ['deploy', 'discharge@3', '-e', 'staging']);
    expect(await findingsOf({ ...h, team: clone })).toEqual([]);
  });
});

describe('repositories of other formats', () => {
  let sandbox: Sandbox;
  beforeAll(async () => {
    sandbox = await createSandbox();
  });
  afterAll(() => sandbox.remove());

  const whole = async (h: Hospital) => {
    await tell(h);
    await tellMore(h);
    expect(await findingsOf(h)).toEqual([]);
    expect((await eventsOf(h)).map(({ sequence }) => sequence)).toEqual(TOLD.map((_, index) => index + 1));
    const fsck = await run('git', ['fsck', '--strict', '--full', '--no-progress'], {
      cwd: h.team.repo,
      env: sandbox.env,
    });
    expect([fsck.code, fsck.stdout.toString(), fsck.stderr]).toEqual([0, '', '']);
    const ledger = (await h.team.git('rev-list', LEDGER)).split('\n');
    const tags = (await h.team.git('tag', '--list', 'promptaudit/*')).split('\n');
    expect(ledger[0]).toHaveLength((await h.team.git('rev-parse', 'HEAD')).length);
    await h.team.git('verify-tag', ...tags);
    const signed = await run('git', ['verify-commit', ...ledger], { cwd: h.team.repo, env: sandbox.env });
    expect(signed.code).toBe(0);
  };

  test('SHA-256 through native', async () => {
    const h = await foundHospital(sandbox, 'native', '--object-format=sha256');
    expect(await h.team.git('rev-parse', 'HEAD')).toHaveLength(64);
    await whole(h);
  });

  test('SHA-256 is refused by embedded, with what to do', async () => {
    const team = new Team(sandbox, 'embedded', join(sandbox.dir, 'sha256'));
    await team.initRepository('--object-format=sha256');
    const said = await team.told(await team.person('Ada'), ['init']);
    expect(said).toEqual([2, expect.stringMatching(/^promptaudit: .*SHA-256.*install git/)]);
  });

  const reftable = async () =>
    (
      await run('git', ['init', '-q', '--ref-format=reftable', join(sandbox.dir, 'probe')], {
        env: sandbox.env,
      })
    ).code === 0;

  test('reftable through native, where this git has it', async ({ skip }) => {
    if (!(await reftable())) skip('this git has no reftable');
    await whole(await foundHospital(sandbox, 'native', '--ref-format=reftable'));
  });

  test('reftable is refused by embedded, with what to do', async () => {
    const team = new Team(sandbox, 'embedded', join(sandbox.dir, 'reftable'));
    await team.initRepository();
    await team.git('config', 'core.repositoryFormatVersion', '1');
    await team.git('config', 'extensions.refStorage', 'reftable');
    const said = await team.told(await team.person('Ada'), ['init']);
    expect(said).toEqual([2, expect.stringMatching(/^promptaudit: .*reftable.*install git/)]);
  });
});
