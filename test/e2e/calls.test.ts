import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { visibleWidth } from '../../src/report/text.ts';
import { type CallRoom, callOf, copyOf, foundCallRoom, idOf, recordCalls } from '../helpers/callroom.ts';
import { start } from '../helpers/commandline.ts';
import type { LogDocument } from '../helpers/documents.ts';
import { LEDGER } from '../helpers/forge.ts';
import { createSandbox, type Sandbox } from '../helpers/sandbox.ts';
import { snapshotOf } from '../helpers/snapshot.ts';

let sandbox: Sandbox;
let base: CallRoom;
/** Calls 1 to 3 as an application told of them: the second names a version and the third a prompt that there is none of. */
let room: CallRoom;

const UNHEARD = {
  occurredAt: '2031-01-01T00:00:00.000Z',
  'gen_ai.prompt.name': 'a-name-that-nobody-ever-registered/and-a-long-one',
  'gen_ai.prompt.version': '77',
  'gen_ai.request.model': 'claude-sonnet-4-5-with-a-long-suffix-20991231',
  'error.type': 'timeout',
  'user.id': 'a user with a name that is rather long, and blanks in it',
};

beforeAll(async () => {
  sandbox = await createSandbox();
  base = await foundCallRoom(sandbox);
  room = await copyOf(base);
  const stdin = callOf(1) + callOf(2, { 'gen_ai.prompt.version': '9' }) + callOf(3, UNHEARD);
  await room.team.ok(undefined, ['calls', 'record', '--recorder', 'api'], { stdin });
});

afterAll(() => sandbox.remove());

/** Runs it at 80 columns and holds it to them. */
async function shown(at: CallRoom, args: readonly string[], code = 0): Promise<string> {
  const told = await at.team.cli(at.olga, args);
  expect([args, told.code]).toEqual([args, code]);
  for (const line of told.stdout.split('\n')) expect([line, visibleWidth(line) <= 80]).toEqual([line, true]);
  return told.stdout;
}

const CALL = {
  schema: 'promptaudit/record@1',
  kind: 'call',
  id: idOf(1),
  occurredAt: '2026-01-05T12:00:01.000Z',
  recordedAt: expect.stringMatching(/^2026-01-05T09:\d\d:00\.000Z$/),
  'gen_ai.request.model': 'gpt-5',
  'gen_ai.prompt.name': 'intake',
  'gen_ai.prompt.version': '2',
  'promptaudit.environment': 'production',
  'gen_ai.usage.input_tokens': 101,
  'user.id': 'u1',
};

