import { createHash } from 'node:crypto';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { checkProof } from '../../../src/calls/proof/check.ts';
import { proveRecord } from '../../../src/calls/proof/prove.ts';
import { signersOfFile, signersOfPolicy } from '../../../src/calls/proof/signers.ts';
import { type CommitFields, encodeCommit } from '../../../src/git/commit.ts';
import type { Oid } from '../../../src/git/object.ts';
import type { Policy } from '../../../src/policy/model.ts';
import type { KeyId } from '../../../src/signing/model.ts';
import { parseOpenPgpKey } from '../../../src/signing/openpgp.ts';
import { signSshEd25519 } from '../../../src/signing/sshsig.ts';
import { codePoint } from '../../helpers/codepoints.ts';
import { run, sandbox } from '../../helpers/sandbox.ts';
import { makeSshKey } from '../../signing/keys.ts';
import {
  type Key,
  linesOf,
  makeKey,
  pathOf,
  REGISTRY,
  SEGMENT,
  sealMessage,
  signedCommit,
  TIME,
} from './sealed.ts';

const rec = makeKey();
const LINES = linesOf(7);

function trust({ key }: { readonly key: { readonly id: KeyId } }, who = 'rec@acme.example') {
  return signersOfFile(`${who} namespaces="git" ${key.id} a comment\n`, 'allowed');
}

function prove(index: number, lines = LINES, commit = signedCommit(sealMessage(lines), rec), by: Key = rec) {
  const line = lines[index] ?? '';
  const path = pathOf(lines, index);
  return proveRecord({ line, index, size: lines.length, path, commit, signer: by.key.id });
}

async function reasons(proof: string | Uint8Array, record = LINES[5] ?? '', signers = trust(rec)) {
  const checked = await checkProof(proof, record, signers);
  return checked.ok ? [] : checked.reasons;
}

test('every record of every small segment is proven, and proves no other', async () => {
  for (let size = 1; size <= 9; size++) {
    const lines = linesOf(size);
    const commit = signedCommit(sealMessage(lines), rec);
    for (let index = 0; index < size; index++) {
      const proof = prove(index, lines, commit);
      expect(await checkProof(proof, lines[index] ?? '', trust(rec))).toEqual({
        ok: true,
        proven: {
          registry: REGISTRY,
          segment: SEGMENT,
          index,
          size,
          sequence: 57,
          sealedAt: TIME,
          sealedBy: 'rec@acme.example',
        },
      });
      expect(await reasons(proof, '{"id":"other"}')).toHaveLength(1);
    }
  }
});

/** RFC 9162, section 2.1.3.2, step by step, on hex. */
function rootByHand(leaf: string, index: number, size: number, path: readonly string[]): string {
  const node = (left: string, right: string) =>
    createHash('sha256')
      .update(Buffer.from(`01${left}${right}`, 'hex'))
      .digest('hex');
  let fn = index;
  let sn = size - 1;
  let r = leaf;
  for (const p of path) {
    if (sn === 0) throw new Error('too long');
    if ((fn & 1) === 1 || fn === sn) {
      r = node(p, r);
      if ((fn & 1) === 0) {
        while ((fn & 1) === 0 && fn !== 0) {
          fn >>= 1;
          sn >>= 1;
        }
      }
    } else r = node(r, p);
    fn >>= 1;
    sn >>= 1;
  }
  if (sn !== 0) throw new Error('too short');
  return r;
}

