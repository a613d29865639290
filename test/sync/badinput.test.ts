import { chmod, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { INTAKE, promptText } from '../helpers/clinic.ts';
import { chainOf, cloneOf, doAll, heldBy, inClone, onServer, tagsOf } from '../helpers/clones.ts';
import { start } from '../helpers/commandline.ts';
import { LEDGER } from '../helpers/forge.ts';
import { HttpGate } from '../helpers/httpgate.ts';
import { copyOf, foundOffice, type Office } from '../helpers/office.ts';
import { createSandbox, type Sandbox } from '../helpers/sandbox.ts';
import { freePort, type GitServer, refsOf } from '../helpers/servers.ts';
import { sync, syncFailed, syncTold, toldBySync, trySync } from '../helpers/syncing.ts';
import type { CliOptions, Person, Team } from '../helpers/team.ts';

const ADULTS = 'prompts/triage/adults.prompt.yml';

let sandbox: Sandbox;
let office: Office;

beforeAll(async () => {
  sandbox = await createSandbox();
  office = await foundOffice(sandbox);
});

afterAll(() => sandbox.remove());

/** What the clone has to itself: 10: Dana deploys intake v1 to staging; 11: Bob approves triage/adults v1. */
async function work({ clone, bob, dana }: Office): Promise<void> {
  await doAll(
    clone,
    [dana, 'deploy', 'intake@1', '-e', 'staging'],
    [bob, 'approve', 'triage/adults@1', '-m', 'Read it'],
  );
}

/** Meanwhile at the server: Alice commits intake v3. */
async function workElsewhere({ other, alice }: Office): Promise<void> {
  await other.write(INTAKE, promptText('intake', 'Ask about smoking.'));
  await other.ok(alice, ['commit', 'intake', '-m', 'Smoking']);
  await sync(other, alice);
}

const origin = (url: (office: Office) => string | Promise<string>) => async (copy: Office) =>
  copy.clone.git('config', 'remote.origin.url', await url(copy));

/** An HTTP server before the office's repository, and a user of it whose password the clone's credential helper gives. */
async function gated({ server, clone }: Office, given: string): Promise<HttpGate> {
  const gate = new HttpGate(sandbox, join(server.bare, '..'));
  await gate.open();
  onTestFinished(() => gate.close());
  gate.admit('rita', 'reader', 'read');
  gate.admit('walt', 'writer', 'write');
  const credentials = join(server.bare, '../credentials');
  await writeFile(credentials, `http://${given}@127.0.0.1:${gate.port}\n`);
  await clone.git('config', 'credential.helper', `store --file ${credentials}`);
  await clone.git('config', 'remote.origin.url', `http://127.0.0.1:${gate.port}/server.git`);
  return gate;
}

/** A hook of the server's that refuses to move refs whose names match a pattern of the shell's. */
async function refuseAt({ bare }: GitServer, pattern: string, says: string): Promise<void> {
  await mkdir(join(bare, 'hooks'), { recursive: true });
  const file = join(bare, 'hooks/update');
  await writeFile(file, `#!/bin/sh\ncase "$1" in ${pattern}) echo '${says}' >&2; exit 1;; esac\n`);
  await chmod(file, 0o755);
}

interface Unable {
  readonly args?: readonly string[];
  readonly spoil?: (office: Office) => Promise<unknown>;
  readonly options?: CliOptions;
  /** The whole of what is said. */
  readonly says: RegExp;
}

/** Exit code 2, one sentence, and nothing changed on either side. */
const UNABLE: Readonly<Record<string, Unable>> = {
  'no remote': {
    spoil: ({ clone }) => clone.git('remote', 'remove', 'origin'),
    says: /no remote/,
  },
  'a remote of an unknown name': { args: ['upstream'], says: /upstream/ },
  'a remote whose name looks like an option': {
    args: ['--', '--upload-pack=touch pwned;git-upload-pack'],
    says: /--upload-pack/,
  },
  'an option that is none': { args: ['--force'], says: /sync has no option "--force"/ },
  'a server that refuses connections': {
    spoil: origin(async () => `http://127.0.0.1:${await freePort()}/server.git`),
    says: /origin/,
  },
  'an address whose repository is not there': {
    spoil: origin(({ server }) => `${server.url}.not`),
    says: /origin/,
  },
  'an address that would run a program': {
    spoil: origin(() => 'ext::sh -c touch% pwned'),
    says: /origin/,
  },
  'a wrong password': {
    spoil: (copy) => gated(copy, 'walt:wrong'),
    says: /origin/,
  },
  'the embedded adapter': {
    args: [],
    options: { env: { PROMPTAUDIT_GIT: 'embedded' } },
    says: /git itself/,
  },
};

describe('says in one sentence why it could not tell, and changes nothing:', () => {
  test.each(Object.entries(UNABLE))('%s', async (name, { args = [], spoil, options = {}, says }) => {
    const copy = await copyOf(office);
    await work(copy);
    await spoil?.(copy);
    const [held, served] = [await heldBy(copy.clone), await refsOf(copy.server)];
    const clone = name === 'the embedded adapter' ? copy.clone.through('embedded') : copy.clone;
    const sentence = await syncFailed(clone, copy.dana, args, options);
    expect(sentence).toMatch(/^promptaudit: [^\n]+\n$/);
    expect(sentence).toMatch(says);
    expect(await heldBy(copy.clone)).toEqual(held);
    expect(await refsOf(copy.server)).toBe(served);
    expect(await readFile(join(copy.clone.repo, 'pwned'), 'utf8').catch(() => 'no')).toBe('no');
  });
});

describe('a server that takes no push', () => {
  /** The remote's no is told, nothing is lost, and when it takes pushes again the next sync picks up. */
  async function expectRefused(
    copy: Office,
    says: RegExp,
    mend: () => Promise<unknown>,
    refused = 1,
  ): Promise<void> {
    const { server, clone, dana } = copy;
    await work(copy);
    const [mine, served] = [await chainOf(inClone(clone)), await refsOf(server)];
    const [code, said] = await toldBySync(clone, dana);
    expect(code).toBe(refused);
    expect(said).toMatch(says);
    expect(await refsOf(server)).toBe(served);
    expect(await chainOf(inClone(clone))).toEqual(mine);
    await mend();
    expect(await sync(clone, dana)).toMatchObject({ sent: { events: 2, tags: 1 } });
    expect(await chainOf(onServer(server))).toEqual(mine);
    expect(await tagsOf(onServer(server))).toEqual(await tagsOf(inClone(clone)));
  }

  test.each([
    ['of notes', 'refs/notes/*', LEDGER],
    ['of tags', 'refs/tags/*', 'refs/tags/promptaudit/triage/adults/v1/approved/bob@acme.example'],
  ])('%s', async (_, pattern, ref) => {
    const copy = await copyOf(office);
    await refuseAt(copy.server, pattern, 'ask the keeper');
    const says = new RegExp(`${ref}.*`);
    await expectRefused(copy, says, () => rm(join(copy.server.bare, 'hooks/update')));
  });

  test('from anybody', async () => {
    const copy = await copyOf(office);
    await gated(copy, 'walt:writer');
    await copy.server.git('config', 'http.receivepack', 'false');
    const mend = () => copy.server.git('config', '--unset', 'http.receivepack');
    await expectRefused(copy, /origin/, mend, 2);
  });

  test('from this user, who may still pull', async () => {
    const copy = await copyOf(office);
    await workElsewhere(copy);
    const gate = await gated(copy, 'rita:reader');
    expect(await sync(copy.clone, copy.dana, ['--pull'])).toMatchObject({ received: { events: 1 } });
    await expectRefused(copy, /origin/, async () => gate.admit('rita', 'reader', 'write'), 2);
  });

  test('to a protected branch: --no-branch is the way', async () => {
    const copy = await copyOf(office);
    const { server, clone, alice } = copy;
    await refuseAt(server, 'refs/heads/main', 'open a pull request');
    await clone.write(ADULTS, promptText('triage/adults', 'How urgent is it now?'));
    await clone.ok(alice, ['commit', 'triage/adults', '-m', 'Now']);
    const served = await refsOf(server);
    expect(await toldBySync(clone, alice)).toEqual([
      1,
      expect.stringMatching(/open a pull request.*--no-branch/),
    ]);
    expect(await refsOf(server)).toBe(served);
    expect(await sync(clone, alice, ['--no-branch'])).toMatchObject({ sent: { events: 1, branch: false } });
    expect(await chainOf(onServer(server))).toEqual(await chainOf(inClone(clone)));
    expect(await server.git('rev-parse', 'main')).toBe(await clone.git('rev-parse', 'main~1'));
    await rm(join(server.bare, 'hooks/update'));
    expect(await sync(clone, alice)).toMatchObject({ sent: { events: 0, branch: true } });
    expect(await server.git('rev-parse', 'main')).toBe(await clone.git('rev-parse', 'main'));
  });
});

describe('a server that dies while it receives', () => {
  async function dying(copy: Office, hook: string): Promise<string> {
    const file = join(copy.server.bare, 'hooks', hook);
    await mkdir(join(copy.server.bare, 'hooks'));
    await writeFile(file, '#!/bin/sh\nkill -9 $PPID\n', { mode: 0o755 });
    await work(copy);
    return file;
  }

  async function expectSame({ server, clone }: Office): Promise<void> {
    expect(await chainOf(onServer(server))).toHaveLength(11);
    expect(await chainOf(onServer(server))).toEqual(await chainOf(inClone(clone)));
    expect(await tagsOf(onServer(server))).toEqual(await tagsOf(inClone(clone)));
  }

  test.each(['file', 'http'])('before it moved its refs, over %s', async (transport) => {
    const copy = await copyOf(office);
    const { server, clone, dana } = copy;
    const hook = await dying(copy, 'pre-receive');
    if (transport === 'http') await gated(copy, 'walt:writer');
    const served = await refsOf(server);
    expect(await syncFailed(clone, dana)).toMatch(/^promptaudit: origin could not be sent to: [^\n]+\n$/);
    expect(await refsOf(server)).toBe(served);
    await rm(hook);
    expect(await sync(clone, dana)).toMatchObject({ sent: { events: 2, tags: 1 } });
    await expectSame(copy);
  });

  test('after it moved its refs', async () => {
    const copy = await copyOf(office);
    const { clone, dana } = copy;
    const hook = await dying(copy, 'post-receive');
    expect(await syncFailed(clone, dana)).toMatch(/^promptaudit: origin could not be sent to: [^\n]+\n$/);
    await rm(hook);
    expect(await sync(clone, dana)).toMatchObject({ sent: { events: 0 }, ahead: 0, behind: 0 });
    await expectSame(copy);
  });
});

describe('events that cannot be signed here', () => {
  async function expectNothingChanged(
    copy: Office,
    says: RegExp,
    person: Person,
    code = 1,
    options: CliOptions = {},
  ): Promise<void> {
    const { server, clone } = copy;
    const [held, served] = [await heldBy(clone), await refsOf(server)];
    expect(await toldBySync(clone, person, [], options)).toEqual([code, expect.stringMatching(says)]);
    const after = await heldBy(clone);
    const seen = /^refs\/promptaudit\/remotes\/.*\n/gm;
    expect({ ...after, refs: after.refs.replace(seen, ''), trust: '' }).toEqual({
      ...held,
      refs: held.refs.replace(seen, ''),
      trust: '',
    });
    expect(await refsOf(server)).toBe(served);
  }

  test('somebody else’s go as they are where they need not be signed again', async () => {
    const copy = await copyOf(office);
    const { server, clone, alice } = copy;
    await work(copy);
    const mine = await chainOf(inClone(clone));
    expect(await sync(clone, alice)).toMatchObject({ sent: { events: 2, tags: 1 }, replayed: [] });
    expect(await chainOf(onServer(server))).toEqual(mine);
  });

  test('somebody else’s are left where they would have to be, and their owner is named', async () => {
    const copy = await copyOf(office);
    const { clone, alice, bob, dana } = copy;
    await doAll(clone, [bob, 'approve', 'triage/adults@1', '-m', 'Read it']);
    await workElsewhere(copy);
    await expectNothingChanged(copy, /bob@acme\.example/, alice);
    await expectNothingChanged(copy, /bob@acme\.example/, dana);
    expect(await sync(clone, bob)).toMatchObject({
      replayed: [{ event: 'approval', prompt: 'triage/adults', from: 10, to: 11 }],
      sent: { events: 1, tags: 1 },
    });
  });

  test('of several people are nobody’s to sign again', async () => {
    const copy = await copyOf(office);
    const { clone, bob, dana } = copy;
    await doAll(
      clone,
      [bob, 'approve', 'triage/adults@1', '-m', 'Read it'],
      [dana, 'deploy', 'intake@1', '-e', 'staging'],
    );
    await workElsewhere(copy);
    const way = 'on top of what came in: keep what is not sent yet aside with promptaudit sync --set-aside';
    for (const [person, owner] of [
      [dana, 'event 10 is bob@acme.example'],
      [bob, 'event 11 is dana@acme.example'],
    ] as const) {
      const [code, said] = await toldBySync(clone, person);
      expect([code, said.replace(/\s+/g, ' ')]).toEqual([1, expect.stringMatching(`${owner}.*${way}`)]);
    }
  });

  test('one’s own are left while the key is gone', async () => {
    const copy = await copyOf(office);
    const { clone, dana } = copy;
    await doAll(clone, [dana, 'deploy', 'intake@1', '-e', 'staging']);
    await workElsewhere(copy);
    const gone = { env: { PROMPTAUDIT_SIGNING_KEY: join(sandbox.dir, 'keys/gone') } };
    await expectNothingChanged(copy, /keys\/gone: no such file/, dana, 2, gone);
    expect(await sync(clone, dana)).toMatchObject({ replayed: [{ from: 10, to: 11 }], sent: { events: 1 } });
  });

  test('either are kept aside where that is asked for', async () => {
    const copy = await copyOf(office);
    const { server, clone, alice, bob, dana } = copy;
    await doAll(
      clone,
      [bob, 'approve', 'triage/adults@1', '-m', 'Read it'],
      [dana, 'deploy', 'intake@1', '-e', 'staging'],
    );
    await workElsewhere(copy);
    const gone = { env: { PROMPTAUDIT_SIGNING_KEY: join(sandbox.dir, 'keys/gone') } };
    const mine = (await chainOf(inClone(clone))).slice(9);
    const { code, document } = await trySync(clone, alice, ['--set-aside'], gone);
    expect([code, document]).toMatchObject([
      1,
      {
        received: { events: 1 },
        aside: [
          { sequence: 10, event: 'approval', prompt: 'triage/adults' },
          { sequence: 11, event: 'deployment', prompt: 'intake' },
        ],
        sent: { events: 0, tags: 0 },
      },
    ]);
    const { stderr } = await clone.cli(alice, ['status']);
    expect(stderr.match(/^git show refs\/promptaudit\/aside\/[0-9a-f]{40}\/event$/gm)).toHaveLength(2);
    expect(stderr.match(/git update-ref -d <ref>/g)).toHaveLength(1);
    const kept = await clone.git('for-each-ref', '--format=%(objectname)', 'refs/promptaudit/aside/');
    expect(kept.split('\n').sort()).toEqual(
      mine
        .flatMap(({ commit, tagObject }) => [commit, ...(tagObject === undefined ? [] : [tagObject])])
        .sort(),
    );
    expect(await chainOf(inClone(clone))).toEqual(await chainOf(onServer(server)));
    expect(await tagsOf(inClone(clone))).toEqual(await tagsOf(onServer(server)));
    expect(await clone.json(alice, ['verify'])).toMatchObject({ ok: true, findings: [] });
    await sync(clone, alice);
  });

  test('a key that is gone is not asked for where nothing is to be signed again', async () => {
    const copy = await copyOf(office);
    const { clone, dana } = copy;
    await work(copy);
    const gone = { env: { PROMPTAUDIT_SIGNING_KEY: join(sandbox.dir, 'keys/gone') } };
    expect(await sync(clone, dana, [], gone)).toMatchObject({ sent: { events: 2, tags: 1 } });
  });
});

test('a remote of another registry is told, and nothing of it comes in', async () => {
  const copy = await copyOf(office);
  const { server, clone, other, olga, dana } = copy;
  const elsewhere = join(server.bare, '../elsewhere.git');
  await sandbox.git(['init', '-q', '--bare', '-b', 'main', '--template=', elsewhere]);
  await other.git('remote', 'remove', 'origin');
  await other.git('update-ref', '-d', LEDGER);
  await rm(join(other.repo, '.git/promptaudit'), { recursive: true });
  await other.git('rm', '-q', '-r', '.promptaudit');
  await other.ok(olga, ['init', '--name', 'elsewhere']);
  await other.git('push', '-q', elsewhere, LEDGER);
  await clone.git('remote', 'add', 'elsewhere', elsewhere);
  await work(copy);
  const held = await heldBy(clone);
  expect(await toldBySync(clone, dana, ['elsewhere'])).toEqual([
    1,
    expect.stringMatching(/another registry/),
  ]);
  expect(await heldBy(clone)).toEqual(held);
  expect(await sync(clone, dana)).toMatchObject({ sent: { events: 2, tags: 1 } });
});

test('two syncs at once in one clone do it once', async () => {
  const copy = await copyOf(office);
  const { server, clone, dana } = copy;
  await doAll(clone, [dana, 'deploy', 'intake@1', '-e', 'staging']);
  await workElsewhere(copy);
  const env = clone.identity(dana);
  const both = await Promise.all([1, 2].map(() => start(clone, 'native', dana, ['sync'], env)));
  expect(both.map(({ code, stderr }) => [code, stderr])).toEqual(Array(2).fill([0, '']));
  expect(await chainOf(onServer(server))).toHaveLength(11);
  expect(await chainOf(inClone(clone))).toEqual(await chainOf(onServer(server)));
  expect(await clone.json(dana, ['verify'])).toMatchObject({ ok: true, findings: [] });
  expect(await clone.git('for-each-ref', 'refs/promptaudit/aside')).toBe('');
});

describe('what is in the working tree is never lost:', () => {
  const mine = promptText('intake', 'Ask about my own things.');

  test.each<readonly [how: string, (team: Team) => Promise<unknown>]>([
    ['changed', (team) => team.write(INTAKE, mine)],
    [
      'changed and staged',
      async (team) => {
        await team.write(INTAKE, mine);
        await team.git('add', INTAKE);
      },
    ],
  ])('a file that the remote changed, too, and that is %s', async (_, spoil) => {
    const copy = await copyOf(office);
    const { server, clone, dana } = copy;
    await workElsewhere(copy);
    await spoil(clone);
    const [before, head] = [await clone.git('status', '--porcelain'), await clone.git('rev-parse', 'main')];
    expect(await toldBySync(clone, dana)).toEqual([
      0,
      expect.stringMatching(/main stays behind origin's because of .*intake/),
    ]);
    expect(await readFile(join(clone.repo, INTAKE), 'utf8')).toBe(mine);
    expect(await clone.git('rev-parse', 'main')).toBe(head);
    expect(await clone.git('status', '--porcelain')).toBe(before);
    expect(await chainOf(inClone(clone))).toEqual(await chainOf(onServer(server)));
  });

  test('a file that git does not know, where the remote has one now', async () => {
    const copy = await copyOf(office);
    const { clone, other, alice, dana } = copy;
    const path = 'prompts/discharge.prompt.yml';
    await other.write(path, promptText('discharge', 'Theirs'));
    await other.ok(alice, ['commit', 'discharge', '-m', 'New']);
    await sync(other, alice);
    await clone.write(path, promptText('discharge', 'Mine'));
    await trySync(clone, dana);
    expect(await readFile(join(clone.repo, path), 'utf8')).toBe(promptText('discharge', 'Mine'));
    expect(await clone.git('status', '--porcelain')).toBe(`?? ${path}`);
  });

  test('a file that the remote did not touch does not stand in the way', async () => {
    const copy = await copyOf(office);
    const { server, clone, dana } = copy;
    await workElsewhere(copy);
    await clone.write(ADULTS, promptText('triage/adults', 'Mine'));
    await clone.write('README.md', 'Staged.\n');
    await clone.git('add', 'README.md');
    expect(await sync(clone, dana)).toMatchObject({ received: { events: 1 } });
    expect(await clone.git('rev-parse', 'main')).toBe(await server.git('rev-parse', 'main'));
    expect(await clone.git('status', '--porcelain')).toBe(`A  README.md\n M ${ADULTS}`);
    expect(await readFile(join(clone.repo, INTAKE), 'utf8')).toContain('Ask about smoking.');
    expect(await readFile(join(clone.repo, ADULTS), 'utf8')).toContain('Mine');
  });

  test('commits of one’s own beside those of promptaudit: the branch is left alone', async () => {
    const copy = await copyOf(office);
    const { server, clone, alice } = copy;
    await clone.write('README.md', 'Mine.\n');
    await clone.git('add', 'README.md');
    await clone.git('commit', '-q', '-m', 'Mine');
    await clone.write(ADULTS, promptText('triage/adults', 'How urgent is it now?'));
    await clone.ok(alice, ['commit', 'triage/adults', '-m', 'Now']);
    await workElsewhere(copy);
    const [head, theirs] = [await clone.git('rev-parse', 'main'), await server.git('rev-parse', 'main')];
    expect(await toldBySync(clone, alice, ['--dry-run'])).toEqual([
      1,
      expect.stringMatching(/main and origin's have gone apart/),
    ]);
    expect(await syncTold(clone, alice)).toMatchObject({
      received: { events: 1 },
      replayed: [{ event: 'version', prompt: 'triage/adults', from: 10, to: 11 }],
      sent: { events: 1, branch: false },
      branch: { name: 'main', state: 'diverged' },
    });
    expect(await clone.git('rev-parse', 'main')).toBe(head);
    expect(await server.git('rev-parse', 'main')).toBe(theirs);
    expect(await clone.git('status', '--porcelain')).toBe('');
    expect(await chainOf(inClone(clone))).toEqual(await chainOf(onServer(server)));
    await clone.git('pull', '-q', '--no-rebase', '--no-edit', 'origin', 'main');
    expect(await sync(clone, alice)).toMatchObject({ sent: { events: 0, branch: true } });
    expect(await clone.json(alice, ['verify'])).toMatchObject({ ok: true, findings: [] });
  });
});

/** The name of a clone in the same folder. */
const beside = ({ bare }: GitServer, name: string) => relative(sandbox.dir, join(bare, '..', name));

describe('clones of other kinds', () => {
  test('on no branch: the ledger is shared, and HEAD stays', async () => {
    const copy = await copyOf(office);
    const { server, clone, dana } = copy;
    await clone.git('switch', '-q', '--detach');
    await workElsewhere(copy);
    const head = await clone.git('rev-parse', 'HEAD');
    expect(await sync(clone, dana)).toMatchObject({ received: { events: 1 }, branch: null });
    expect(await clone.git('rev-parse', 'HEAD')).toBe(head);
    await clone.ok(dana, ['deploy', 'intake@1', '-e', 'staging']);
    expect(await sync(clone, dana)).toMatchObject({ sent: { events: 1, branch: false }, branch: null });
    expect(await chainOf(inClone(clone))).toEqual(await chainOf(onServer(server)));
  });

  test('a bare one', async () => {
    const copy = await copyOf(office);
    const { server, dana } = copy;
    const bare = await cloneOf(server, beside(server, 'bare'), '--bare');
    expect(await sync(bare, dana)).toMatchObject({ received: { events: 9, tags: expect.any(Number) } });
    expect(await bare.json(dana, ['verify'])).toMatchObject({ ok: true, findings: [] });
    await bare.ok(dana, ['deploy', 'intake@1', '-e', 'staging']);
    expect(await sync(bare, dana)).toMatchObject({ sent: { events: 1 } });
    expect(await chainOf(onServer(server))).toHaveLength(10);
  });

  test('a shallow one: the ledger is there, and verify says what is not', async () => {
    const copy = await copyOf(office);
    const { server, other, dana } = copy;
    // No event leads to this commit but through the one that the clone is cut off at.
    await other.git('commit', '-q', '--allow-empty', '-m', 'Of no prompt');
    await workElsewhere(copy);
    const shallow = await cloneOf(server, beside(server, 'shallow'), '--depth', '1');
    expect(await sync(shallow, dana)).toMatchObject({ received: { events: 10 } });
    const { code, stdout } = await shallow.cli(dana, ['--json', 'verify']);
    expect([code, JSON.parse(stdout).findings]).toMatchObject([2, [{ code: 'repo/shallow' }]]);
    await shallow.ok(dana, ['deploy', 'intake@1', '-e', 'staging']);
    expect(await sync(shallow, dana)).toMatchObject({ sent: { events: 1 } });
    await shallow.git('fetch', '-q', '--unshallow');
    await sync(shallow, dana);
    expect(await shallow.json(dana, ['verify'])).toMatchObject({ ok: true, findings: [] });
  });

  test('two that have no registry, here or there', async () => {
    const copy = await copyOf(office);
    const { server, clone, dana } = copy;
    const empty = join(server.bare, '../empty.git');
    await sandbox.git(['init', '-q', '--bare', '-b', 'main', '--template=', empty]);
    await clone.git('remote', 'add', 'empty', empty);
    await clone.git('update-ref', '-d', LEDGER);
    await rm(join(clone.repo, '.git/promptaudit'), { recursive: true });
    expect(await syncFailed(clone, dana, ['empty'])).toMatch(
      /^promptaudit: neither this clone nor empty has a registry[^\n]*\n$/,
    );
  });
});

describe('the remote is', () => {
  /** Each of these remotes is the office's server; which one was taken is in the document. */
  const named = async (clone: Team, ...names: readonly string[]): Promise<void> => {
    const url = await clone.git('config', 'remote.origin.url');
    await clone.git('remote', 'remove', 'origin');
    for (const name of names) await clone.git('remote', 'add', name, url);
  };

  test.each<readonly [why: string, names: readonly string[], settings: readonly string[][], string]>([
    ['the branch’s', ['origin', 'push', 'mine'], [['branch.main.remote', 'mine']], 'mine'],
    [
      'remote.pushDefault where the branch has none',
      ['origin', 'push'],
      [['remote.pushDefault', 'push']],
      'push',
    ],
    ['origin where nothing says otherwise', ['upstream', 'origin'], [], 'origin'],
    ['the only one', ['upstream'], [], 'upstream'],
  ])('%s', async (_, names, settings, expected) => {
    const { clone, dana } = await copyOf(office);
    await named(clone, ...names);
    for (const [key = '', value = ''] of settings) await clone.git('config', key, value);
    expect((await sync(clone, dana, ['--dry-run'])).remote).toBe(expected);
  });

  test('to be named where there are several and none is origin', async () => {
    const { clone, dana } = await copyOf(office);
    await named(clone, 'here', 'there');
    const sentence = await syncFailed(clone, dana);
    expect(sentence).toMatch(/^promptaudit: [^\n]+\n$/);
    expect(sentence).toMatch(/here.*there/);
    expect((await sync(clone, dana, ['there'])).remote).toBe('there');
  });
});

test('a dry run says what it would do and does nothing on either side', async () => {
  const copy = await copyOf(office);
  const { server, clone, dana, olga } = copy;
  await doAll(
    clone,
    [olga, 'deploy', 'intake@1', '-e', 'staging'],
    [olga, 'approve', 'intake@2', '-m', 'Read it'],
  );
  expect((await sync(clone, dana, ['--dry-run'])).sent).toEqual({ events: 2, tags: 1, branch: false });
  await workElsewhere(copy);
  const [held, served] = [await heldBy(clone), await refsOf(server)];
  expect(await sync(clone, olga, ['--dry-run'])).toMatchObject({
    dryRun: true,
    received: { events: 1 },
    replayed: [
      { event: 'deployment', from: 10, to: 11 },
      { event: 'approval', from: 11, to: 12 },
    ],
    aside: [],
    sent: { events: 2, tags: 1 },
  });
  const setAside = ['--dry-run', '--set-aside'];
  expect((await trySync(clone, dana, setAside)).document).toMatchObject({
    received: { events: 1 },
    replayed: [],
    aside: [
      { sequence: 10, event: 'deployment' },
      { sequence: 11, event: 'approval' },
    ],
    sent: { events: 0, tags: 0 },
  });
  expect((await toldBySync(clone, dana, setAside))[1]).toContain(
    'would keep aside: event 10, deployed intake v1',
  );
  const refused = await toldBySync(clone, dana);
  expect(refused).toEqual([1, expect.stringMatching(/2 events here are olga@acme\.example's, not dana@/)]);
  expect(await toldBySync(clone, dana, ['--dry-run'])).toEqual(refused);
  expect(await heldBy(clone)).toEqual(held);
  expect(await refsOf(server)).toBe(served);
});

test('the half that is not asked for is not done', async () => {
  const copy = await copyOf(office);
  const { server, clone, dana } = copy;
  await clone.ok(dana, ['deploy', 'intake@1', '-e', 'staging']);
  expect(await sync(clone, dana, ['--pull'])).toMatchObject({ sent: { events: 0 }, ahead: 1 });
  expect(await chainOf(onServer(server))).toHaveLength(9);
  await workElsewhere(copy);
  // What the remote has first cannot be pushed over.
  const { code } = await trySync(clone, dana, ['--push']);
  expect(code).toBe(1);
  expect(await chainOf(inClone(clone))).toHaveLength(10);
  expect(await chainOf(onServer(server))).toHaveLength(10);
  expect(await sync(clone, dana, ['--pull'])).toMatchObject({
    received: { events: 1 },
    replayed: [{ from: 10, to: 11 }],
    sent: { events: 0 },
  });
  expect(await sync(clone, dana, ['--push'])).toMatchObject({ sent: { events: 1 } });
  expect(await chainOf(onServer(server))).toEqual(await chainOf(inClone(clone)));
});