describe('from a call to its proof', () => {
  it('search finds what was recorded, before it is sealed', async () => {
    const listed = (await shown(room, ['calls', 'search'])).split('\n').filter((line) => /^\d/.test(line));
    expect(listed.map((line) => line.split(/ {2,}/).slice(0, 2))).toEqual([
      ['2031-01-01T00:00:00Z', expect.stringMatching(/^a-name-.*…$/)],
      ['2026-01-05T12:00:02Z', 'intake@9'],
      ['2026-01-05T12:00:01Z', 'intake@2'],
    ]);
    const { schema, calls } = await room.team.json<{ schema: string; calls: unknown[] }>(room.olga, [
      ...[
        'calls',
        'search',
        '--prompt',
        'intake@2',
        '-e',
        'production',
        '--model',
        'gpt-5',
        '--status',
        'ok',
      ],
    ]);
    expect({ schema, calls }).toEqual({ schema: 'promptaudit/calls@1', calls: [CALL] });
    const nothing = await room.team.cli(room.olga, ['calls', 'search', '--user', 'nobody']);
    expect(nothing).toEqual({ code: 1, stdout: '', stderr: 'no record matches\n' });
    const label = await room.team.cli(room.olga, ['calls', 'search', '--prompt', 'intake@lab']);
    expect([label.code, label.stderr]).toEqual([
      1,
      "no record matches\nintake@lab was looked for as a prompt's name: for an environment, say --prompt intake --env lab\n",
    ]);
  });

  it('a record is the same in every form', async () => {
    const lines = await room.team.ok(room.olga, ['calls', 'search', '--id', idOf(1), '--format', 'jsonl']);
    expect(JSON.parse(lines)).toEqual(CALL);
    expect(await room.team.json(room.olga, ['calls', 'show', idOf(1)])).toEqual({
      schema: 'promptaudit/call@1',
      record: CALL,
    });
    const csv = await room.team.ok(room.olga, ['calls', 'search', '--id', idOf(1), '--format', 'csv']);
    expect(csv.split('\r\n')).toHaveLength(3);
    await room.team.ok(room.olga, ['calls', 'export', 'one.jsonl', '--id', idOf(1)]);
    expect(await readFile(join(room.team.repo, 'one.jsonl'), 'utf8')).toBe(lines);
    const args = ['calls', 'export', 'one', '--format', 'jsonl', '--id', idOf(1)];
    expect(await room.team.json(room.olga, args)).toEqual({
      schema: 'promptaudit/exported@1',
      file: join(room.team.repo, 'one'),
      records: 1,
      bytes: Buffer.byteLength(lines),
    });
  });

  it('an export writes over a file only where it is told to', async () => {
    const file = join(room.team.repo, 'there.jsonl');
    await room.team.write('there.jsonl', 'mine');
    const told = 'there.jsonl is there already: name another, or write over it with --force';
    for (const verb of [
      ['export', 'there.jsonl'],
      ['search', '--output', 'there.jsonl'],
    ]) {
      const { code, stdout, stderr } = await room.team.cli(room.olga, ['calls', ...verb]);
      expect([code, stdout]).toEqual([2, '']);
      expect(stderr).toContain(told);
      expect(await readFile(file, 'utf8')).toBe('mine');
      await room.team.ok(room.olga, ['calls', ...verb, '--id', idOf(1), '--force']);
      expect(JSON.parse(await readFile(file, 'utf8'))).toEqual(CALL);
      await room.team.write('there.jsonl', 'mine');
    }
    expect((await readdir(room.team.repo)).filter((name) => name.includes('there'))).toEqual(['there.jsonl']);
  });

  it('stats count', async () => {
    expect(await shown(room, ['calls', 'stats', '--by', 'model,prompt', '--over', 'day'])).toContain(
      'trend: ',
    );
    const none = await room.team.cli(room.olga, ['calls', 'stats', '--user', 'nobody']);
    expect(none).toEqual({ code: 1, stdout: '', stderr: 'no record matches\n' });
    expect(await room.team.json(room.olga, ['calls', 'stats', '--by', 'status'])).toMatchObject({
      schema: 'promptaudit/call-stats@1',
      by: ['status'],
      over: null,
      rows: [
        { by: { status: 'ok' }, calls: 2, errors: 0, inputTokens: 203, users: 2 },
        { by: { status: 'error' }, calls: 1, errors: 1, inputTokens: 103, users: 1 },
      ],
    });
  });

  it.each([
    ['-e', 'prodction', 'the policy has no environment "prodction": did you mean production?'],
    ['--prompt', 'intak', 'the registry has no prompt intak: did you mean intake?'],
  ])('reconcile %s %s, a name that nobody knows, accounts for nothing', async (...words) => {
    const says = words.pop();
    const { code, stdout, stderr } = await room.team.cli(room.olga, ['calls', 'reconcile', ...words]);
    expect([code, stdout, stderr]).toEqual([2, '', `promptaudit: ${says}\n`]);
  });

  it('reconcile finds calls by a name that only they know', async () => {
    const name = String(UNHEARD['gen_ai.prompt.name']);
    expect(await shown(room, ['calls', 'reconcile', '--prompt', name], 1)).toContain(name.slice(0, 30));
  });

  it('reconcile names the prompt and the version that there are none of, and the clocks that are wrong', async () => {
    const text = await shown(room, ['calls', 'reconcile'], 1);
    expect(text).toContain('\nunknown-version\n  intake v9 in production is no version of it\n');
    expect(text).toContain('\nunknown-prompt\n');
    expect(text).toMatch(
      /^3 calls occurred more than five minutes after being recorded: a clock is wrong\.$/m,
    );
    const { stdout } = await room.team.cli(room.olga, ['--json', 'calls', 'reconcile']);
    expect(JSON.parse(stdout)).toMatchObject({ schema: 'promptaudit/reconcile@1', ok: false });
  });

  it('trace leads to the version, and back', async () => {
    expect(await shown(room, ['trace', idOf(1)])).toMatch(/^verdict {5}ok$/m);
    expect(await shown(room, ['trace', idOf(2)])).toMatch(/^verdict {5}unknown-version$/m);
    expect(await shown(room, ['trace', idOf(3)])).toMatch(/^verdict {5}unknown-prompt$/m);
    expect(await shown(room, ['trace', 'intake@2'])).toContain(`newest      ${idOf(1)}\n`);
    expect(await room.team.json(room.olga, ['trace', idOf(1)])).toMatchObject({
      schema: 'promptaudit/trace@1',
    });
  });

  it('what is sealed is proven, without the other records, and verified', async () => {
    const own = await copyOf(room);
    const { team, olga, rita, alice } = own;
    const line = await team.ok(olga, ['calls', 'search', '--id', idOf(1), '--format', 'jsonl']);
    const sealed = await shown({ ...own, olga: rita }, ['calls', 'seal']);
    expect(sealed).toMatch(/^11 [0-9a-f]{10} sealed 3 records in segment api-calls-\S+\n12 /);
    await team.write('call.json', line);
    await team.write('call.proof', await team.ok(olga, ['calls', 'show', idOf(1), '--proof']));
    await team.write('other.json', line.replace('"u1"', '"u2"'));
    const check = ['calls', 'verify', '--proof', 'call.proof', '--record'];
    expect(await shown(own, [...check, 'call.json'])).toMatch(
      /^ok {2}the record is number 1 of the 3 in segment /,
    );
    expect(await team.json(alice, [...check, 'call.json'])).toEqual({
      schema: 'promptaudit/proof@1',
      ok: true,
      proven: {
        registry: expect.any(String),
        segment: expect.stringMatching(/^api-calls-/),
        index: 0,
        size: 3,
        sequence: 11,
        sealedBy: rita.email,
        sealedAt: expect.stringMatching(/^2026-01-05T09:/),
      },
      reasons: [],
    });
    await shown(own, [...check, 'other.json'], 1);
    // By whoever has the key, and nothing of the registry.
    await writeFile(join(sandbox.dir, 'signers'), `${rita.email} ${rita.publicKey}\n`);
    for (const name of ['call.json', 'call.proof']) await cp(join(team.repo, name), join(sandbox.dir, name));
    await team.ok(undefined, [...check, 'call.json', '--allowed-signers', 'signers'], { cwd: sandbox.dir });

    expect(await shown(own, ['calls', 'verify', '--deep'])).toMatch(
      /^ok {2}2 sealed segments with \d+ records, checked/,
    );
    expect(await team.json(alice, ['calls', 'verify'])).toMatchObject({
      schema: 'promptaudit/calls-verify@1',
      ok: true,
      deep: false,
      counts: { segments: 2, purged: 0, bytes: expect.any(Number) },
      findings: [],
    });
    expect(await shown(own, ['verify'])).toMatch(/Verified: nothing wrong was found\.\n$/);
    const { events } = await team.json<LogDocument & { events: { calls: unknown }[] }>(alice, [
      ...['log', '--event', 'seal', '--reverse', '-n', '2'],
    ]);
    expect(events[0]).toMatchObject({
      sequence: 11,
      event: 'seal',
      calls: { records: 3, previousSegment: null },
    });
    await shown(own, ['log', '--event', 'seal']);
  });

  it('as processes of their own', async () => {
    const own = await copyOf(room, 'native');
    const found = await start(own.team, 'native', own.olga, ['calls', 'search', '--format', 'jsonl']);
    expect(found.code).toBe(0);
    expect(found.stdout.toString().trim().split('\n')).toHaveLength(3);
    expect((await start(own.team, 'native', own.rita, ['calls', 'seal'])).code).toBe(0);
    const verified = await start(own.team, 'embedded', own.alice, ['--json', 'calls', 'verify', '--deep']);
    expect([verified.code, JSON.parse(verified.stdout.toString()).ok]).toEqual([0, true]);
  });
});