test('git, ssh-keygen and a few lines of arithmetic check a proof without promptaudit', async () => {
  const box = await sandbox();
  const key = await makeSshKey(box, 'rec', ['-t', 'ecdsa', '-b', '256']);
  const allowed = join(box.dir, 'allowed');
  const file = `rec@acme.example namespaces="git" ${key.key.id}\n`;
  await writeFile(allowed, file);
  await box.git(['init', '-q', 'repo']);
  const cwd = join(box.dir, 'repo');
  const sign = ['-c', 'gpg.format=ssh', '-c', `user.signingkey=${key.privatePath}`];
  const date = `@${TIME} +0000`;
  const names = { GIT_AUTHOR_NAME: 'Rec', GIT_AUTHOR_EMAIL: 'rec@acme.example', GIT_AUTHOR_DATE: date };
  const env = {
    ...names,
    GIT_COMMITTER_NAME: 'Rec',
    GIT_COMMITTER_EMAIL: 'rec@acme.example',
    GIT_COMMITTER_DATE: date,
  };
  const tree = (await box.git(['mktree'], { cwd })).trim();
  const oid = (
    await box.git([...sign, 'commit-tree', '-S', '-F', '-', tree], { cwd, env, input: sealMessage(LINES) })
  ).trim();
  const { stdout: commit } = await run('git', ['cat-file', 'commit', oid], { cwd, env: box.env });
  const proof = proveRecord({
    line: LINES[5] ?? '',
    index: 5,
    size: 7,
    path: pathOf(LINES, 5),
    commit,
    signer: key.key.id,
  });
  expect(await reasons(proof, LINES[5], signersOfFile(file, 'allowed'))).toEqual([]);

  // From here on with nothing of ours, in a repository that has never seen the registry.
  const [head = '', note = '', signatures = ''] = proof.split('\n\n');
  const [, index = '', ...hashes] = head.split('\n');
  const [origin = '', size = '', root = ''] = note.split('\n');
  const hex = (text: string) => Buffer.from(text, 'base64').toString('hex');
  const leaf = createHash('sha256').update(`\0${LINES[5]}`).digest('hex');
  expect(rootByHand(leaf, Number(index.split(' ')[1]), Number(size), hashes.map(hex))).toBe(hex(root));

  const [dash, name, base64 = ''] = signatures.trim().split(' ');
  expect([dash, name]).toEqual(['—', origin]);
  const line = Buffer.from(base64, 'base64');
  const blob = Buffer.from(key.key.id.split(' ')[1] ?? '', 'base64');
  const id = createHash('sha256')
    .update(`${origin}\n`)
    .update(Buffer.of(0xff))
    .update('git-commit')
    .update(blob);
  expect(line.subarray(0, 4)).toEqual(id.digest().subarray(0, 4));
  await box.git(['init', '-q', 'elsewhere']);
  const other = { cwd: join(box.dir, 'elsewhere') };
  const written = await box.git(['hash-object', '-t', 'commit', '-w', '--stdin'], {
    ...other,
    input: line.subarray(4),
  });
  expect(written.trim()).toBe(oid);
  await box.git(['-c', `gpg.ssh.allowedSignersFile=${allowed}`, 'verify-commit', oid], other);
  const trailers = await box.git(['cat-file', 'commit', oid], other);
  expect(trailers).toContain(`\nSegment: ${SEGMENT}\nRecords: 7\n`);
  expect(trailers).toContain(`\nRegistry: ${REGISTRY}\n`);
  expect(trailers).toContain(`\nMerkle-Root: sha256:${hex(root)}\n`);
  expect(origin).toBe(`promptaudit/${REGISTRY}/calls/${SEGMENT}`);
});

test('the commands in docs/proof.md accept a proof, and nothing else', async () => {
  const box = await sandbox();
  const docs = await readFile(join(import.meta.dirname, '../../../docs/proof.md'), 'utf8');
  const script = /^```sh\n(.*?)^```$/ms.exec(docs)?.[1] ?? '';
  await writeFile(join(box.dir, 'allowed'), `rec@acme.example namespaces="git" ${rec.key.id}\n`);
  const accepts = async (proof: string, line: string) => {
    await rm(join(box.dir, 'seal'), { recursive: true, force: true });
    await writeFile(join(box.dir, 'proof'), proof);
    await writeFile(join(box.dir, 'record'), `${line}\n`);
    return (await run('bash', ['-c', script], { cwd: box.dir, env: box.env })).code === 0;
  };
  const proof = prove(6);
  expect(await accepts(proof, LINES[6] ?? '')).toBe(true);
  expect(await accepts(proof, LINES[5] ?? '')).toBe(false);
  expect(await accepts(proof.replace('index 6', 'index 5'), LINES[6] ?? '')).toBe(false);
  expect(await accepts(proof.replaceAll(REGISTRY, REGISTRY.replace('6f', '7f')), LINES[6] ?? '')).toBe(false);
  const other = makeKey();
  const strange = prove(6, LINES, signedCommit(sealMessage(LINES), other), other);
  expect(await accepts(strange, LINES[6] ?? '')).toBe(false);
});

test('no character of a proof or of its record can be another, missing or too many', async () => {
  const proof = Buffer.from(prove(5));
  const line = Buffer.from(LINES[5] ?? '');
  expect(await reasons(proof, LINES[5])).toEqual([]);
  const passed: string[] = [];
  const all = [...spoilt(proof).map((one) => [one, line]), ...spoilt(line).map((one) => [proof, one])];
  for (const [one, record] of all as [Buffer, Buffer][]) {
    if ((await checkProof(one, record, trust(rec))).ok) passed.push(one.toString());
  }
  expect(passed).toEqual([]);
  expect(all.length).toBeGreaterThan(5000);
});

