import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ed25519KeyFile } from '../../src/demo/keyfile.ts';
import { sandbox } from '../helpers/sandbox.ts';

test('the public half is that of RFC 8032, section 7.1, test 1', () => {
  const seed = Buffer.from('9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60', 'hex');
  const point = 'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a';
  const [type, blob = ''] = ed25519KeyFile(seed, 'alice').publicKey.split(' ');
  expect(type).toBe('ssh-ed25519');
  expect(Buffer.from(blob, 'base64').toString('hex')).toBe(
    `0000000b${Buffer.from('ssh-ed25519').toString('hex')}00000020${point}`,
  );
});

test('ssh-keygen reads it, whatever its padding, and signs with it', async () => {
  const { dir, ok } = await sandbox();
  for (let length = 0; length < 9; length += 1) {
    const comment = 'x'.repeat(length);
    const { text, publicKey } = ed25519KeyFile(createHash('sha256').update(comment).digest(), comment);
    const file = join(dir, `key${length}`);
    await writeFile(file, text, { mode: 0o600 });
    expect((await ok('ssh-keygen', ['-y', '-f', file])).trim()).toBe(`${publicKey} ${comment}`.trim());
  }
  await writeFile(join(dir, 'message'), 'hello\n');
  await ok('ssh-keygen', ['-Y', 'sign', '-n', 'git', '-f', join(dir, 'key0'), join(dir, 'message')]);
});
