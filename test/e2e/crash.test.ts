import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Clinic, copyOf, foundClinic, INTAKE, promptText } from '../helpers/clinic.ts';
import { start } from '../helpers/commandline.ts';
import { Fault } from '../helpers/faulty.ts';
import { createSandbox, type Sandbox } from '../helpers/sandbox.ts';
import { HALF_WRITTEN, leftLying, type State, stateOf } from '../helpers/state.ts';
import { ADAPTERS, type Adapter, type Person, type Team } from '../helpers/team.ts';

const KILLER = pathToFileURL(join(import.meta.dirname, '../helpers/killer.js')).href;
const ADULTS = 'prompts/triage/adults.prompt.yml';
const POLICY = '.promptaudit/policy.yml';

/** A command that is cut off somewhere on its way. */
interface Deed {
  readonly by: (clinic: Clinic) => Person;
  readonly args: readonly string[];
  readonly prepare?: (clinic: Clinic) => Promise<unknown>;
  /** The refusal with which the same command answers once it is done. */
  readonly done: RegExp;
  /** What `git status` may say of it when only the last of it was cut off. */
  readonly leaves?: string;
}

const write = ({ team }: Clinic, path: string, name: string) =>
  team.write(path, promptText(name, 'Ask about smoking.'));

const DEEDS = {
  deploy: {
    by: ({ dana }) => dana,
    args: ['deploy', 'intake@1', '-e', 'staging', '-m', 'Back'],
    done: /intake v1 is active in staging already/,
  },
  approve: {
    by: ({ bob }) => bob,
    args: ['approve', 'triage/adults', '-m', 'Reviewed'],
    done: /has approved triage\/adults v1 for every environment already/,
  },
  commit: {
    by: ({ alice }) => alice,
    args: ['commit', '-m', 'Ask about smoking'],
    prepare: (clinic) => write(clinic, INTAKE, 'intake'),
    done: /nothing to commit/,
  },
  'commit --all': {
    by: ({ alice }) => alice,
    args: ['commit', '--all', '-m', 'Ask about smoking'],
    prepare: async (clinic) => {
      await write(clinic, INTAKE, 'intake');
      await write(clinic, ADULTS, 'triage/adults');
      await write(clinic, 'prompts/discharge.prompt.yml', 'discharge');
    },
    done: /nothing to commit/,
  },
  retire: {
    by: ({ alice }) => alice,
    args: ['retire', 'triage/adults', '-m', 'No longer asked'],
    done: /triage\/adults is retired already/,
    leaves: '?? prompts/triage/',
  },
  'policy commit': {
    by: ({ olga }) => olga,
    args: ['policy', 'commit', '-m', 'A remark'],
    prepare: async ({ team }) =>
      team.write(POLICY, `${await readFile(join(team.repo, POLICY), 'utf8')}# A remark.\n`),
    done: /nothing to commit: \.promptaudit\/policy\.yml is as policy v3/,
  },
  init: {
    by: ({ olga }) => olga,
    args: ['init', '--name', 'clinic'],
    prepare: async ({ team }) => {
      await team.sandbox.git(['init', '-q', '-b', 'main', '--template=', team.repo]);
      await team.write(INTAKE, promptText('intake', 'Ask about allergies.'));
    },
    done: /this repository has a promptaudit registry already/,
  },
} satisfies Record<string, Deed>;

let sandbox: Sandbox;
let clinic: Clinic;

beforeAll(async () => {
  sandbox = await createSandbox();
  clinic = await foundClinic(sandbox);
});

afterAll(() => sandbox.remove());

/** A registry in which the deed can be done; an empty folder for the one that founds a registry. */
async function ready(deed: Deed, adapter: Adapter): Promise<Clinic> {
  const founds = deed === DEEDS.init;
  const copy = await copyOf(clinic, adapter, founds ? 'other' : 'repo');
  if (founds) await sandbox.ok('rm', ['-r', copy.team.repo]);
  await deed.prepare?.(copy);
  return copy;
}

/** What the repository is before the deed, and when it is done in one go, and in how many changes. */
async function outcomes(
  deed: Deed,
  adapter: Adapter,
): Promise<readonly [before: State, after: State, changes: number]> {
  const copy = await ready(deed, adapter);
  const before = await stateOf(copy.team);
  const whole = new Fault(0, 'before');
  copy.team.wrap = whole.wrap;
  await copy.team.ok(deed.by(copy), deed.args);
  return [before, await stateOf(copy.team), whole.changes];
}

/**
 * All that names what is in the ledger moves at once, so that the deed is done or it is not. Before that, what it commits is
 * staged and, where it is our own, written out.
 */
