import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openEngine } from '../../src/calls/engine/duckdb.ts';
import { FIELDS, type FieldName, fieldSpec } from '../../src/calls/record/fields.ts';
import { readRecord } from '../../src/calls/record/read.ts';
import { convertSegment } from '../../src/calls/seal/convert.ts';
import { sealedPath } from '../../src/calls/store/names.ts';
import type { ObjectFormat, Oid } from '../../src/git/object.ts';
import { sha256 } from '../../src/ledger/digest.ts';
import { parseSegmentName } from '../../src/ledger/segment.ts';
import { createSandbox, type Sandbox, sandbox } from '../helpers/sandbox.ts';
import { HandmadeLedger } from './handmade.ts';

const CONTENT = 'messages:\n  - role: user\n    content: Ask for {{symptom}}.\n';
const POLICY = 'schema: promptaudit/policy@1\nregistry: acme-clinical\n';

/** Genesis, and the policy's first version. */
async function found(ledger: HandmadeLedger): Promise<void> {
  const commit = await ledger.commitFile('alice', '.promptaudit/policy.yml', POLICY, 'found\n');
  await ledger.append('alice', { event: 'genesis', name: 'acme-clinical' });
  const contentDigest = sha256(Buffer.from(POLICY));
  await ledger.append('alice', { event: 'policy', version: 1, commit, contentDigest });
}

/** Founded, one version, approved and deployed: what the document's shell takes grows with each event. */
async function tellBriefly(ledger: HandmadeLedger) {
  await found(ledger);
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
  const head = await ledger.append('dave', { ...deployment, kind: 'rollout', reference: 'CAB-1432' });
  return { version, decision, environment, head };
}

/** And then the approval revoked, the version withdrawn, and a finding acknowledged. */
async function tell(ledger: HandmadeLedger): Promise<void> {
  const { version, decision, environment } = await tellBriefly(ledger);
  await ledger.decide(
    'alice',
    { event: 'revocation', ...decision, environments: '*' },
    'bob',
    'Bob has left.',
  );
  await ledger.append('dave', { event: 'withdrawal', ...version, environment, reference: undefined });
  await ledger.append(
    'alice',
    { event: 'acknowledgement', finding: 'ledger/time', target: 5 },
    'A wrong clock.',
  );
}

const DOCUMENT = new URL('../../docs/format.md', import.meta.url);

/** @param section its number; all sections unless given. The functions that all of them use come with it */
async function shellOfTheDocument(section?: number): Promise<string> {
  const text = await readFile(DOCUMENT, 'utf8');
  const blocks = [...text.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, block = '']) => block);
  if (section === undefined) return blocks.join('\n');
  const [, about = ''] = new RegExp(`^## ${section}\\. (.*?)^## `, 'ms').exec(text) ?? [];
  return blocks.filter((block, index) => index === 0 || about.includes(block)).join('\n');
}

/** DuckDB, as a program that is given a query. */
const DUCKDB = `
const duckdb = require(${JSON.stringify(createRequire(import.meta.url).resolve('@duckdb/node-api'))});
duckdb.DuckDBInstance.create()
  .then((instance) => instance.connect())
  .then((connection) => connection.runAndReadAll(process.argv[2]))
  .then((answer) => process.stdout.write(answer.getRows().map(([value]) => value + '\\n').join('')));
`;

/**
 * A DuckDB command line as far as the document uses it: `duckdb -noheader -list -c <SQL>`. What it has once said of a file with these
 * bytes it says again without being started.
 */
const COMMAND = `#!/bin/sh
folder=$(dirname "$0")
file=$(echo "$4" | sed -n "s/^SELECT .* read_parquet('\\([^']*\\)'.*/\\1/p")
[ -n "$file" ] || exec "${process.execPath}" "$folder/duckdb.cjs" "$4"
said=$folder/$( { echo "$4"; cat "$file"; } | sha256sum | cut -c 1-64)
[ -e "$said" ] || "${process.execPath}" "$folder/duckdb.cjs" "$4" > "$said" || exit 1
cat "$said"
`;

const STORE = '.promptaudit/calls';
const CERTIFICATE = sha256(Buffer.from('{}'));
const SEGMENTS = [
  'a-calls-20260101t000000z000001',
  'a-calls-20260101t010000z000002',
  'a-access-20260101t000000z000003',
];

