import { access, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import {
  copyOf,
  DISCHARGE,
  findingsOf,
  foundForNative,
  type Hospital,
  policyOf,
  promptText,
  setPolicy,
} from '../helpers/hospital.ts';
import {
  type JobResult,
  type Machine,
  provision,
  runGithubJob,
  runGitlabJob,
} from '../helpers/hostedrunner.ts';
import { createSandbox, type Sandbox } from '../helpers/sandbox.ts';
import { type Person, Team } from '../helpers/team.ts';

const LEDGER = 'refs/notes/promptaudit';
const MIRROR = 'refs/heads/promptaudit-ledger';
/** What each host or shell would take for something else than a name. */
const WILD_NAME = `Deploy "bot" $HOME \${{ github.token }}: #1`;

interface Hosted {
  readonly hospital: Hospital;
  /** The server's repository, as a URL. */
  readonly remote: string;
}

/** What of the two files is looked at here. */
interface Workflow {
  readonly env: Readonly<Record<string, string>>;
  readonly jobs: Readonly<Record<string, { readonly steps: readonly { readonly run?: string }[] }>>;
}
interface Pipeline {
  readonly '.promptaudit': {
    readonly before_script: readonly string[];
    readonly variables: Readonly<Record<string, string>>;
  };
  readonly [job: string]: object;
}

describe('the pipelines that promptaudit writes', () => {
  let sandbox: Sandbox;
  let base: Hospital;
  let bot: Person;
  let machines = 0;

  /** Event 7 lets a service deploy; 8 is Bob's approval of discharge v1, and 9 and 10 take it through staging. */
  beforeAll(async () => {
    sandbox = await createSandbox();
    base = await foundForNative(sandbox);
    const { team } = base;
    bot = await team.person('Robot', 'robot@acme.example');
    const people = policyOf(base);
    const robot = { name: WILD_NAME, kind: 'service', roles: ['deployer'], keys: [bot.publicKey] };
    const policy = {
      ...people,
      principals: { ...people.principals, [bot.email]: robot },
      ledgerBranch: 'promptaudit-ledger',
    };
    await setPolicy(base, policy);
    await team.ok(base.bob, ['approve', 'discharge@1', '-m', 'Read it']);
    await team.ok(base.dee, ['deploy', 'discharge@1', '-e', 'staging']);
    for (const host of ['github', 'gitlab']) await team.ok(base.ada, ['ci', 'init', host]);
    await team.git('add', '-A');
    await team.git('commit', '-q', '-m', 'Verify in the pipeline');
  });
  afterAll(() => sandbox.remove());

  /** A copy of the registry, and a server that has it. */
  const host = async (): Promise<Hosted> => {
    const hospital = await copyOf(base);
    const remote = `file://${hospital.team.repo}.git`;
    await sandbox.git(['init', '-q', '--bare', '-b', 'main', '--template=', `${hospital.team.repo}.git`]);
    await hospital.team.git('remote', 'add', 'origin', remote);
    await push(hospital);
    return { hospital, remote };
  };
  const push = ({ team }: Hospital, ...more: string[]) =>
    team.git(
      'push',
      '-q',
      'origin',
      'main',
      LEDGER,
      `${LEDGER}:${MIRROR}`,
      'refs/tags/promptaudit/*',
      ...more,
    );
  const machine = async (
    { hospital, remote }: Hosted,
    revision: string,
    branch?: string,
  ): Promise<Machine> => {
    machines += 1;
    const commit = await hospital.team.git('rev-parse', revision);
    return provision(sandbox, `machine-${machines}`, remote, { commit, ...(branch ? { branch } : {}) });
  };
  /** Puts another text into discharge with stock git, on a branch. */
  const slipIn = async ({ team }: Hospital, branch: string) => {
    if (branch !== 'main') await team.git('switch', '-q', '-c', branch);
    await team.write(DISCHARGE, promptText('discharge', 'By plain git.'));
    await team.git('commit', '-q', '-a', '-m', 'Quick fix');
  };
  const serverHas = async ({ remote }: Hosted, ref = LEDGER) =>
    (await sandbox.git(['ls-remote', remote, ref])).split('\t')[0];

  const verify: Record<string, (on: Machine, target?: string) => Promise<JobResult>> = {
    github: (on, target) =>
      runGithubJob(on, 'verify', {
        'github.event_name': target === undefined ? 'push' : 'pull_request',
        'github.base_ref': target ?? '',
      }),
    gitlab: (on, target) =>
      runGitlabJob(
        on,
        'promptaudit-verify',
        target === undefined ? {} : { CI_MERGE_REQUEST_TARGET_BRANCH_NAME: target },
      ),
  };
  const HOSTS = Object.keys(verify);
  const verifyOn = (name: string, on: Machine, target?: string) =>
    verify[name]?.(on, target) as Promise<JobResult>;

  describe.each(HOSTS)('verify on %s', (name) => {
    test('is green for a healthy registry: HEAD on a branch, on none, and for a change that merges', async () => {
      const hosted = await host();
      const { team, dan } = hosted.hospital;
      expect(await verifyOn(name, await machine(hosted, 'main', 'main'))).toMatchObject({ green: true });
      await team.git('switch', '-q', '-c', 'work');
      await team.write(DISCHARGE, promptText('discharge', 'Registered.'));
      await team.ok(dan, ['commit', 'discharge', '-m', 'Reword']);
      await push(hosted.hospital, 'work');
      const { green, output } = await verifyOn(name, await machine(hosted, 'work'), 'main');
      expect(output).not.toContain('::error');
      expect(green).toBe(true);
    });

    test('is red, and says why, for a prompt that was edited by plain git', async () => {
      const hosted = await host();
      await slipIn(hosted.hospital, 'main');
      await push(hosted.hospital);
      const on = await machine(hosted, 'main');
      const { green, output } = await verifyOn(name, on);
      expect(green).toBe(false);
      expect(output).toContain('discharge that was never registered as a version');
      if (name === 'github') expect(output).toMatch(/^::error title=version\/unregistered/m);
      else
        expect(await readFile(join(on.clone, 'promptaudit.xml'), 'utf8')).toContain(
          '<failure type="version/unregistered"',
        );
    });

    test('is red for a request that would bring such an edit, and green for the branch alone', async () => {
      const hosted = await host();
      await slipIn(hosted.hospital, 'work');
      await push(hosted.hospital, 'work');
      expect(await verifyOn(name, await machine(hosted, 'work'))).toMatchObject({ green: true });
      const asked = await verifyOn(name, await machine(hosted, 'work'), 'main');
      expect(asked.green).toBe(false);
      expect(asked.output).toContain('never registered as a version');
    });
  });

  test('both hosts know the registry by one root, and fetch it by the same lines', async () => {
    const read = async (path: string) => parse(await readFile(join(base.team.repo, path), 'utf8'));
    const github: Workflow = await read('.github/workflows/promptaudit.yml');
    const gitlab: Pipeline = await read('.gitlab/promptaudit.gitlab-ci.yml');
    const { before_script: fetch, variables } = gitlab['.promptaudit'];
    for (const { steps } of Object.values(github.jobs))
      expect(steps.flatMap(({ run = '' }) => (run.includes('git fetch') ? [run] : []))).toEqual(fetch);
    expect(github.env.PROMPTAUDIT_ROOT).toBe(variables.PROMPTAUDIT_ROOT);
    for (const job of ['promptaudit-verify', 'promptaudit-deploy'])
      expect(gitlab[job]).toMatchObject({ extends: '.promptaudit' });
  });

  describe('verify, by these lines', () => {
    test('is red where the server lost a decision’s tag, rolled the ledger back, or shows another registry', async () => {
      const hosted = await host();
      const tag = 'refs/tags/promptaudit/discharge/v1/approved/bob@acme.example';
      await hosted.hospital.team.git('push', '-q', 'origin', `:${tag}`);
      const reused = await machine(hosted, 'main');
      const { output } = await verifyOn('github', reused);
      expect(output).toMatch(/object\/missing[\s\S]*event 8/);
      await hosted.hospital.team.git('push', '-q', 'origin', tag);
      await hosted.hospital.team.git('push', '-q', '-f', 'origin', `${LEDGER}~1:${LEDGER}`);
      expect((await verifyOn('github', reused)).output).toContain('ledger/rollback');
      const other = new Team(sandbox, 'native', `${hosted.hospital.team.repo}-other`);
      await other.initRepository('--template=');
      await other.ok(hosted.hospital.ada, ['init', '--name', 'another']);
      await other.git('push', '-q', '-f', hosted.remote, LEDGER);
      const { green, output: forked } = await verifyOn('github', reused);
      expect(green).toBe(false);
      expect(forked).toContain('ledger/fork');
    });

    test('judges what the server has, whatever an earlier run left on the machine', async () => {
      const hosted = await host();
      const { team, dee } = hosted.hospital;
      const on = await machine(hosted, 'main');
      expect(await verifyOn('github', on)).toMatchObject({ green: true });
      await team.ok(dee, ['withdraw', 'discharge', '-e', 'staging'], { cwd: on.clone });
      await sandbox.git(['tag', 'promptaudit/left', 'HEAD'], { cwd: on.clone });
      expect(await verifyOn('github', on)).toMatchObject({ green: true });
    });
  });

  const deploy: Record<
    string,
    (
      on: Machine,
      what: { prompt: string; environment: string; reason?: string; reference?: string },
    ) => Promise<JobResult>
  > = {
    github: async (on, { prompt, environment, reason = '', reference = '' }) =>
      runGithubJob(on, 'deploy', {
        'inputs.prompt': prompt,
        'inputs.environment': environment,
        'inputs.reason': reason,
        'inputs.reference': reference,
        'secrets.PROMPTAUDIT_SIGNING_KEY_FILE': (await readFile(bot.key, 'utf8')).trimEnd(),
      }),
    gitlab: async (on, { prompt, environment, reason = '', reference = '' }) => {
      const key = join(on.folder, 'key');
      await writeFile(key, (await readFile(bot.key, 'utf8')).trimEnd(), { mode: 0o600 });
      return runGitlabJob(on, 'promptaudit-deploy', {
        DEPLOY_PROMPT: prompt,
        DEPLOY_ENVIRONMENT: environment,
        DEPLOY_REASON: reason,
        DEPLOY_REFERENCE: reference,
        PROMPTAUDIT_SIGNING_KEY_FILE: key,
      });
    },
  };

  describe.each(Object.entries(deploy))('deploy on %s', (_, deployOn) => {
    /** No private key is left on the machine. */
    const keyIsGone = async ({ folder }: Machine) => {
      for (const path of ['temp/promptaudit-signing-key', 'key'])
        await expect(access(join(folder, path))).rejects.toThrow();
    };

    let shared: Hosted;
    let on: Machine;
    beforeAll(async () => {
      shared = await host();
      on = await machine(shared, 'main', 'main');
    });

    test('is refused at the gate for a version that is not approved, and changes nothing', async () => {
      const before = await serverHas(shared);
      const { green, output, codes } = await deployOn(on, {
        prompt: 'clinical-intake@2',
        environment: 'production',
      });
      expect(green).toBe(false);
      expect(codes).toContain(1);
      expect(output).toContain('deployment/unapproved');
      expect(await serverHas(shared)).toBe(before);
      expect((await sandbox.git(['rev-parse', LEDGER], { cwd: on.clone })).trim()).toBe(before);
      await keyIsGone(on);
    });

    test('puts an approved version on the server’s record, signed by the service', async () => {
      const hosted = await host();
      const { team } = hosted.hospital;
      const elsewhere = await machine(hosted, 'main');
      const what = {
        prompt: 'discharge@1',
        environment: 'production',
        reason: "It's time; `id` $(id)",
        reference: 'CAB 7',
      };
      const { output, green } = await deployOn(elsewhere, what);
      expect(output).toMatch(/deployed discharge v1 to production/);
      expect(green).toBe(true);
      await keyIsGone(elsewhere);
      expect(await serverHas(hosted, MIRROR)).toBe(await serverHas(hosted));
      await team.git('fetch', '-q', 'origin', `${LEDGER}:${LEDGER}`);
      const { events } = await team.json<{ events: readonly object[] }>(undefined, ['log', '-n', '1']);
      expect(events).toMatchObject([
        {
          event: 'deployment',
          prompt: 'discharge',
          version: 1,
          environment: 'production',
          actor: { principal: bot.email },
          reason: what.reason,
          reference: what.reference,
          verified: true,
          findings: [],
        },
      ]);
      team.clock = Math.ceil(Date.now() / 1000);
      expect(await findingsOf(hosted.hospital)).toEqual([]);
    });

    test.each(['$(touch pwned)`touch pwned`"; touch pwned; ":', '--emergency'])(
      'takes %s for a name',
      async (prompt) => {
        const { green, output } = await deployOn(on, {
          prompt,
          environment: 'staging',
          reason: prompt,
          reference: prompt,
        });
        expect(green).toBe(false);
        expect(output).toContain(`the name ${JSON.stringify(prompt)} has the segment`);
        await expect(access(join(on.clone, 'pwned'))).rejects.toThrow();
        await keyIsGone(on);
      },
    );
  });
});