async function expectOldOrNew(
  team: Team,
  before: State,
  after: State,
  seen = (state: State): State => state,
): Promise<boolean> {
  const { refs, index, files } = seen(await stateOf(team));
  const done = refs !== before.refs;
  expect(refs).toBe(done ? after.refs : before.refs);
  const entries = new Set([...(done ? [] : before.index.split('\n')), ...after.index.split('\n')]);
  expect(index.split('\n').filter((entry) => !entries.has(entry))).toEqual([]);
  expect([before.files, after.files]).toContain(files);
  return done;
}

/** The same command, by somebody who tries again: it does it, or says that it is done. And nothing is in anybody's way. */
async function expectToGoOn(copy: Clinic, deed: Deed, done: boolean): Promise<void> {
  const { team } = copy;
  const { code, stderr } = await team.cli(deed.by(copy), deed.args);
  if (done)
    expect({ code, stderr: flat(stderr) }).toEqual({ code: 1, stderr: expect.stringMatching(deed.done) });
  else expect({ code, stderr }).toEqual({ code: 0, stderr: expect.not.stringContaining('promptaudit:') });
  // What is there is the same to either adapter, and this one starts no process for each question.
  expect(await team.through('embedded').json(copy.olga, ['verify'])).toMatchObject({
    ok: true,
    findings: [],
  });
  const status = (await team.git('status', '--porcelain'))
    .split('\n')
    .filter((line) => !HALF_WRITTEN.test(line));
  expect([[''], [], ...(done ? [[deed.leaves]] : [])]).toContainEqual(status);
  expect(await leftLying(team.repo)).toEqual([]);
}

function flat(text: string): string {
  return text.trim().replace(/\s+/g, ' ');
}

/** How changes are asked for is the same by either adapter: one goes through all deeds. */
const FAILING = { embedded: DEEDS, native: { commit: DEEDS.commit } };

describe.each(ADAPTERS)('%s, when the n-th change fails:', (adapter) => {
  test.each(Object.entries<Deed>(FAILING[adapter]))('%s', async (_, deed) => {
    const [before, after, changes] = await outcomes(deed, adapter);
    const faults = Array.from({ length: changes }, (_, index) => new Fault(index + 1, 'before'));
    for (const fault of [...faults, new Fault(changes, 'after')]) {
      const copy = await ready(deed, adapter);
      copy.team.wrap = fault.wrap;
      const { code, stdout, stderr } = await copy.team.cli(deed.by(copy), deed.args);
      copy.team.wrap = (store) => store;
      const done = await expectOldOrNew(copy.team, before, after);
      // What follows what is done already, such as the settings of git, does not undo it.
      if (code === 0)
        expect({ done, stderr }).toEqual({ done: true, stderr: expect.stringMatching(/^warning: .*space/) });
      else
        expect({ code, stdout, stderr }).toEqual({
          code: 2,
          stdout: '',
          stderr: 'promptaudit: cannot write: no space is left on the device\n',
        });
      await expectToGoOn(copy, deed, done);
    }
  });
});

/** Starts the deed in a process of its own, which dies at its `at`-th change (0: at none; answers how many there were). */
async function doomed(copy: Clinic, deed: Deed, adapter: Adapter, at: number): Promise<number> {
  const { team } = copy;
  team.clock += 60;
  const count = join(team.repo, '../count');
  const env = {
    ...team.identity(deed.by(copy)),
    NODE_OPTIONS: `--import=${KILLER}`,
    KILL_AT: String(at),
    KILL_COUNT: count,
  };
  const { code } = await start(team, adapter, deed.by(copy), deed.args, env);
  expect(code).toBe(at === 0 ? 0 : KILLED);
  return at === 0 ? (await readFile(count, 'utf8')).split('\n').length : at;
}

/** As `run` tells of a process that a signal ended. */
const KILLED = -1;
/** How many of all the moments of a deed are tried, evenly spread up to the last; there are 19 to 38, and 44 to 206. */
const MOMENTS = { native: 4, embedded: 4 };

/** What moves the ledger with a tag, what moves it with the branch and the files, and what makes both: others do a part of that. */
const UNDER_WAY = ['approve', 'commit --all', 'init'] as const;

/** A registry is founded under a number that is drawn by lot: of its refs nothing but the names can be told before. */
function foreseen(deed: Deed): (state: State) => State {
  if (deed !== DEEDS.init) return (state) => state;
  return ({ refs, ...rest }) => ({ ...rest, refs: refs.replace(/ [0-9a-f]{40}/g, '') });
}