/** So many records; what is in them shall not disturb a shell. */
function linesOf(segment: string, count: number): readonly string[] {
  const access = segment.includes('access');
  return Array.from({ length: count }, (_, index) => {
    const [year] = /\d{4}(?=\d{4}t)/.exec(segment) ?? [];
    const occurredAt = `${year}-01-0${(index % 3) + 1}T00:00:00.000Z`;
    const fields = access
      ? {
          'promptaudit.access.action': 'search',
          'promptaudit.access.actor': 'ä b',
          'promptaudit.access.outcome': 'allowed',
        }
      : { 'gen_ai.request.model': `gpt $(ls) \\n '%s' "occurredAt":"x" ${index}`, 'user.id': ' Zoë 診療 ' };
    const reading = readRecord({ ...fields, occurredAt }, access ? 'access' : 'call', {
      now: Date.UTC(2026, 0, 4),
      mint: () => `00000000-0000-7000-8000-${String(index).padStart(12, '0')}`,
    });
    if (!reading.ok) throw new Error(reading.problems.join());
    return reading.record.line;
  });
}

/** Seals a segment of so many records, and follows the ledger's seal with nothing. */
async function sealed(
  box: Sandbox,
  ledger: HandmadeLedger,
  name: string,
  count: number,
  previous?: string,
): Promise<void> {
  const parts = parseSegmentName(name);
  if (parts === undefined) throw new Error(name);
  const store = `${box.dir}/${STORE}`;
  const target = sealedPath(store, parts);
  await mkdir(dirname(target), { recursive: true });
  await writeFile(
    `${box.dir}/.lines`,
    linesOf(name, count)
      .map((line) => `${line}\n`)
      .join(''),
  );
  const engine = await openEngine(box.dir);
  try {
    const kind = parts.class === 'calls' ? 'call' : 'access';
    const { file } = await convertSegment({
      engine,
      kind,
      source: `${box.dir}/.lines`,
      target,
      sealed: () => [],
    });
    if (file === undefined) throw new Error(`nothing is left of ${name}`);
    const previousSegment = previous === undefined ? undefined : parseSegmentName(previous)?.name;
    await ledger.append('dave', { event: 'seal', segment: parts.name, ...file, previousSegment });
  } finally {
    engine.close();
  }
}

/** Three segments sealed, of sizes that fill no level of a tree, and one purged. */
async function tellOfCalls(box: Sandbox, ledger: HandmadeLedger): Promise<void> {
  const [first = '', second = '', access = ''] = SEGMENTS;
  await mkdir(`${box.dir}/.bin`, { recursive: true });
  await writeFile(`${box.dir}/.bin/duckdb.cjs`, DUCKDB);
  await writeFile(`${box.dir}/.bin/duckdb`, COMMAND, { mode: 0o755 });
  await sealed(box, ledger, first, 6);
  await sealed(box, ledger, access, 1);
  await sealed(box, ledger, second, 5, first);
  const before = '2026-01-02T00:00:00.000Z';
  await ledger.append('dave', {
    event: 'purge',
    class: 'access',
    before,
    segments: 1,
    certificate: CERTIFICATE,
  });
  await rm(`${box.dir}/${STORE}/date=2026-01-01/${access}.parquet`);
}

/** Calls held and released, and content erased: of this the document's section on stores asks nothing. */
async function tellMoreOfCalls(ledger: HandmadeLedger): Promise<void> {
  await ledger.append(
    'alice',
    { event: 'hold', hold: 'case-1', queryDigest: CERTIFICATE },
    'The court asks.',
  );
  await ledger.append('alice', { event: 'release', hold: 'case-1' }, 'The case is closed.');
  const erasure = '00000000-0000-4000-8000-000000000001';
  const erased = { erasure, selector: 'user', records: 2, parts: 3, certificate: CERTIFICATE } as const;
  await ledger.append('alice', { event: 'erasure', ...erased }, 'The patient asks.');
}

