import { readFile } from 'node:fs/promises';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ObjectFormat, Oid } from '../../src/git/object.ts';
import { sha256 } from '../../src/ledger/digest.ts';
import { createSandbox, type Sandbox, sandbox } from '../helpers/sandbox.ts';
import { HandmadeLedger } from './handmade.ts';

const CONTENT = 'messages:\n  - role: user\n    content: Ask for {{symptom}}.\n';
const POLICY = 'schema: promptaudit/policy@1\nregistry: acme-clinical\n';

/** Founded, one version, approved, deployed, the approval revoked, withdrawn, and a finding acknowledged. */
async function tell(ledger: HandmadeLedger): Promise<Oid> {
  const policy = await ledger.commitFile('alice', '.promptaudit/policy.yml', POLICY, 'found\n');
  await ledger.append('alice', { event: 'genesis', name: 'acme-clinical' });
  const policyDigest = sha256(Buffer.from(POLICY));
  await ledger.append('alice', { event: 'policy', version: 1, commit: policy, contentDigest: policyDigest });
  const commit = await ledger.commitVersion('alice', 'triage/v3', CONTENT);
  const contentDigest = sha256(Buffer.from(CONTENT));
  const version = { commit, prompt: 'triage/v3', version: 1 };
  const path = 'prompts/triage/v3.prompt.yml';
  await ledger.append(
    'alice',
    { event: 'version', ...version, path, contentDigest },
    'Ask.\n\nTwice, and\nthen some.',
  );
  const decision = { ...version, contentDigest, environments: ['production', 'staging'] };
  await ledger.decide(
    'bob',
    { event: 'approval', ...decision },
    'bob',
    'reviewed:\n\n  - for safety\n  - für Ümläute',
  );
  const environment = 'production';
  const deployment = {
    event: 'deployment',
    ...version,
    contentDigest,
    environment,
    replaces: undefined,
  } as const;
  await ledger.append('dave', { ...deployment, kind: 'rollout', reference: 'CAB-1432' });
  await ledger.decide(
    'alice',
    { event: 'revocation', ...decision, environments: '*' },
    'bob',
    'Bob has left.',
  );
  await ledger.append('dave', { event: 'withdrawal', ...version, environment, reference: undefined });
  return ledger.append(
    'alice',
    { event: 'acknowledgement', finding: 'ledger/time', target: 5 },
    'A wrong clock.',
  );
}

async function shellOfTheDocument(): Promise<string> {
  const text = await readFile(new URL('../../docs/format.md', import.meta.url), 'utf8');
  return [...text.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, block]) => block).join('\n');
}

/** What the document's shell says of a ledger, but for the lines that say where it begins and ends. */
async function checkByDocument(box: Sandbox, ledger: HandmadeLedger, more = ''): Promise<string[]> {
  const script = `${await shellOfTheDocument()}\n${more}`;
  const said = await box.ok('sh', ['-c', script], { env: { SIGNERS: ledger.signers } });
  return said.split('\n').filter((line) => line !== '' && !/^(?:root|head): /.test(line));
}

describe.each<ObjectFormat>(['sha1', 'sha256'])(
  'docs/format.md, its shell run on a %s repository',
  (format) => {
    it('finds nothing wrong with a good ledger, and tells its story', async () => {
      const box = await sandbox();
      const ledger = await HandmadeLedger.create(box, format);
      await tell(ledger);
      expect(await checkByDocument(box, ledger, 'history triage/v3 1')).toEqual([
        '3 alice@acme.example: commit triage/v3 v1',
        '4 bob@acme.example: approve triage/v3 v1 for production, staging',
        '5 dave@acme.example: deploy triage/v3 v1 to production',
        '6 alice@acme.example: revoke the decision of bob@acme.example on triage/v3 v1 for every environment',
        '7 dave@acme.example: withdraw triage/v3 v1 from production',
      ]);
    });
  },
);

describe('docs/format.md, its shell run on a ledger that was tampered with', () => {
  let box: Sandbox;
  let ledger: HandmadeLedger;
  let head: Oid;

  const check = () => checkByDocument(box, ledger);
  const message = async (at: string) => (await box.git(['cat-file', 'commit', at])).replace(/^.*?\n\n/s, '');
  const oid = async (name: string) => (await box.git(['rev-parse', name])).trim() as Oid;

  beforeAll(async () => {
    box = await createSandbox();
    ledger = await HandmadeLedger.create(box, 'sha1');
    head = await tell(ledger);
    return () => box.remove();
  });

  beforeEach(() => ledger.resetTo(head));

  it('finds a note that was edited', async () => {
    await ledger.commit(
      'alice',
      await oid(`${head}~4^{tree}`),
      [await oid(`${head}~1`)],
      await message(head),
    );
    expect(await check()).toEqual([expect.stringMatching(/^tree: /)]);
  });

  it('finds an event that was dropped, and one that is not signed', async () => {
    await ledger.commit(
      'alice',
      await oid(`${head}^{tree}`),
      [await oid(`${head}~2`)],
      await message(head),
      false,
    );
    const found = await check();
    const kinds = new Set(found.map((line) => line.split(':')[0]));
    expect([...kinds].sort()).toEqual(['previous', 'sequence', 'signature', 'tree']);
  });

  it('finds a version that is not what its commit holds, and a parent that its kind does not ask for', async () => {
    const commit = await oid(`${head}~5^2`);
    const policy = await oid(`${head}~6^2`);
    const contentDigest = sha256(Buffer.from('something else'));
    const version = { event: 'version', commit, prompt: 'triage/v3', version: 2, contentDigest } as const;
    await ledger.append('alice', { ...version, path: 'prompts/triage/v3.prompt.yml' });
    const merged = await message('refs/notes/promptaudit');
    await ledger.commit('alice', await oid('refs/notes/promptaudit^{tree}'), [head, commit, policy], merged);
    expect((await check()).map((line) => line.split(':')[0])).toEqual(['parents', 'content', 'version']);
  });

  it('finds an event signed with the key of another', async () => {
    const other = `user.signingKey=${box.dir}/.key-bob`;
    const args = ['-c', other, 'commit-tree', '-S', '-p', `${head}~1`, '-F', '-', `${head}^{tree}`];
    const forged = await ledger.git('alice', args, await message(head));
    await box.git(['update-ref', 'refs/notes/promptaudit', forged.trim()]);
    expect(await check()).toEqual([
      expect.stringMatching(/^signature: .* is not signed by alice@acme.example$/),
    ]);
  });

  it('finds a tag that was moved, one that is gone, and one that the ledger does not know', async () => {
    const approval = 'refs/tags/promptaudit/triage/v3/v1/approved/bob@acme.example';
    const object = await oid(approval);
    const elsewhere = approval.replace('/v1/', '/v2/');
    await box.git(['update-ref', elsewhere, object]);
    expect(await check()).toEqual([`tag: the ledger does not know ${elsewhere}`]);
    await box.git(['update-ref', '-d', approval]);
    expect(await check()).toHaveLength(2);
    await box.git(['update-ref', '-d', elsewhere]);
    await box.git(['update-ref', approval, object]);
    expect(await check()).toEqual([]);
  });
});
