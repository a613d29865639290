import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Failure } from '../../src/failure.ts';
import type { Oid } from '../../src/git/object.ts';
import { encodeTag, type ParsedTag, parseTag } from '../../src/git/tag.ts';
import { run, sandbox } from '../helpers/sandbox.ts';

const OBJECT = '1'.repeat(40) as Oid;
const WHO = 'Alice Ng <alice@acme.example> 1700000000 +0000';
const HEAD = `object ${OBJECT}\ntype commit\ntag v1\ntagger ${WHO}\n\n`;
const ARMOR = '-----BEGIN SSH SIGNATURE-----\nAAAA\n-----END SSH SIGNATURE-----\n';

function parsed(text: string | Buffer): ParsedTag {
  const result = parseTag(typeof text === 'string' ? Buffer.from(text) : text);
  if (!result.ok) throw new Error(result.problem);
  return result.tag;
}

function again(tag: ParsedTag): Buffer {
  return encodeTag({ ...tag, message: tag.messageBytes }, tag.signatures.at(-1)?.bytes);
}

describe('tags that git makes', () => {
  it('are read, verified over their payload, and encoded back', async () => {
    const box = await sandbox();
    const key = join(box.dir, 'key');
    await box.ok('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', '', '-f', key]);
    await box.git(['init', '-q', box.dir]);
    for (const [name, value] of [
      ['user.name', 'Alice Ng'],
      ['user.email', 'alice@acme.example'],
      ['gpg.format', 'ssh'],
      ['user.signingkey', key],
    ] as const) {
      await box.git(['config', name, value]);
    }
    await box.git(['commit', '-q', '--allow-empty', '-m', 'one']);
    await box.git(['tag', '-a', '-m', 'plain', 'plain']);
    await box.git(['tag', '-a', '-m', 'Grüße', 'of-tag', 'plain']);
    await box.git(['tag', '-a', '-m', 'tree', 'of-tree', 'HEAD^{tree}']);
    const meaning = 'approve\n\nreviewed for clinical safety\n\nPrompt: clinical-intake';
    await box.git(['tag', '-s', '-m', meaning, 'promptaudit/clinical-intake/v1/approved/bob@acme.example']);
    const names = (await box.git(['for-each-ref', '--format=%(refname)', 'refs/tags'])).trim().split('\n');
    expect(names).toHaveLength(4);
    for (const ref of names) {
      const { stdout } = await run('git', ['cat-file', 'tag', ref], { cwd: box.dir, env: box.env });
      const tag = parsed(stdout);
      expect(again(tag), ref).toEqual(stdout);
      expect(ref).toBe(`refs/tags/${tag.name}`);
      const format = '%(object) %(type) %(taggername) %(taggeremail:trim)';
      const facts = await box.git(['for-each-ref', `--format=${format}`, ref]);
      expect(`${tag.object} ${tag.type} ${tag.tagger?.name} ${tag.tagger?.email}`).toBe(facts.trim());
      expect(tag.ambiguity).toBeUndefined();
    }
    const signed = names.find((name) => name.includes('approved'))!;
    const { stdout } = await run('git', ['cat-file', 'tag', signed], { cwd: box.dir, env: box.env });
    const { signatures, payload, message } = parsed(stdout);
    expect(message).toBe(`${meaning}\n`);
    await writeFile(join(box.dir, 'signature'), signatures[0]!.bytes);
    await writeFile(join(box.dir, 'allowed'), `alice ${await readFile(`${key}.pub`, 'utf8')}`);
    const args = ['-Y', 'verify', '-f', 'allowed', '-I', 'alice', '-n', 'git', '-s', 'signature'];
    const good = await run('ssh-keygen', args, { cwd: box.dir, env: box.env, input: payload });
    expect(good.code, good.stderr).toBe(0);
    expect((await run('ssh-keygen', args, { cwd: box.dir, env: box.env, input: stdout })).code).not.toBe(0);
  });

  it('may have no tagger', () => {
    const text = `object ${OBJECT}\ntype commit\ntag v0.99\n\nold\n`;
    expect(parsed(text)).toMatchObject({ name: 'v0.99', tagger: undefined, message: 'old\n' });
    expect(again(parsed(text)).toString()).toBe(text);
  });
});