/** What the document's shell says of a ledger, but for the lines that say where it begins and ends. */
async function checkByDocument(
  box: Sandbox,
  ledger: HandmadeLedger,
  more = '',
  section?: number,
): Promise<string[]> {
  const script = `${await shellOfTheDocument(section)}\n${more}`;
  const env = { SIGNERS: ledger.signers, PATH: `${box.dir}/.bin:${box.env.PATH}` };
  const said = await box.ok('sh', ['-c', script], { env });
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

  const check = (section?: number) => checkByDocument(box, ledger, '', section);
  const message = async (at: string) => (await box.git(['cat-file', 'commit', at])).replace(/^.*?\n\n/s, '');
  const oid = async (name: string) => (await box.git(['rev-parse', name])).trim() as Oid;

  beforeAll(async () => {
    box = await createSandbox();
    ledger = await HandmadeLedger.create(box, 'sha1');
    ({ head } = await tellBriefly(ledger));
    return () => box.remove();
  });

  beforeEach(() => ledger.resetTo(head));

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
    expect([...kinds].sort()).toEqual(['previous', 'sequence', 'signature', 'tag', 'tree']);
  });

  it('finds a version that is not what its commit holds, and a parent that its kind does not ask for', async () => {
    const commit = await oid(`${head}~2^2`);
    const policy = await oid(`${head}~3^2`);
    const contentDigest = sha256(Buffer.from('something else'));
    const version = { event: 'version', commit, prompt: 'triage/v3', version: 2, contentDigest } as const;
    await ledger.append('alice', { ...version, path: 'prompts/triage/v3.prompt.yml' });
    const merged = await message('refs/notes/promptaudit');
    await ledger.commit('alice', await oid('refs/notes/promptaudit^{tree}'), [head, commit, policy], merged);
    expect((await check()).map((line) => line.split(':')[0])).toEqual(['parents', 'content', 'version']);
  });

  it('finds a note that was edited, an event signed with the key of another, and a tag that the ledger does not know', async () => {
    const approval = 'refs/tags/promptaudit/triage/v3/v1/approved/bob@acme.example';
    const object = await oid(approval);
    const elsewhere = approval.replace('/v1/', '/v2/');
    await box.git(['update-ref', elsewhere, object]);
    const other = `user.signingKey=${box.dir}/.key-bob`;
    const args = ['-c', other, 'commit-tree', '-S', '-p', `${head}~1`, '-F', '-', `${head}~2^{tree}`];
    const forged = await ledger.git('alice', args, await message(head));
    await box.git(['update-ref', 'refs/notes/promptaudit', forged.trim()]);
    expect(await check()).toEqual([
      expect.stringMatching(/^tree: /),
      `tag: the ledger does not know ${elsewhere}`,
      expect.stringMatching(/^signature: .* is not signed by alice@acme.example$/),
    ]);
    await box.git(['update-ref', '-d', elsewhere]);
  });

  it('finds a header by which git shows an event, or the commit that it brings in, in other words', async () => {
    const made = (at: string, parent: string, text: string) => {
      const args = ['-c', 'i18n.commitEncoding=ISO-8859-1', 'commit-tree', '-S', '-p', parent, '-F', '-'];
      return ledger.git('alice', [...args, `${at}^{tree}`], text).then((out) => out.trim() as Oid);
    };
    const version = `${head}~2^2`;
    const commit = await made(version, `${version}^`, await message(version));
    const contentDigest = sha256(Buffer.from(CONTENT));
    const path = 'prompts/triage/v3.prompt.yml';
    await ledger.append('alice', {
      event: 'version',
      commit,
      prompt: 'triage/v3',
      version: 2,
      path,
      contentDigest,
    });
    expect(await check(2)).toEqual([`header: ${commit} has one that no commit of the trail has`]);
    const event = await made(head, `${head}^`, await message(head));
    await box.git(['update-ref', 'refs/notes/promptaudit', event]);
    expect(await check(2)).toEqual([`header: ${event} has one that no commit of the trail has`]);
  });

  it("finds a tag with a commit's header", async () => {
    const approval = 'refs/tags/promptaudit/triage/v3/v1/approved/bob@acme.example';
    const object = await oid(approval);
    const body = await box.git(['cat-file', 'tag', object]);
    const input = body.replace(/^tagger .*\n/m, '$&encoding ISO-8859-1\n');
    const other = await box.git(['hash-object', '-t', 'tag', '--literally', '-w', '--stdin'], { input });
    const text = (await message(`${head}^`)).replace(object, other.trim());
    await ledger.commit('bob', await oid(`${head}^^{tree}`), [await oid(`${head}~2`)], text);
    await box.git(['update-ref', approval, other.trim()]);
    expect(await check(6)).toEqual([
      `tag: ${approval} is on another object, or has another name or one more header`,
    ]);
    await box.git(['update-ref', approval, object]);
  });

  it('finds a tag that was moved, and one that is gone', async () => {
    const approval = 'refs/tags/promptaudit/triage/v3/v1/approved/bob@acme.example';
    const object = await oid(approval);
    const elsewhere = approval.replace('/v1/', '/v2/');
    await box.git(['update-ref', elsewhere, object]);
    await box.git(['update-ref', '-d', approval]);
    expect(await check(6)).toHaveLength(2);
    await box.git(['update-ref', '-d', elsewhere]);
    await box.git(['update-ref', approval, object]);
    expect(await check(6)).toEqual([]);
  });
});