describe('what cannot be done is told in a sentence, and changes nothing', () => {
  it.each<[string, string]>([
    ['calls search --since never', `option '--since <time>': "never" is not a time: write for example`],
    ['calls search --min-tokens x', `option '--min-tokens <n>': "x" is not a number such as 12 or 0.5`],
    ['calls search --status fine', `option '--status <status>': "fine" is none of ok, error`],
    ['calls search -n -1', `option '-n, --limit <count>': "-1" is not a whole number of at least 0`],
    ['calls search --id 7', 'the filter cannot be used: --id is not a UUID in lower case'],
    [
      'calls stats --min-tokens 3 --max-tokens 2',
      'the filter cannot be used: --min-tokens is above --max-tokens',
    ],
    ['calls search --colour red', 'has no option "--colour"'],
    ['calls show 7', '"7" is no id of a record: it is a UUID'],
    [`calls show ${idOf(1)} --proof --content`, '--proof and --content cannot be given together'],
    ['calls show', 'calls show needs <id>'],
    ['calls stats --by colour', `option '--by <dimensions>': "colour" is none of prompt, version,`],
    ['calls stats --over year', `option '--over <period>': "year" is none of hour, day, week, month`],
    ['calls stats -n 0', `option '-n, --limit <count>': "0" is not a whole number of at least 1`],
    ['calls export out', 'out could be anything: name it .jsonl, .csv or .parquet, or say --format'],
    ['calls export prompts --format csv', 'prompts is a folder: name a file'],
    ['calls export no/such/out.csv', 'no/such/out.csv cannot be written: there is no folder '],
    [
      'calls reconcile --tolerance -1',
      `option '--tolerance <seconds>': "-1" is not a whole number of at least 0`,
    ],
    ['calls verify --record r', '--record and --allowed-signers are about a proof: give one with --proof'],
    [
      'calls verify --proof p --record r --deep',
      '--deep and --store are about a store, which --proof does without',
    ],
    [
      'calls search --prompt intake@v1 --prompt-version 2',
      '--prompt intake@v1 names a version: leave --prompt-version away',
    ],
    ['calls verify --proof p', '--proof needs --record: the line of JSON that it is of'],
    ['calls verify --proof none --record r', 'none cannot be read: there is no such file or folder'],
    ['calls verify --proof prompts --record r', 'prompts cannot be read: it is a folder'],
    ['calls verify --store prompts/none', 'there is no store of calls at '],
    ['calls search --store none', 'there is no store of calls at '],
    ['calls search --store ', `option '--store <dir>': "" is no folder: name one, or leave the option away`],
    ['calls search --access-store ', `option '--access-store <dir>': "" is no folder`],
    ['calls record --store ', `option '--store <dir>': "" is no folder: name one, or leave the option away`],
    ['calls seal --store none', 'there is no store of calls at '],
    [
      'calls record --store prompts/intake.prompt.yml',
      'prompts/intake.prompt.yml is a file: a store of calls is a folder',
    ],
    ['calls import none', 'none cannot be read: there is no such file or folder'],
    ['calls record --content --redaction none', 'none cannot be read: there is no such file or folder'],
    ['calls record --content --recipient age1x', '"age1x" is no recipient of age: give what age-keygen says'],
    ['calls collect --port 99999', '--port 99999 is none: ports end at 65535'],
    ['calls collect --tls-key key', '--tls-key and --tls-cert are given together'],
    ['calls collect --token-file none', 'none cannot be read: there is no such file or folder'],
    ['calls nothing', 'there is no command "calls nothing"'],
    ['trace', 'trace needs <subject>'],
  ])('%s', async (line, says) => {
    const before = await snapshotOf(room.team.repo);
    const args = line.split(' ');
    const { code, stdout, stderr } = await room.team.cli(room.olga, args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/^promptaudit: [^\n]+\n$/);
    expect(stderr).toContain(says);
    expect(await snapshotOf(room.team.repo)).toEqual(before);
    const json = await room.team.cli(room.olga, ['--json', ...args]);
    const { schema, error } = JSON.parse(json.stdout);
    expect([schema, json.code, `promptaudit: ${error.message}\n`]).toEqual([
      'promptaudit/error@1',
      2,
      stderr,
    ]);
  });

  it.each(['', ' \n'])(
    'a collector whose token is %j, as a secret that is not there makes it',
    async (token) => {
      const args = ['calls', 'collect', '--host', 'nowhere.invalid'];
      const env = { PROMPTAUDIT_COLLECT_TOKEN: token };
      const { code, stderr } = await room.team.cli(room.olga, args, { env });
      expect([code, stderr]).toEqual([
        2,
        'promptaudit: PROMPTAUDIT_COLLECT_TOKEN holds no token: put it there, or unset it\n',
      ]);
    },
  );

  it('a proof as JSON', async () => {
    const { code, stdout } = await room.team.cli(room.olga, ['--json', 'calls', 'show', idOf(1), '--proof']);
    expect([code, JSON.parse(stdout).error]).toMatchObject([
      2,
      { kind: 'usage', message: 'a proof is a text of its own form, and no JSON: leave --json away' },
    ]);
  });

  it('a prompt, a version, an event or a record that there is none of', async () => {
    const own = await copyOf(room);
    const asked = [
      [
        ['calls', 'show', idOf(8)],
        `there is no record ${idOf(8)} in ${own.store}: see records with promptaudit calls search`,
      ],
      [['trace', idOf(8)], `no call has the id ${idOf(8)}: see calls with promptaudit calls search`],
      [
        ['trace', '99'],
        'event 99 is no deployment or version that took effect: see events with promptaudit log',
      ],
      [['trace', 'nothing'], 'the registry has no prompt nothing: see them with promptaudit list'],
      [['trace', 'intake@9'], 'intake has no version 9: its newest is v2'],
    ] as const;
    for (const [args, says] of asked)
      expect(await own.team.cli(own.olga, args)).toEqual({
        code: 2,
        stdout: '',
        stderr: `promptaudit: ${says}\n`,
      });
  });
});