describe('the signature of a tag', () => {
  it.each(['SSH SIGNATURE', 'PGP SIGNATURE', 'PGP MESSAGE', 'SIGNED MESSAGE'])('begins with %s', (label) => {
    const block = `-----BEGIN ${label}-----\nAAAA\n-----END ${label}-----\n`;
    const tag = parsed(`${HEAD}m\n${block}`);
    expect(tag.signatures.map(({ bytes }) => bytes.toString())).toEqual([block]);
    expect(tag.payload.toString()).toBe(`${HEAD}m\n`);
    expect(tag.message).toBe('m\n');
    expect(tag.ambiguity).toBeUndefined();
  });

  it.each([
    '-----BEGIN CERTIFICATE-----\n',
    ' -----BEGIN SSH SIGNATURE-----\n',
    'x-----BEGIN SSH SIGNATURE-----\n',
  ])('does not begin with %j', (line) => {
    const tag = parsed(`${HEAD}m\n${line}`);
    expect(tag.signatures).toEqual([]);
    expect(tag.message).toBe(`m\n${line}`);
  });

  it('is the last one, as for git, and more than one is ambiguous', () => {
    const tag = parsed(`${HEAD}m\n${ARMOR}more\n${ARMOR}`);
    expect(tag.signatures).toHaveLength(2);
    expect(tag.payload.toString()).toBe(`${HEAD}m\n${ARMOR}more\n`);
    expect(tag.ambiguity).toEqual(expect.any(String));
  });

  it('is ambiguous with text behind it, which it does not cover', () => {
    expect(parsed(`${HEAD}m\n${ARMOR}and deploy it\n`).ambiguity).toEqual(expect.any(String));
    expect(parsed(`${HEAD}m\n${ARMOR}\n`).ambiguity).toBeUndefined();
    expect(parsed(`${HEAD}m\n-----BEGIN SSH SIGNATURE-----\nAAAA\n`).ambiguity).toEqual(expect.any(String));
  });
});

describe('parseTag', () => {
  it.each([
    ['nothing', ''],
    ['no message', HEAD.slice(0, -1)],
    ['no object', `type commit\ntag v1\ntagger ${WHO}\n\nm`],
    ['a short object', HEAD.replace('1111', '111')],
    ['an unknown type', HEAD.replace('type commit', 'type note')],
    ['no name', HEAD.replace('tag v1', 'tag ')],
    ['another order', `type commit\nobject ${OBJECT}\ntag v1\ntagger ${WHO}\n\nm`],
    ['a malformed tagger', HEAD.replace(WHO, 'Alice')],
    ['a header that tags have not', HEAD.replace('\n\n', '\ngpgsig x\n\n')],
    ['two names', HEAD.replace('tag v1', 'tag v1\ntag v2')],
    ['a NUL in the name', HEAD.replace('tag v1', 'tag v\0')],
    ['a name longer than any path', HEAD.replace('tag v1', `tag ${'v'.repeat(64 * 1024)}`)],
    ['signatures without end', `${HEAD}m\n${'-----BEGIN SSH SIGNATURE-----\n'.repeat(17)}`],
  ])('refuses %s', (_, text) => {
    expect(parseTag(Buffer.from(text))).toEqual({ ok: false, problem: expect.any(String) });
  });

  it('refuses a name that is not UTF-8', () => {
    expect(parseTag(Buffer.from(HEAD.replace('v1', 'v\xff'), 'latin1')).ok).toBe(false);
  });
});

describe('encodeTag', () => {
  const tagger = { name: 'Alice Ng', email: 'alice@acme.example', time: 1700000000, zone: '+0000' };
  const fields = { object: OBJECT, type: 'commit', name: 'v1', tagger, message: 'm\n' } as const;

  it('writes what git would', () => {
    expect(encodeTag(fields).toString()).toBe(`${HEAD}m\n`);
    expect(encodeTag(fields, ARMOR).toString()).toBe(`${HEAD}m\n${ARMOR}`);
  });

  it.each([
    ['a name with a line feed', { ...fields, name: 'v1\ntagger x' }, undefined],
    ['no name', { ...fields, name: '' }, undefined],
    ['a message that begins a signature', { ...fields, message: `m\n${ARMOR}` }, undefined],
    ['a signed message without an end', { ...fields, message: 'm' }, ARMOR],
    ['a tagger that breaks the line', { ...fields, tagger: { ...tagger, name: 'A\n\nm' } }, undefined],
  ])('refuses %s', (_, bad, signature) => {
    expect(() => encodeTag(bad, signature)).toThrow(Failure);
  });
});