function spoilt(bytes: Buffer): Buffer[] {
  return Array.from(bytes, (byte, at) => {
    const [head, tail] = [bytes.subarray(0, at), bytes.subarray(at + 1)];
    return [
      Buffer.concat([head, Buffer.of(byte ^ 1), tail]),
      Buffer.concat([head, Buffer.of(byte ^ 0x20), tail]),
      Buffer.concat([head, tail]),
      Buffer.concat([head, Buffer.of(byte, byte), tail]),
    ];
  })
    .flat()
    .filter((one) => !one.equals(bytes));
}

test('a proof says why it is refused', async () => {
  const elsewhere = makeKey();
  expect((await reasons(prove(5), LINES[5], trust(elsewhere)))[0]).toMatch(
    /by a key that is not trusted here: ssh-ed25519/,
  );
  expect((await reasons(prove(5), LINES[5], trust(rec, 'bob@acme.example')))[0]).toMatch(
    /^the seal is signed with SHA256:.*, which is not rec@acme.example's by that file$/,
  );
  expect(await reasons(prove(5), LINES[4])).toEqual([
    'the record is not number 6 of the 7 records that the proof is about',
  ]);
  expect(await reasons(prove(5).replace('\n', '\nextra AQI=\n'))).toEqual([
    'the proof has an extra line, which nothing authenticates',
  ]);
  const other = prove(5, [...linesOf(6), 'other']);
  const mixed = prove(5).replace(/ [^ ]*\n$/, ` ${other.trimEnd().split(' ').at(-1)}\n`);
  expect(await reasons(mixed)).toEqual(['the seal names another Merkle root']);
});

/** A proof with another commit in the place of the seal. */
function sealedBy(commit: Buffer): string {
  return prove(5).replace(/ ([^ ]*)\n$/, (_, old: string) => {
    const keyId = Buffer.from(old, 'base64').subarray(0, 4);
    return ` ${Buffer.concat([keyId, commit]).toString('base64')}\n`;
  });
}

test('a seal of another segment, size or kind of event vouches for nothing', async () => {
  const line = (message: string) => sealedBy(signedCommit(message, rec));
  expect(
    await reasons(line(sealMessage(LINES, { segment: SEGMENT.replace('1a', '1b') as never }))),
  ).toContain('the seal is of another registry or segment');
  expect(await reasons(line(sealMessage(LINES).replace(REGISTRY, REGISTRY.replace('6f', '7f'))))).toContain(
    'the seal is of another registry or segment',
  );
  expect(await reasons(line(sealMessage(LINES, { records: 8 })))).toEqual([
    'the seal counts 8 records, not 7',
  ]);
  const withdrawal = `retire intake\n\nEvent: retirement\nSequence: 57\nPrevious: sha256:${'1'.repeat(64)}\nRegistry: ${REGISTRY}\nPolicy: 3\nCommit: ${'a'.repeat(40)}\nPrompt: intake\n`;
  expect(await reasons(line(withdrawal))).toEqual([
    'the commit is an event of the kind retirement, not a seal',
  ]);
  expect((await reasons(line('no event\n')))[0]).toMatch(/^the commit is no event of a ledger: /);
});

test('a seal that names two people, or could be read in two ways, vouches for nothing', async () => {
  const who = (email: string) => ({ name: 'Rec', email, time: TIME, zone: '+0000' });
  const tree = '4b825dc642cb6eb9a060e54bf8d69288fbee4904' as Oid;
  const seal = { tree, parents: [], author: who('rec@acme.example'), committer: who('rec@acme.example') };
  const message = sealMessage(LINES);
  const signed = (fields: Partial<CommitFields>) => {
    const all = { ...seal, message, ...fields };
    const commit = encodeCommit(all, signSshEd25519(rec.secret, rec.key.blob, encodeCommit(all), 'git'));
    return reasons(prove(5, LINES, commit));
  };
  expect(await signed({})).toEqual([]);
  expect(await signed({ author: who('bob@acme.example') })).toEqual(['the seal names two people']);
  // git leaves every header of such a name out of what it verifies, signed or not.
  expect(await signed({ headers: [{ name: 'gpgsig-other', value: Buffer.from('x') }] })).toEqual([
    'the signature of the seal does not hold: it has more than one signature header',
  ]);
  // git log would show the message in another encoding than it was signed in.
  const encoded = { ...seal, message, headers: [{ name: 'encoding', value: Buffer.from('latin1') }] };
  const commit = encodeCommit(
    encoded,
    signSshEd25519(rec.secret, rec.key.blob, encodeCommit(encoded), 'git'),
  );
  expect(await reasons(sealedBy(commit))).toEqual([
    'the commit of the seal has a header that no event has, "encoding"',
  ]);
  expect(await reasons(prove(5, LINES, encodeCommit({ ...seal, message })))).toEqual([
    'the signature of the seal does not hold: there is none',
  ]);
});