describe.each(ADAPTERS)('%s, killed at any moment:', (adapter) => {
  test.each(UNDER_WAY)('%s', async (name) => {
    const deed: Deed = DEEDS[name];
    const seen = foreseen(deed);
    const whole = await ready(deed, adapter);
    const before = seen(await stateOf(whole.team));
    // Objects whose ids begin alike share a folder: of those that are drawn by lot nobody knows how many folders they need.
    const drawn = deed === DEEDS.init ? 3 : 0;
    const moments = (await doomed(whole, deed, adapter, 0)) - drawn;
    const after = seen(await stateOf(whole.team));
    const dieAt = async (at: number): Promise<void> => {
      const copy = await ready(deed, adapter);
      await doomed(copy, deed, adapter, at);
      // Without git there is a journal of what is under way, which whoever comes next finishes or undoes.
      if (adapter === 'embedded') await copy.team.cli(copy.olga, ['active']);
      await expectToGoOn(copy, deed, await expectOldOrNew(copy.team, before, after, seen));
    };
    for (let n = 1; n < MOMENTS[adapter]; n += 2) {
      await Promise.all([n, n + 1].map((part) => dieAt(Math.ceil((part * moments) / MOMENTS[adapter]))));
    }
  });
});

describe.each(ADAPTERS)('%s', (adapter) => {
  test('nothing is written before everything is signed', async () => {
    const signer = join(sandbox.dir, `signer-${adapter}`);
    const keygen = (await sandbox.ok('sh', ['-c', 'command -v ssh-keygen'])).trim();
    const count = 'n=$(($(cat "$0.count") + 1)); echo $n > "$0.count"';
    const lines = [
      '#!/bin/sh',
      'PATH=/usr/bin:/bin',
      count,
      '[ $n -lt "$KILL_AT" ] || kill -9 $PPID',
      `exec ${keygen} "$@"`,
    ];
    await writeFile(signer, `${lines.join('\n')}\n`, { mode: 0o755 });
    const signatures = 6;
    for (const at of [1, signatures]) {
      const copy = await ready(DEEDS['commit --all'], adapter);
      const { team, alice } = copy;
      await team.git('config', 'gpg.format', 'ssh');
      await team.git('config', 'user.signingkey', `${alice.key}.pub`);
      await team.git('config', 'gpg.ssh.program', signer);
      await writeFile(`${signer}.count`, '0');
      const before = await stateOf(team);
      const env = { PROMPTAUDIT_SIGNING_KEY: '', KILL_AT: String(at), TMPDIR: sandbox.dir };
      const { code } = await start(team, adapter, alice, DEEDS['commit --all'].args, env);
      expect({ code, signatures: (await readFile(`${signer}.count`, 'utf8')).trim() }).toEqual({
        code: KILLED,
        signatures: String(at),
      });
      expect(await stateOf(team)).toEqual(before);
      await expectToGoOn(copy, DEEDS['commit --all'], false);
    }
  });
});

/** At once, because each waits for a while whether somebody lets go. */
describe.concurrent('a lock that nobody holds any more', () => {
  test.each(ADAPTERS)('is named by %s', async (adapter) => {
    const copy = await ready(DEEDS.deploy, adapter);
    const { team, dana } = copy;
    const lock = join(team.repo, '.git/refs/notes/promptaudit.lock');
    const before = await stateOf(team);
    await writeFile(lock, '');
    const { code, stdout, stderr } = await team.cli(dana, DEEDS.deploy.args);
    expect({ code, stdout, stderr }).toEqual({
      code: 2,
      stdout: '',
      stderr: `promptaudit: refs/notes/promptaudit cannot be moved: if no other git or promptaudit is at work here, remove the lock ${lock}\n`,
    });
    expect(await stateOf(team)).toEqual(before);
    await rm(lock);
    await expectToGoOn(copy, DEEDS.deploy, false);
  });

  test('is named by native, too, whose git was killed', async () => {
    const copy = await ready(DEEDS.commit, 'native');
    const { team, alice } = copy;
    const before = await stateOf(team);
    const hook = join(team.repo, '.git/hooks/reference-transaction');
    await mkdir(dirname(hook), { recursive: true });
    await writeFile(hook, '#!/bin/sh\n[ "$1" != prepared ] || kill -9 $PPID\n', { mode: 0o755 });
    const { code, stderr } = await team.cli(alice, DEEDS.commit.args);
    const locks = ['HEAD', 'refs/heads/main', 'refs/notes/promptaudit'].map((ref) =>
      join(team.repo, `.git/${ref}.lock`),
    );
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: `promptaudit: refs/heads/main and refs/notes/promptaudit cannot be moved: if no other git or promptaudit is at work here, remove the locks ${locks.join(' and ')}\n`,
    });
    await rm(hook);
    for (const lock of locks) await rm(lock);
    expect((await stateOf(team)).refs).toBe(before.refs);
    await expectToGoOn(copy, DEEDS.commit, false);
  });
});