describe('docs/format.md, its shell run on a store', () => {
  let box: Sandbox;
  let ledger: HandmadeLedger;
  let head: Oid;
  const [first = '', second = '', access = ''] = SEGMENTS;
  const file = (name: string) => `${box.dir}/${STORE}/date=2026-01-01/${name}.parquet`;
  const copy = (from: string, to: string) => box.ok('cp', [from, to]);

  beforeAll(async () => {
    box = await createSandbox();
    ledger = await HandmadeLedger.create(box, 'sha1');
    await found(ledger);
    await tellOfCalls(box, ledger);
    head = (await box.git(['rev-parse', 'refs/notes/promptaudit'])).trim() as Oid;
    await box.ok('cp', ['-a', `${box.dir}/${STORE}`, `${box.dir}/.whole`]);
    return () => box.remove();
  });

  beforeEach(async () => {
    await rm(`${box.dir}/${STORE}`, { recursive: true });
    await box.ok('cp', ['-a', `${box.dir}/.whole`, `${box.dir}/${STORE}`]);
    await ledger.resetTo(head);
  });

  const check = () => checkByDocument(box, ledger, '', 10);

  it('finds nothing wrong with a good one, nor with its ledger', async () => {
    await tellMoreOfCalls(ledger);
    expect(await checkByDocument(box, ledger)).toEqual([]);
  });

  it('finds a segment that is gone, and one that another was put in place of', async () => {
    await rename(file(first), file(access));
    expect(await check()).toEqual([
      `store: ${first} is not there`,
      `store: ${access} is not the file that was sealed`,
      `store: the records of ${access} are not those that were sealed`,
      `store: the records of ${access} are of other times`,
    ]);
    await copy(file(second), file(first));
    await rm(file(access));
    expect(await check()).toEqual([
      `store: ${first} is not the file that was sealed`,
      `store: the records of ${first} are not those that were sealed`,
    ]);
  });

  it('finds records in another order, and a file of the same records that was made again', async () => {
    const again = async (order: string) => {
      const sql = `COPY (SELECT * EXCLUDE (file_row_number) FROM read_parquet('${file(second)}', file_row_number = true) ORDER BY ${order}) TO '${box.dir}/.again' (FORMAT parquet)`;
      await box.ok(`${box.dir}/.bin/duckdb`, ['-noheader', '-list', '-c', sql]);
      await rename(`${box.dir}/.again`, file(second));
      return check();
    };
    const other = `store: ${second} is not the file that was sealed`;
    expect(await again('file_row_number')).toEqual([other]);
    expect(await again('file_row_number DESC')).toEqual([
      other,
      `store: the records of ${second} are not those that were sealed`,
    ]);
  });

  it('takes a segment with a record that is dated ahead for purged where its seal is before that', async () => {
    const ahead = 'c-access-99990101t000000z000004';
    await sealed(box, ledger, ahead, 1);
    await rm(`${box.dir}/${STORE}/date=9999-01-01/${ahead}.parquet`);
    const purge = async (before: string) => {
      const purge = {
        event: 'purge',
        class: 'access',
        before,
        segments: 1,
        certificate: CERTIFICATE,
      } as const;
      await ledger.append('dave', purge);
      return check();
    };
    expect(await purge('2026-11-21T00:00:00.000Z')).toEqual([`store: ${ahead} is not there`]);
    expect(await purge('2026-12-01T00:00:00.000Z')).toEqual([]);
  });

  it('finds a seal that does not follow the one before', async () => {
    await sealed(box, ledger, 'a-calls-20260101t020000z000004', 2, first);
    await sealed(box, ledger, 'b-calls-20260101t020000z000005', 2);
    const seal = (await box.git(['rev-parse', 'refs/notes/promptaudit~1'])).trim();
    expect(await check()).toEqual([`seal: ${seal} does not follow ${second}`]);
  });
});

it('docs/format.md names every field of a record, with its type', async () => {
  const text = await readFile(DOCUMENT, 'utf8');
  const named = [...text.matchAll(/^\| (\w+) \| (call|access|both) \| (.*) \|$/gm)].flatMap(
    ([, type, of, names = '']) => names.split(' · ').map((name) => `${name} ${type} ${of}`),
  );
  const fields = (Object.keys(FIELDS) as FieldName[]).map((name) => {
    const { type, of = 'both' } = fieldSpec(name);
    return `\`${name}\` ${type} ${of}`;
  });
  expect(named.sort()).toEqual(fields.sort());
});