test('lines by others are passed over, and every line under the origin’s name must hold', async () => {
  const proof = prove(5);
  expect(await reasons(`${proof}— witness.example/w1 AAAAAAAA\n`)).toEqual([]);
  const stranger = prove(5, LINES, signedCommit(sealMessage(LINES), makeKey()));
  const strange = stranger.slice(stranger.indexOf('—'));
  expect(await reasons(proof + strange)).toEqual([]);
  expect((await reasons(stranger))[0]).toMatch(/not trusted/);
  expect(
    await reasons(proof + proof.slice(proof.indexOf('—')).replace(/ [^ ]*\n$/, ' AAAAAAAA\n')),
  ).toHaveLength(1);
});

test('a seal that is signed with OpenPGP is checked by the fingerprint of its primary key', async () => {
  const openpgp = await import('openpgp');
  const user = { name: 'Rec', email: 'rec@acme.example' };
  const { privateKey, publicKey } = await openpgp.generateKey({ userIDs: [user], format: 'object' });
  const key = await parseOpenPgpKey(publicKey.armor());
  if ('problem' in key) throw new Error(key.problem);
  const who = { ...user, time: TIME, zone: '+0000' };
  const tree = '4b825dc642cb6eb9a060e54bf8d69288fbee4904' as Oid;
  const fields = { tree, parents: [], author: who, committer: who, message: sealMessage(LINES) };
  const message = await openpgp.createMessage({ binary: encodeCommit(fields) });
  const armored = await openpgp.sign({ message, signingKeys: privateKey, detached: true });
  const commit = encodeCommit(fields, String(armored).replaceAll('\r\n', '\n'));
  const record = { line: LINES[5] ?? '', index: 5, size: 7, path: pathOf(LINES, 5), commit, signer: key.id };
  const proof = proveRecord(record);
  const policy = {
    principals: new Map([[user.email, { id: user.email, roles: new Set(['recorder']) }]]),
    keys: new Map([[key.id, { principal: user.email, key, revokedFrom: undefined }]]),
  } as unknown as Policy;
  expect(await reasons(proof, LINES[5], signersOfPolicy(policy))).toEqual([]);
  expect((await reasons(proof, LINES[5], trust(rec)))[0]).toMatch(/not trusted here/);
  const line = Buffer.from(proof.trimEnd().split(' ').at(-1) ?? '', 'base64');
  const id = createHash('sha256')
    .update(`promptaudit/${REGISTRY}/calls/${SEGMENT}\n`)
    .update(Buffer.of(0xff));
  id.update('git-commit').update(Buffer.from(publicKey.getFingerprint(), 'hex'));
  expect(line.subarray(0, 4)).toEqual(id.digest().subarray(0, 4));
});

test('whatever is given for a proof, there is an answer', async () => {
  const proof = prove(5);
  const pieces = fc.constantFrom(...proof.split(/(?<=[\n ])/), proof, '\n', '— ', 'AAAA');
  const inputs = fc.oneof(
    fc.uint8Array({ maxLength: 300 }),
    fc.string({ unit: codePoint, maxLength: 200 }),
    fc.array(pieces, { maxLength: 20 }).map((all) => all.join('')),
  );
  await fc.assert(
    fc.asyncProperty(inputs, async (input) => {
      if (input !== proof) expect((await checkProof(input, LINES[5] ?? '', trust(rec))).ok).toBe(false);
    }),
    { numRuns: 500 },
  );
});

test('what was not sealed so is not proven', () => {
  const commit = signedCommit(sealMessage(LINES), rec);
  const record = {
    line: LINES[5] ?? '',
    index: 5,
    size: 7,
    path: pathOf(LINES, 5),
    commit,
    signer: rec.key.id,
  };
  const wrong = [
    { line: 'other' },
    { index: 4 },
    { size: 8 },
    { path: pathOf(LINES, 5).slice(1) },
    { commit: Buffer.from('no commit') },
  ];
  for (const one of wrong)
    expect(() => proveRecord({ ...record, ...one })).toThrow(/is not what was sealed|cannot be proven/);
});