const READING = [
  ['calls', 'search'],
  ['calls', 'show', idOf(1)],
  ['calls', 'stats'],
  ['calls', 'export', 'out.csv'],
] as const;
/** What needs the ledger besides. */
const PROVING = [
  ['calls', 'reconcile'],
  ['calls', 'verify'],
  ['calls', 'seal'],
  ['trace', 'intake@2'],
] as const;

describe('in other places', () => {
  it('no repository: each verb says so, and those that only read take --store', async () => {
    const cwd = join(sandbox.dir, 'nowhere');
    await mkdir(cwd);
    for (const args of [...READING, ...PROVING, ['calls', 'record'], ['calls', 'import', 'file']]) {
      const { code, stdout, stderr } = await room.team.cli(room.olga, args, { cwd });
      expect([args, code, stdout]).toEqual([args, 2, '']);
      expect(stderr).toMatch(/^promptaudit: [^\n]*repository[^\n]*\n$/);
    }
    const { store } = await copyOf(room);
    for (const args of READING)
      expect((await room.team.cli(room.olga, [...args, '--store', store], { cwd })).code).toBe(0);
    for (const args of PROVING) {
      const { code, stderr } = await room.team.cli(room.olga, [...args, '--store', store], { cwd });
      expect([args, code]).toEqual([args, 2]);
      expect(stderr).toMatch(/^promptaudit: [^\n]*(?:repository|clone of the registry)[^\n]*\n$/);
    }
  });

  it('no ledger: what needs none works, the others say how to get it', async () => {
    const own = await copyOf(room);
    await own.team.git('update-ref', '-d', LEDGER);
    await rm(join(own.team.repo, '.git/promptaudit'), { recursive: true, force: true });
    for (const args of READING) expect([args, (await own.team.cli(own.olga, args)).code]).toEqual([args, 0]);
    for (const args of PROVING) {
      const { code, stdout, stderr } = await own.team.cli(own.olga, args);
      expect([args, code, stdout]).toEqual([args, 2, '']);
      expect(stderr).toMatch(/^promptaudit: [^\n]*(?:ledger|registry)[^\n]*\n$/);
    }
  });

  it('a bare repository has no store of its own, and takes another', async () => {
    const own = await copyOf(room);
    const cwd = join(sandbox.dir, 'bare.git');
    await sandbox.git(['clone', '-q', '--bare', own.team.repo, cwd]);
    await sandbox.git(['fetch', '-q', own.team.repo, `${LEDGER}:${LEDGER}`], { cwd });
    for (const args of [...READING, ...PROVING, ['calls', 'record']]) {
      const told = await own.team.cli(own.rita, args, { cwd });
      const says = 'promptaudit: a bare repository has no store of calls of its own: name one with --store\n';
      expect([args, told.code, told.stderr]).toEqual([args, 2, says]);
    }
    await own.team.ok(own.rita, ['calls', 'seal', '--store', own.store], { cwd });
    await own.team.ok(own.olga, ['calls', 'verify', '--deep', '--store', own.store], { cwd });
  });

  it('a store of which a segment is gone says so with each answer', async () => {
    const own = await copyOf(base);
    for (const number of [1, 2]) {
      await recordCalls(own, [number]);
      await own.team.ok(own.rita, ['calls', 'seal']);
    }
    const files = (await readdir(own.store, { recursive: true })).filter((name) => name.endsWith('.parquet'));
    await rm(join(own.store, files.sort()[0] ?? ''));
    const { code, stderr } = await own.team.cli(own.olga, ['calls', 'search']);
    expect(code).toBe(0);
    expect(stderr).toBe(`warning: 1 sealed segment is not in ${own.store}: run promptaudit calls verify\n`);
  });

  it('a clone without the store verifies its ledger, and says what it cannot tell', async () => {
    const own = await copyOf(base);
    await recordCalls(own, [1]);
    await own.team.ok(own.rita, ['calls', 'seal']);
    await rm(own.store, { recursive: true });
    const { notProven } = await own.team.json<{ notProven: string[] }>(own.olga, ['verify']);
    expect(notProven.join()).toMatch(/segment/);
    expect((await own.team.cli(own.olga, ['calls', 'verify'])).code).toBe(2);
    expect((await own.team.cli(own.olga, ['trace', 'intake@2'])).stderr).toMatch(
      /no store of calls at .*: no calls are counted/,
    );
  });
});
