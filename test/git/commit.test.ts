import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Failure } from '../../src/failure.ts';
import { encodeCommit, type ParsedCommit, parseCommit, parseCommitLinks } from '../../src/git/commit.ts';
import type { Oid } from '../../src/git/object.ts';
import { createSandbox, run, type Sandbox } from '../helpers/sandbox.ts';

const TREE = '4b825dc642cb6eb9a060e54bf8d69288fbee4904';
const PARENT = '1'.repeat(40);
const WHO = 'Alice Ng <alice@acme.example> 1700000000 +0000';
const HEAD = `tree ${TREE}\nauthor ${WHO}\ncommitter ${WHO}\n`;
const ARMOR = '-----BEGIN SSH SIGNATURE-----\n \n AAAA\n -----END SSH SIGNATURE-----';

function parsed(text: string | Buffer): ParsedCommit {
  const result = parseCommit(typeof text === 'string' ? Buffer.from(text) : text);
  if (!result.ok) throw new Error(result.problem);
  return result.commit;
}

function problem(text: string): string | undefined {
  const result = parseCommit(Buffer.from(text));
  return result.ok ? undefined : result.problem;
}

function again(commit: ParsedCommit): Buffer {
  return encodeCommit({ ...commit, message: commit.messageBytes });
}

describe('commits that git makes', () => {
  let box: Sandbox;
  let commits: { oid: string; bytes: Buffer }[];

  const git = (...args: string[]): Promise<string> => box.git(args, { cwd: join(box.dir, 'repo') });
  const body = async (revision: string): Promise<Buffer> =>
    (await run('git', ['cat-file', 'commit', revision], { cwd: join(box.dir, 'repo'), env: box.env })).stdout;
  const sshKey = (): string => join(box.dir, 'key');

  beforeAll(async () => {
    box = await createSandbox();
    await mkdir(join(box.dir, '.gnupg'), { mode: 0o700 });
    await box.ok('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', '', '-f', sshKey()]);
    const user = 'Alice Ng <alice@acme.example>';
    await box.ok('gpg', [
      '--batch',
      '-q',
      '--passphrase',
      '',
      '--quick-gen-key',
      user,
      'ed25519',
      'sign',
      'never',
    ]);
    await box.git(['init', '-q', '-b', 'main', join(box.dir, 'repo')]);
    await git('config', 'user.name', 'Alice Ng');
    await git('config', 'user.email', 'alice@acme.example');
    const ssh = ['-c', 'gpg.format=ssh', '-c', `user.signingkey=${sshKey()}`];
    await git('commit', '-q', '--allow-empty', '-m', 'plain');
    await git(...ssh, 'commit', '-q', '-S', '--allow-empty', '-m', 'ssh\n\nBody.\n\nPrompt: clinical-intake');
    await git('branch', 'ssh');
    await git('commit', '-q', '-S', '--allow-empty', '-m', 'gpg');
    await git('branch', 'gpg');
    await git('commit', '-q', '--allow-empty', '--allow-empty-message', '-m', '');
    await git('checkout', '-q', '-b', 'side', 'ssh');
    await git('commit', '-q', '--allow-empty', '-m', 'Grüße aus 東京');
    await git(...ssh, 'tag', '-s', '-m', 'a signed tag', 'signed-tag');
    await git('checkout', '-q', 'main');
    await git(...ssh, 'merge', '-q', '-S', '--no-ff', '-m', 'merge of a signed tag', 'signed-tag');
    await git('branch', 'mergetag');
    await writeFile(join(box.dir, 'latin1'), Buffer.from('caf\xe9\n', 'latin1'));
    const latin1 = ['-c', 'i18n.commitEncoding=ISO-8859-1'];
    await git(...latin1, ...ssh, 'commit', '-q', '-S', '--allow-empty', '-F', join(box.dir, 'latin1'));
    await git('branch', 'latin1');
    const oids = (await git('rev-list', '--all')).trim().split('\n');
    commits = await Promise.all(oids.map(async (oid) => ({ oid, bytes: await body(oid) })));
  });

  afterAll(async () => {
    await run('gpgconf', ['--kill', 'all'], { env: box.env });
    await box.remove();
  });

  it('are encoded back to the same bytes', () => {
    expect(commits.length).toBeGreaterThanOrEqual(7);
    for (const { oid, bytes } of commits) expect(again(parsed(bytes)), oid).toEqual(bytes);
  });

  it('have the facts that git prints', async () => {
    const format = '%T%n%P%n%an%n%ae%n%at%n%cn%n%ce%n%ct';
    for (const { oid, bytes } of commits) {
      const { tree, parents, author, committer } = parsed(bytes);
      const expected = (await git('log', '-1', `--format=${format}`, oid)).split('\n').slice(0, 8);
      const who = [author, committer].flatMap(({ name, email, time }) => [name, email, String(time)]);
      expect([tree, parents.join(' '), ...who]).toEqual(expected);
      expect(parseCommitLinks(bytes)).toEqual({ tree, parents });
    }
  });

  it('carry an SSH signature over exactly the payload', async () => {
    for (const branch of ['ssh', 'mergetag', 'latin1']) {
      const { signatures, payload, ambiguity } = parsed(await body(branch));
      expect(signatures.map(({ place }) => place)).toEqual(['gpgsig']);
      expect(ambiguity).toBeUndefined();
      const signature = join(box.dir, 'signature');
      await writeFile(signature, signatures[0]!.bytes);
      await writeFile(join(box.dir, 'allowed'), `alice ${await readFile(`${sshKey()}.pub`, 'utf8')}`);
      const args = ['-Y', 'verify', '-f', 'allowed', '-I', 'alice', '-n', 'git', '-s', signature];
      const good = await run('ssh-keygen', args, { cwd: box.dir, env: box.env, input: payload });
      expect(good.code, good.stderr).toBe(0);
      const bad = await run('ssh-keygen', args, { cwd: box.dir, env: box.env, input: payload.subarray(1) });
      expect(bad.code).not.toBe(0);
    }
  });

  it('carry an OpenPGP signature over exactly the payload', async () => {
    const { signatures, payload, ambiguity } = parsed(await body('gpg'));
    expect(ambiguity).toBeUndefined();
    await writeFile(join(box.dir, 'signature'), signatures[0]!.bytes);
    const args = ['--verify', join(box.dir, 'signature'), '-'];
    const good = await run('gpg', args, { env: box.env, input: payload });
    expect(good.code, good.stderr).toBe(0);
    expect((await run('gpg', args, { env: box.env, input: `${payload}x` })).code).not.toBe(0);
  });

  it('keep a merged tag whole in its header', async () => {
    const { headers, parents } = parsed(await body('mergetag'));
    expect(parents).toHaveLength(2);
    expect(headers.map(({ name }) => name)).toEqual(['mergetag', 'gpgsig']);
    const tag = await run('git', ['cat-file', 'tag', 'signed-tag'], {
      cwd: join(box.dir, 'repo'),
      env: box.env,
    });
    expect(`${headers[0]!.value}\n`).toBe(tag.stdout.toString());
  });

  it('keep a message of another encoding as bytes', async () => {
    const { headers, message, messageBytes } = parsed(await body('latin1'));
    expect(headers[0]).toEqual({ name: 'encoding', value: Buffer.from('ISO-8859-1') });
    expect(message).toBeUndefined();
    expect(messageBytes.toString('latin1')).toBe('caf\xe9\n');
    expect(parsed(await body('side')).message).toBe('Grüße aus 東京\n');
  });

  it('are made the same by encodeCommit', async () => {
    const bytes = await body('ssh');
    const { tree, parents, author, committer, message, signatures, payload } = parsed(bytes);
    const fields = { tree, parents, author, committer, message: message ?? '' };
    expect(encodeCommit(fields)).toEqual(payload);
    expect(encodeCommit(fields, signatures[0]!.bytes.toString())).toEqual(bytes);
  });
});

describe('a SHA-256 commit', () => {
  it('has its signature in gpgsig-sha256', async () => {
    const box = await createSandbox();
    try {
      const key = join(box.dir, 'key');
      await box.ok('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key]);
      await box.git(['init', '-q', '--object-format=sha256', box.dir]);
      const who = [
        '-c',
        'user.name=A',
        '-c',
        'user.email=a@b',
        '-c',
        'gpg.format=ssh',
        '-c',
        `user.signingkey=${key}`,
      ];
      await box.git([...who, 'commit', '-q', '-S', '--allow-empty', '-m', 'one']);
      const { stdout } = await run('git', ['cat-file', 'commit', 'HEAD'], { cwd: box.dir, env: box.env });
      const { tree, parents, author, committer, message, signatures, ambiguity } = parsed(stdout);
      expect(signatures[0]?.place).toBe('gpgsig-sha256');
      expect(ambiguity).toBeUndefined();
      const fields = { tree, parents, author, committer, message: message ?? '' };
      expect(encodeCommit(fields, signatures[0]!.bytes)).toEqual(stdout);
    } finally {
      await box.remove();
    }
  });
});

describe('ambiguity', () => {
  it.each([
    ['two signatures', `gpgsig ${ARMOR}\ngpgsig ${ARMOR}\n`, 2],
    ['one of each kind', `gpgsig ${ARMOR}\ngpgsig-sha256 ${ARMOR}\n`, 2],
    ['the other format’s header alone', `gpgsig-sha256 ${ARMOR}\n`, 1],
    ['a header that git drops from the payload', `gpgsig ${ARMOR}\ngpgsigx evil\n`, 1],
    ['such a header alone', 'gpgsig-x evil\n', 0],
    ['text behind the signature', `gpgsig ${ARMOR}\n deployed by Bob\n`, 1],
    ['text before the signature', `gpgsig deployed by Bob\n ${ARMOR}\n`, 1],
    ['two blocks in one header', `gpgsig ${ARMOR}\n ${ARMOR}\n`, 1],
    ['another label at the end', `gpgsig ${ARMOR.replace('END SSH', 'END PGP')}\n`, 1],
  ])('is told for %s', (_, headers, count) => {
    const commit = parsed(`${HEAD}${headers}\nmessage\n`);
    expect(commit.ambiguity).toEqual(expect.any(String));
    expect(commit.signatures).toHaveLength(count);
    expect(again(commit).toString()).toBe(`${HEAD}${headers}\nmessage\n`);
  });

  it('is not told for one signature, nor for one with empty lines at its end', () => {
    expect(parsed(`${HEAD}gpgsig ${ARMOR}\n\nmessage\n`).ambiguity).toBeUndefined();
    expect(parsed(`${HEAD}gpgsig ${ARMOR}\n \n\nmessage\n`).ambiguity).toBeUndefined();
    expect(parsed(`${HEAD}\nmessage\n`).ambiguity).toBeUndefined();
  });

  it('leaves in the payload what no signature header holds', () => {
    const { payload, signatures } = parsed(
      `${HEAD}gpgsigx evil\ngpgsig ${ARMOR}\nencoding x\n\nm\n\ngpgsig no header\n`,
    );
    expect(payload.toString()).toBe(`${HEAD}gpgsigx evil\nencoding x\n\nm\n\ngpgsig no header\n`);
    expect(signatures[0]!.bytes.toString()).toBe(
      '-----BEGIN SSH SIGNATURE-----\n\nAAAA\n-----END SSH SIGNATURE-----\n',
    );
  });
});

describe('parseCommit', () => {
  it.each([
    ['nothing', ''],
    ['no message', HEAD],
    ['no tree', `parent ${PARENT}\nauthor ${WHO}\ncommitter ${WHO}\n\nm`],
    ['a short tree', `tree ${TREE.slice(1)}\nauthor ${WHO}\ncommitter ${WHO}\n\nm`],
    ['an upper-case tree', `tree ${TREE.toUpperCase()}\nauthor ${WHO}\ncommitter ${WHO}\n\nm`],
    [
      'a parent of another format',
      `tree ${TREE}\nparent ${'1'.repeat(64)}\nauthor ${WHO}\ncommitter ${WHO}\n\nm`,
    ],
    ['a folded tree line', `tree ${TREE}\n x\nauthor ${WHO}\ncommitter ${WHO}\n\nm`],
    ['no author', `tree ${TREE}\ncommitter ${WHO}\n\nm`],
    ['no committer', `tree ${TREE}\nauthor ${WHO}\n\nm`],
    ['two authors', `tree ${TREE}\nauthor ${WHO}\nauthor ${WHO}\ncommitter ${WHO}\n\nm`],
    ['two committers', `${HEAD}committer ${WHO}\n\nm`],
    ['a parent behind the committer', `${HEAD}parent ${PARENT}\n\nm`],
    ['a second tree', `${HEAD}encoding x\ntree ${TREE}\n\nm`],
    ['a malformed author', `tree ${TREE}\nauthor Alice\ncommitter ${WHO}\n\nm`],
    ['a folded author', `tree ${TREE}\nauthor ${WHO}\n x\ncommitter ${WHO}\n\nm`],
    ['a header without a value', `${HEAD}bare\n\nm`],
    ['a header without a name', `${HEAD}\tx y\n\nm`],
    ['a continuation first', ` x\n${HEAD}\nm`],
    ['a NUL in a header', `${HEAD}x \0\n\nm`],
    ['headers that go on and on', `${HEAD}${'x y\n'.repeat(4096)}\nm`],
    ['a header of more than a megabyte', `${HEAD}x ${'y'.repeat(1024 * 1024)}\n\nm`],
  ])('refuses %s', (_, text) => {
    expect(problem(text)).toEqual(expect.any(String));
  });

  it('takes NUL and anything else in a message', () => {
    const text = `${HEAD}\na\0b\n\ntree ${TREE}\n`;
    expect(parsed(text).message).toBe(`a\0b\n\ntree ${TREE}\n`);
    expect(again(parsed(text)).toString()).toBe(text);
  });

  it('leaves links readable where people are named oddly', () => {
    const text = `tree ${TREE}\nparent ${PARENT}\nauthor Alice\ncommitter ${WHO}\n\nm`;
    expect(problem(text)).toBeDefined();
    expect(parseCommitLinks(Buffer.from(text))).toEqual({ tree: TREE, parents: [PARENT] });
    expect(parseCommitLinks(Buffer.from('no commit'))).toBeUndefined();
  });
});

describe('encodeCommit', () => {
  const who = { name: 'A', email: 'a@b', time: 1, zone: '+0000' };
  const fields = { tree: TREE as Oid, parents: [], author: who, committer: who, message: 'm\n' };

  it('refuses what would become another header', () => {
    expect(() => encodeCommit({ ...fields, author: { ...who, name: `A\nparent ${PARENT}` } })).toThrow(
      Failure,
    );
    for (const name of ['', 'a b', 'a\nb', 'é']) {
      expect(() => encodeCommit({ ...fields, headers: [{ name, value: Buffer.from('v') }] })).toThrow(
        Failure,
      );
    }
    expect(() => encodeCommit({ ...fields, headers: [{ name: 'a', value: Buffer.from('\0') }] })).toThrow(
      Failure,
    );
  });

  it('folds a value so that it stays one header', () => {
    const bytes = encodeCommit({
      ...fields,
      headers: [{ name: 'x', value: Buffer.from(`a\n\nparent ${PARENT}`) }],
    });
    expect(bytes.toString()).toContain(`\nx a\n \n parent ${PARENT}\n\nm\n`);
    expect(parsed(bytes).parents).toEqual([]);
  });
});
