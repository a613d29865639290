import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type {
  ActiveDocument,
  LogDocument,
  ShowDocument,
  StatusDocument,
  VerifyDocument,
} from '../helpers/documents.ts';
import {
  activeNow,
  copyOf,
  DISCHARGE,
  eventsOf,
  findingsOf,
  foundHospital,
  type Hospital,
  INTAKE,
  POLICY_FILE,
  promptText,
} from '../helpers/hospital.ts';
import { createSandbox, type Sandbox } from '../helpers/sandbox.ts';
import { tell } from '../helpers/story.ts';
import { ADAPTERS, type Person } from '../helpers/team.ts';

const STORY = [
  '1 09:01 ada genesis',
  '2 09:01 ada policy v1',
  '3 09:02 ada policy v2',
  '4 09:03 alice version clinical-intake v1',
  '5 09:04 dan version clinical-intake v2',
  '6 09:05 alice version discharge v1',
  '7 09:06 bob approval clinical-intake v2 for *',
  '8 09:07 carol approval clinical-intake v2 for production',
  '9 09:08 dee deployment clinical-intake v2 rollout staging instead of none',
  '10 09:09 dee deployment clinical-intake v2 rollout production instead of none',
  '11 09:10 dan version clinical-intake v3',
  '12 09:11 ada deployment clinical-intake v3 emergency production instead of v2',
  '13 09:12 dee deployment clinical-intake v2 rollback production instead of v3',
  '14 09:13 alice version discharge v2',
  '15 09:14 dee deployment discharge v2 rollout staging instead of none',
  '16 09:15 dee withdrawal discharge v2 staging',
  '17 09:16 carol rejection clinical-intake v3 for *',
];

const at = (time: string) => `2026-01-05T${time}:00Z`;

describe.each(ADAPTERS)('the story by the %s adapter', (adapter) => {
  let sandbox: Sandbox;
  let h: Hospital;

  beforeAll(async () => {
    sandbox = await createSandbox();
    h = await foundHospital(sandbox, adapter);
    await tell(h);
  });
  afterAll(() => sandbox.remove());

  const sequences = async (...args: string[]) =>
    (await h.team.json<LogDocument>(undefined, ['log', ...args])).events.map(({ sequence }) => sequence);

  describe('log', () => {
    test('tells every event: who, what, where and when', async () => {
      const told = (await eventsOf(h)).map((event) =>
        [
          event.sequence,
          event.time.slice(11, 16),
          event.actor?.principal.replace('@acme.example', ''),
          event.event,
          ...(event.prompt === null ? [] : [event.prompt]),
          ...(event.version === null ? [] : [`v${event.version}`]),
          ...(event.kind === null ? [] : [event.kind]),
          ...(event.environments === null
            ? []
            : ['for', event.environments === '*' ? '*' : event.environments.join()]),
          ...(event.environment === null ? [] : [event.environment]),
          ...(event.event === 'deployment'
            ? [`instead of ${event.replaces === null ? 'none' : `v${event.replaces}`}`]
            : []),
        ].join(' '),
      );
      expect(told).toEqual(STORY);
    });

    test('has the head, what each event rests on, and no finding', async () => {
      const { team, carol } = h;
      const { registry, head, events } = await team.json<LogDocument>(undefined, ['log']);
      expect(registry).toBe('00000000-0000-4000-8000-000000000001');
      expect(head).toMatchObject({
        sequence: 17,
        commit: await team.git('rev-parse', 'refs/notes/promptaudit'),
      });
      expect(events.map(({ sequence }) => sequence)).toEqual([
        17, 16, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1,
      ]);
      expect(events.every(({ verified, findings }) => verified && findings.length === 0)).toBe(true);
      expect(events.map(({ policy }) => policy)).toEqual([2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 1, 0, 0]);
      expect(events[7]).toMatchObject({ reference: 'CAB-1432', reason: 'Evening rollout' });
      expect(events[9]).toEqual({
        sequence: 8,
        event: 'approval',
        time: at('09:07'),
        actor: { principal: 'carol@acme.example', name: 'Carol', key: carol.publicKey },
        prompt: 'clinical-intake',
        version: 2,
        environment: null,
        environments: ['production'],
        kind: null,
        replaces: null,
        commit: await team.git('rev-parse', 'main~3'),
        contentDigest: (await team.json<ShowDocument>(undefined, ['show', 'clinical-intake@2']))
          .contentDigest,
        tag: 'refs/tags/promptaudit/clinical-intake/v2/approved/carol@acme.example',
        policy: 2,
        reference: null,
        reason: 'Reviewed wording',
        verified: true,
        findings: [],
        calls: null,
      });
    });

    test.each([
      [['clinical-intake@2'], [13, 10, 9, 8, 7, 5]],
      [['clinical-intake@production'], [13, 10, 9, 8, 7, 5]],
      [['discharge'], [16, 15, 14, 6]],
      [
        ['--event', 'deployment,withdrawal'],
        [16, 15, 13, 12, 10, 9],
      ],
      [
        ['--actor', 'dan@acme.example'],
        [11, 5],
      ],
      [
        ['--actor', 'Alice'],
        [14, 6, 4],
      ],
      [
        ['-e', 'production'],
        [17, 13, 12, 10, 8, 7],
      ],
      [['clinical-intake', '-e', 'staging', '--event', 'deployment'], [9]],
      [
        ['--since', at('09:14')],
        [17, 16, 15],
      ],
      [
        ['--until', at('09:02')],
        [3, 2, 1],
      ],
      [
        ['--since', at('09:07'), '--until', at('09:08'), '--reverse'],
        [8, 9],
      ],
      [
        ['-n', '2'],
        [17, 16],
      ],
      [
        ['-n', '2', '--reverse'],
        [16, 17],
      ],
      [['--event', 'retirement'], []],
      [['policy'], [3, 2]],
    ])('%j', async (args, expected) => {
      expect(await sequences(...args)).toEqual(expected);
    });

    test('says so where nothing matches, as search does', async () => {
      const log = await h.team.cli(undefined, ['log', '--event', 'retirement']);
      expect(log).toEqual({ code: 0, stdout: '', stderr: 'no event matches\n' });
      const search = await h.team.cli(undefined, ['search', 'no such words']);
      expect(search).toEqual({ code: 1, stdout: '', stderr: 'no line matches\n' });
    });

    test('comes as lines of JSON and as CSV too', async () => {
      const lines = (await h.team.ok(undefined, ['log', '--format', 'jsonl', '-n', '3']))
        .trimEnd()
        .split('\n');
      expect(lines.map((line) => JSON.parse(line).sequence)).toEqual([17, 16, 15]);
      const csv = (await h.team.ok(undefined, ['log', '--format', 'csv', '-n', '1'])).split('\r\n');
      expect(csv[0]).toMatch(/^sequence,event,time,principal,/);
      expect(csv[1]).toMatch(/^17,rejection,2026-01-05T09:16:00Z,carol@acme\.example,/);
    });
  });

  test.each([
    ['09:07', []],
    ['09:08', ['clinical-intake v2 in staging']],
    ['09:09', ['clinical-intake v2 in staging', 'clinical-intake v2 in production']],
    ['09:10', ['clinical-intake v2 in staging', 'clinical-intake v2 in production']],
    ['09:11', ['clinical-intake v2 in staging', 'clinical-intake v3 in production']],
    ['09:12', ['clinical-intake v2 in staging', 'clinical-intake v2 in production']],
    [
      '09:14',
      ['clinical-intake v2 in staging', 'clinical-intake v2 in production', 'discharge v2 in staging'],
    ],
    ['09:15', ['clinical-intake v2 in staging', 'clinical-intake v2 in production']],
  ])('what was active at %s', async (time, expected) => {
    expect(await activeNow(h, '--at', at(time))).toEqual(expected);
    const justBefore = await activeNow(h, '--at', at(time).replace(':00Z', ':59Z'));
    expect(justBefore).toEqual(expected);
  });

  test('active tells since when, by whom, and who had approved it', async () => {
    const { active } = await h.team.json<ActiveDocument>(undefined, ['active', '-e', 'production']);
    expect(active).toMatchObject([
      {
        prompt: 'clinical-intake',
        environment: 'production',
        version: 2,
        since: at('09:12'),
        sequence: 13,
        deployedBy: 'dee@acme.example',
        approvedBy: ['bob@acme.example', 'carol@acme.example'],
      },
    ]);
    const emergency = await h.team.json<ActiveDocument>(undefined, [
      'active',
      '-e',
      'production',
      '--at',
      at('09:11'),
    ]);
    expect(emergency.active).toMatchObject([{ version: 3, deployedBy: 'ada@acme.example', approvedBy: [] }]);
    h.team.clock = Date.UTC(2026, 0, 5, 10, 0) / 1000 - 60;
    expect(await activeNow(h, '-e', 'production', '--at', '49 minutes ago')).toEqual([
      'clinical-intake v3 in production',
    ]);
  });

  test('list and status tell where every prompt stands', async () => {
    expect(await h.team.json(undefined, ['list'])).toMatchObject({
      prompts: [
        {
          prompt: 'clinical-intake',
          latest: 3,
          author: 'dan@acme.example',
          time: at('09:10'),
          active: { staging: 2, production: 2 },
          retired: false,
        },
        {
          prompt: 'discharge',
          latest: 2,
          author: 'alice@acme.example',
          time: at('09:13'),
          active: {},
          retired: false,
        },
      ],
    });
    expect(await h.team.json<StatusDocument>(undefined, ['status'])).toEqual({
      schema: 'promptaudit/status@1',
      policy: { inForce: 2, newest: 2, draft: 'clean' },
      remote: null,
      aside: [],
      prompts: [
        {
          prompt: 'clinical-intake',
          latest: 3,
          draft: 'clean',
          approvals: [{ environment: 'production', have: 0, need: 2, rejectedBy: ['carol@acme.example'] }],
          active: { staging: 2, production: 2 },
          emergencies: [],
        },
        {
          prompt: 'discharge',
          latest: 2,
          draft: 'clean',
          approvals: [{ environment: 'production', have: 0, need: 1, rejectedBy: [] }],
          active: {},
          emergencies: [],
        },
      ],
    });
  });

  test('show tells who wrote, decided and deployed, with the file', async () => {
    const shown = await h.team.json<ShowDocument>(undefined, ['show', 'clinical-intake@production']);
    expect(shown).toMatchObject({
      version: 2,
      sequence: 5,
      author: 'dan@acme.example',
      time: at('09:04'),
      reason: 'Allergies first\n\nThey are forgotten otherwise.',
      path: INTAKE,
      content: promptText('clinical-intake', 'Ask about allergies first.', 'Be kind.'),
      approvals: [{ environment: 'production', have: 2, need: 2, rejectedBy: [] }],
      decisions: [
        {
          sequence: 7,
          decision: 'approval',
          principal: 'bob@acme.example',
          environments: '*',
          meaning: 'Reviewed for clinical safety',
        },
        {
          sequence: 8,
          decision: 'approval',
          principal: 'carol@acme.example',
          environments: ['production'],
          meaning: 'Reviewed wording',
        },
      ],
      deployments: [
        {
          environment: 'staging',
          from: at('09:08'),
          until: null,
          by: 'dee@acme.example',
          kind: 'rollout',
          sequence: 9,
        },
        { environment: 'production', from: at('09:09'), until: at('09:11'), kind: 'rollout', sequence: 10 },
        { environment: 'production', from: at('09:12'), until: null, kind: 'rollback', sequence: 13 },
      ],
    });
    expect(await h.team.json(undefined, ['show', `clinical-intake@${shown.commit.slice(0, 7)}`])).toEqual(
      shown,
    );
  });

  test('review tells each approver what waits for them', async () => {
    const waiting = async (who: keyof Omit<Hospital, 'team'>) => {
      const document = await h.team.json<{
        waiting: { prompt: string; version: number; against: number | null; approvals: object[] }[];
      }>(h[who], ['review']);
      return document.waiting.map(
        ({ prompt, version, against }) => `${prompt} v${version} against v${against}`,
      );
    };
    expect(await waiting('bob')).toEqual(['clinical-intake v3 against v2', 'discharge v2 against v1']);
    expect(await waiting('carol')).toEqual(['discharge v2 against v1']);
    expect(await waiting('alice')).toEqual([]);
    const text = await h.team.ok(h.bob, ['review', 'clinical-intake']);
    expect(text).toMatch(/Be \[-kind-\]\{\+brief\+\}/);
  });

  test('verify counts what it checked, and says what it cannot prove', async () => {
    const report = await h.team.json<VerifyDocument>(undefined, ['verify']);
    expect(report).toMatchObject({
      ok: true,
      // 17 events, the 7 commits of versions and policies, 3 tags
      counts: { events: 17, signatures: 27, versions: 5, approvals: 2, deployments: 5 },
      findings: [],
      acknowledged: [],
    });
    expect(report.notProven.join('\n')).toContain(
      'the emergency at event 12 (clinical-intake v3) is right: it waits for review until 2026-01-06T09:11:00Z',
    );
  });

  test('whoami and policy show tell who may do what', async () => {
    const { team, dee, ada } = h;
    expect(await team.json(dee, ['whoami'])).toMatchObject({
      principal: dee.email,
      name: 'Dee',
      kind: 'person',
      roles: ['deployer'],
      key: dee.publicKey,
    });
    const stranger = await team.person('Eve');
    expect((await team.refused(stranger, ['whoami'])).rules).toEqual(['signature/unknown-key']);
    expect((await team.refused({ ...dee, email: ada.email }, ['whoami'])).rules).toEqual([
      'signature/identity',
    ]);
    expect(await team.json(undefined, ['policy', 'show'])).toMatchObject({
      version: 2,
      state: 'in force',
      sequence: 3,
      inForceFrom: 3,
      supporters: [ada.email],
    });
    expect(await team.json(undefined, ['policy', 'show', '1'])).toMatchObject({
      version: 1,
      state: 'superseded',
      sequence: 2,
      inForceFrom: 2,
    });
  });

  test('blame tells for each line the version, its author and who approved it', async () => {
    const { lines } = await h.team.json<{ lines: object[] }>(undefined, ['blame', 'clinical-intake']);
    expect(lines.map((line) => (line as { version: number }).version)).toEqual([1, 1, 1, 1, 1, 2, 3]);
    expect(lines.slice(4)).toEqual([
      {
        line: 5,
        text: '    content: |',
        version: 1,
        sequence: 4,
        author: 'alice@acme.example',
        time: at('09:03'),
        approvedBy: [],
      },
      {
        line: 6,
        text: '      Ask about allergies first.',
        version: 2,
        sequence: 5,
        author: 'dan@acme.example',
        time: at('09:04'),
        approvedBy: ['bob@acme.example', 'carol@acme.example'],
      },
      {
        line: 7,
        text: '      Be brief.',
        version: 3,
        sequence: 11,
        author: 'dan@acme.example',
        time: at('09:10'),
        approvedBy: [],
      },
    ]);
  });

  test('search finds text across all versions', async () => {
    const { team } = h;
    expect(await team.json(undefined, ['search', 'allergies'])).toMatchObject({
      matches: [
        {
          prompt: 'clinical-intake',
          since: 1,
          version: 1,
          line: 6,
          text: '      Ask about allergies.',
          ranges: [[16, 25]],
        },
        {
          prompt: 'clinical-intake',
          since: 2,
          version: 3,
          line: 6,
          text: '      Ask about allergies first.',
          ranges: [[16, 25]],
        },
      ],
    });
    expect((await team.cli(undefined, ['search', 'penicillin'])).code).toBe(1);
    expect((await team.cli(undefined, ['search', '--prompt', 'discharge', 'allergies'])).code).toBe(1);
    expect((await team.cli(undefined, ['search', '-i', '--regex', 'PLAIN +words\\.$'])).code).toBe(0);
  });

  test.each([
    [['clinical-intake', '1', '2'], 1],
    [['clinical-intake@2..3'], 1],
    [['clinical-intake', 'staging', 'production'], 0],
    [['clinical-intake@2', 'clinical-intake@production'], 0],
    [['clinical-intake'], 0],
    [['clinical-intake@2'], 1],
    [['discharge', '1', '9'], 2],
    [['dischage', '1', '2'], 2],
  ])('diff %j exits with %i', async (ends, code) => {
    expect((await h.team.cli(undefined, ['diff', ...ends])).code).toBe(code);
  });

  test('diff compares one end with the draft, whichever way it is written', async () => {
    const ends = async (...words: string[]) => {
      const { from, to } = JSON.parse((await h.team.cli(undefined, ['--json', 'diff', ...words])).stdout);
      return [from, to];
    };
    const oldAndDraft = ['clinical-intake v2', 'clinical-intake draft'];
    expect(await ends('clinical-intake@2')).toEqual(oldAndDraft);
    expect(await ends('clinical-intake', '2')).toEqual(oldAndDraft);
    expect(await ends('clinical-intake@latest', '2')).toEqual(['clinical-intake v3', 'clinical-intake v2']);
  });

  test('diff takes a range behind the name as well as in it', async () => {
    const ends = async (...words: string[]) =>
      (await h.team.cli(undefined, ['--json', 'diff', ...words])).stdout;
    expect(await ends('clinical-intake', '1..3')).toBe(await ends('clinical-intake@1..3'));
    expect(await ends('clinical-intake', 'staging..production')).toBe(
      await ends('clinical-intake', 'staging', 'production'),
    );
  });

  test('lines of a file are broken for a terminal, and not for a pipe', async () => {
    const { team } = await copyOf(h);
    const line = `Ask ${'about allergies, and '.repeat(5)}about medicines.`;
    await team.write(INTAKE, promptText('clinical-intake', line));
    for (const verb of ['show', 'render']) {
      const said = async (columns: number) =>
        (await team.cli(undefined, [verb, 'clinical-intake@draft'], { columns })).stdout;
      expect(await said(0)).toContain(line);
      const broken = await said(60);
      expect(Math.max(...broken.split('\n').map(({ length }) => length))).toBeLessThanOrEqual(60);
      expect(broken.replace(/\s+/g, ' ')).toContain(line);
    }
  });

  test('render fills in a version as it was', async () => {
    expect(await h.team.ok(undefined, ['render', 'clinical-intake@1'])).toContain('Ask about allergies.\n');
    const piped = ['render', 'clinical-intake@1', '--vars-file', '-'];
    expect(await h.team.told(undefined, piped, { stdin: '[' })).toEqual([
      2,
      expect.stringContaining('promptaudit: standard input: '),
    ]);
  });

  test('render says how what is missing is given', async () => {
    const { team } = await copyOf(h);
    await team.write(INTAKE, promptText('clinical-intake', 'Dear {{name}}, {{name}} of {{ward}}'));
    const said = (...vars: string[]) => team.told(undefined, ['render', 'clinical-intake@draft', ...vars]);
    expect(await said()).toEqual([
      2,
      'promptaudit: the prompt cannot be rendered: name, ward have no value; give --var name=… --var ward=…, or --vars-file',
    ]);
    expect(await said('--var', 'name=Ann', '--var', 'wards=3')).toEqual([
      2,
      'promptaudit: the prompt cannot be rendered: ward has no value; wards is no variable of this prompt (did you mean ward?); give --var ward=…, or --vars-file',
    ]);
    expect(await said('--var', 'name')).toEqual([
      2,
      'promptaudit: --var "name" is no name=value: write --var name=…',
    ]);
    expect(await said('--var', '=Ann')).toEqual([
      2,
      'promptaudit: --var "=Ann" is no name=value: write --var name=…',
    ]);
  });

  test('doctor looks at this clone, and repairs what it can', async () => {
    const mine = await copyOf(h);
    const { team, dee } = mine;
    const checks = async (...args: string[]) => {
      const { code, stdout } = await team.cli(dee, ['--json', 'doctor', ...args]);
      const document: { checks: { name: string; state: string }[] } = JSON.parse(stdout);
      return [code, document.checks.filter(({ state }) => state === 'wrong').map(({ name }) => name)];
    };
    expect(await checks()).toEqual([0, []]);
    await team.git('config', '--unset', 'notes.displayRef');
    await team.git(
      'update-ref',
      '-d',
      'refs/tags/promptaudit/clinical-intake/v3/rejected/carol@acme.example',
    );
    expect(await checks()).toEqual([1, ['tags', 'git settings']]);
    expect(await checks('--repair')).toEqual([0, []]);
    expect(await team.git('config', 'notes.displayRef')).toBe('refs/notes/promptaudit');
    expect(await findingsOf(mine)).toEqual([]);
    await team.git('config', '--unset', 'notes.displayRef');
    await team.write('.git/config.lock', '');
    expect(await checks('--repair')).toEqual([1, ['repair', 'git settings']]);
  });

  test('doctor says once that there is no key to sign with', async () => {
    const { team } = await copyOf(h);
    const { code, stdout } = await team.cli(undefined, ['--json', 'doctor']);
    const { checks }: { checks: { name: string; state: string; message: string }[] } = JSON.parse(stdout);
    const wrong = checks.filter(({ state }) => state === 'wrong');
    expect([code, wrong.map(({ name }) => name)]).toEqual([1, ['signing']]);
  });

  test('doctor says how to get into the policy', async () => {
    const { team } = await copyOf(h);
    const { stdout } = await team.cli(await team.person('Sam'), ['--json', 'doctor']);
    const { checks }: { checks: { name: string; message: string }[] } = JSON.parse(stdout);
    expect(checks.find(({ name }) => name === 'identity')?.message).toMatch(
      /^your signing key SHA256:\S+ is in nobody's entry of the policy: ask an admin to run: promptaudit policy add sam@/,
    );
  });

  test('lint and fmt judge and lay out the files of the working tree', async () => {
    const { team } = await copyOf(h);
    expect((await team.cli(undefined, ['lint'])).code).toBe(0);
    const count = async (...args: string[]) =>
      (await team.json<{ files: number }>(undefined, ['lint', ...args])).files;
    expect(await count('.')).toBe(2);
    expect(await count('prompts/')).toBe(2);
    expect(await count('discharge', DISCHARGE, 'prompts')).toBe(2);
    expect((await team.cli(undefined, ['fmt', '--check'])).code).toBe(0);
    await team.write(
      DISCHARGE,
      'model:   openai/gpt-5\nname: discharge\nmessages: [{role: user, content: "{{#if x}}"}]\n',
    );
    const linted = await team.cli(undefined, ['--json', 'lint', 'discharge']);
    expect([linted.code, JSON.parse(linted.stdout)]).toMatchObject([
      1,
      { problems: [{ path: DISCHARGE, line: 3, severity: 'error' }] },
    ]);
    expect(await team.json(undefined, ['fmt'])).toMatchObject({ changed: [DISCHARGE] });
    expect((await team.cli(undefined, ['fmt', '--check'])).code).toBe(0);
    expect(await readFile(join(team.repo, DISCHARGE), 'utf8')).toMatch(
      /^name: discharge\nmodel: openai\/gpt-5\n/,
    );
  });

  describe('writing verbs', () => {
    let mine: Hospital;
    beforeAll(async () => {
      mine = await copyOf(h);
    });

    test('with --dry-run say what they would do, and do nothing', async () => {
      const { team, alice, bob, dee, ada } = mine;
      await team.write(DISCHARGE, promptText('discharge', 'Not yet.'));
      const lost = await team.told(alice, ['retire', 'discharge', '-m', 'x']);
      expect(lost).toEqual([2, expect.stringContaining('has changes that are in no version')]);
      const before = await team.git('for-each-ref');
      const tries = [
        [alice, ['commit', '-m', 'x'], { event: 'version', version: 3 }],
        [bob, ['approve', 'discharge@2', '-m', 'x'], { event: 'approval', version: 2 }],
        [bob, ['reject', 'discharge@2', '-m', 'x'], { event: 'rejection', version: 2 }],
        [bob, ['revoke', 'clinical-intake@2', '-m', 'x'], { event: 'revocation', version: 2 }],
        [dee, ['deploy', 'discharge@1', '-e', 'staging'], { event: 'deployment', environment: 'staging' }],
        [dee, ['rollback', 'clinical-intake', '-e', 'production', '--to', '3'], undefined],
        [dee, ['withdraw', 'clinical-intake', '-e', 'staging'], { event: 'withdrawal', version: 2 }],
        [ada, ['policy', 'commit', '-m', 'x'], undefined],
      ] as const;
      for (const [who, args, expected] of tries) {
        if (expected === undefined) await team.refused(who, [...args, '--dry-run']);
        else
          expect(await team.json(who, [...args, '--dry-run'])).toMatchObject({
            dryRun: true,
            events: [{ ...expected, sequence: 18, commit: null }],
          });
      }
      const edit = ['policy', 'add', bob.email, '--role', 'deployer', '--dry-run'];
      expect(await team.ok(ada, edit)).toBe(`would change ${POLICY_FILE}\n`);
      expect(await team.ok(ada, ['new', 'other', '--dry-run'])).toBe(
        'would write prompts/other.prompt.yml\n',
      );
      expect(await team.git('for-each-ref')).toBe(before);
      expect(await team.git('status', '--porcelain')).toBe(` M ${DISCHARGE}`);
    });

    test('say what they did in one line, with the sequence and the short oid', async () => {
      const { team, dee } = mine;
      const said = await team.cli(dee, ['deploy', 'discharge@1', '-e', 'staging']);
      const short = (await team.git('rev-parse', 'refs/notes/promptaudit')).slice(0, 10);
      expect(said).toEqual({ code: 0, stdout: `18 ${short} deployed discharge v1 to staging\n`, stderr: '' });
    });

    test('promote takes what is active where the policy or --from says', async () => {
      const { team, dee, bob } = mine;
      const promote = (...args: string[]) => ['promote', 'discharge', ...args];
      expect((await team.refused(dee, promote('--to', 'production'))).rules).toEqual([
        'deployment/unapproved',
      ]);
      await team.ok(bob, ['approve', 'discharge@1', '-m', 'Fine']);
      expect((await team.cli(dee, promote('--to', 'staging'))).code).toBe(2);
      expect(await team.refused(dee, promote('--from', 'production', '--to', 'staging'))).toMatchObject({
        rules: [],
      });
      await team.ok(dee, promote('--from', 'staging', '--to', 'production'));
      expect((await eventsOf(mine)).at(-1)).toMatchObject({
        kind: 'rollout',
        version: 1,
        environment: 'production',
      });
    });

    test('a prompt is retired once it is out of use, and a new version brings it back', async () => {
      const { team, alice, dee } = mine;
      const status = async () => (await team.json<StatusDocument>(undefined, ['status'])).prompts[1];
      await team.git('checkout', '-q', '--', DISCHARGE);
      expect((await team.refused(alice, ['retire', 'discharge', '-m', 'Not used'])).rules).toEqual([
        'deployment/replaces',
        'deployment/replaces',
      ]);
      await team.ok(dee, ['withdraw', 'discharge', '-e', 'staging']);
      await team.ok(dee, ['withdraw', 'discharge', '-e', 'production']);
      expect((await team.refused(dee, ['retire', 'discharge', '-m', 'Not used'])).rules).toEqual([
        'signature/role',
      ]);
      expect(await team.json(alice, ['retire', 'discharge', '-m', 'Not used', '--dry-run'])).toMatchObject({
        events: [{ event: 'retirement' }],
      });
      expect(await status()).toMatchObject({ draft: 'clean' });
      await team.ok(alice, ['retire', 'discharge', '-m', 'Not used']);
      expect((await eventsOf(mine)).at(-1)).toMatchObject({
        event: 'retirement',
        prompt: 'discharge',
        reason: 'Not used',
        commit: await team.git('rev-parse', 'HEAD'),
      });
      expect(await team.git('diff-tree', '-r', '--no-commit-id', '--name-status', 'HEAD')).toBe(
        `D\t${DISCHARGE}`,
      );
      expect(await team.git('status', '--porcelain')).toBe('');
      expect(await status()).toBeUndefined();
      expect(await team.json(undefined, ['list'])).toMatchObject({
        prompts: [{}, { prompt: 'discharge', latest: 2, retired: true }],
      });
      const { sequence } = (await eventsOf(mine)).at(-1) ?? {};
      expect(await team.json(undefined, ['show', 'discharge'])).toMatchObject({
        version: 2,
        retired: sequence,
      });
      expect((await team.ok(undefined, ['show', 'discharge@1'])).split('\n')[0]).toBe(
        `discharge v1  the newest is v2  the prompt was retired by event ${sequence}`,
      );
      expect((await team.refused(alice, ['retire', 'discharge', '-m', 'Again'])).rules).toEqual([]);
      expect((await team.refused(dee, ['deploy', 'discharge@2', '-e', 'staging'])).rules).toEqual([
        'version/number',
      ]);
      await team.write(DISCHARGE, promptText('discharge', 'Sum up the visit in plain words.'));
      expect(await status()).toMatchObject({ prompt: 'discharge', latest: 2, draft: 'new' });
      await team.ok(alice, ['commit', '-m', 'Needed after all']);
      expect(await status()).toMatchObject({ prompt: 'discharge', latest: 3, draft: 'clean' });
      expect(await team.json(undefined, ['list'])).toMatchObject({
        prompts: [{}, { latest: 3, retired: false }],
      });
      expect(await findingsOf(mine)).toEqual([]);
    });

    test('status tells drafts from versions', async () => {
      const { team } = mine;
      await team.write(INTAKE, promptText('clinical-intake', 'Changed.'));
      await team.git('rm', '-q', DISCHARGE);
      await team.ok(mine.alice, ['new', 'triage/adults']);
      expect(await readFile(join(team.repo, 'prompts/triage/adults.prompt.yml'), 'utf8')).toContain(
        'name: triage/adults',
      );
      const { prompts } = await team.json<StatusDocument>(undefined, ['status']);
      expect(prompts.map(({ prompt, latest, draft }) => `${prompt} ${latest} ${draft}`)).toEqual([
        'clinical-intake 3 modified',
        'discharge 3 deleted',
        'triage/adults null new',
      ]);
      expect(await team.json(undefined, ['show', 'clinical-intake@draft'])).toMatchObject({
        content: promptText('clinical-intake', 'Changed.'),
      });
      expect((await team.cli(undefined, ['diff', 'clinical-intake'])).code).toBe(1);
      expect((await team.cli(mine.alice, ['commit', '-m', 'Which?'])).code).toBe(2);
      await team.ok(mine.alice, ['commit', '--all', '-m', 'Both']);
      expect((await eventsOf(mine)).slice(-2)).toMatchObject([
        { event: 'version', prompt: 'clinical-intake', version: 4 },
        { event: 'version', prompt: 'triage/adults', version: 1 },
      ]);
    });

    test('a prompt that is named twice makes one version, and one that did not change none', async () => {
      const { team } = mine;
      await team.write('prompts/triage/adults.prompt.yml', promptText('triage/adults', 'Changed.'));
      const names = ['clinical-intake', 'triage/adults', 'prompts/triage/adults.prompt.yml'];
      const written = await team.json<{ events: unknown }>(mine.alice, ['commit', ...names, '-m', 'Once']);
      expect(written.events).toMatchObject([{ event: 'version', prompt: 'triage/adults', version: 2 }]);
    });

    test('a draft that is an earlier version is told from an edited one', async () => {
      const { team } = mine;
      const { content } = await team.json<{ content: string }>(undefined, ['show', 'triage/adults@1']);
      await team.write('prompts/triage/adults.prompt.yml', content);
      const said = async (person: Person | undefined, ...args: string[]) => {
        const { code, stderr } = await team.cli(person, args);
        expect(code).toBe(0);
        return stderr.replace(/\s+/g, ' ');
      };
      expect(await said(undefined, 'status')).toBe(
        'triage/adults is as v1 here, and v2 is newer: to commit it would undo what came since ',
      );
      expect(await said(mine.alice, 'commit', '-m', 'Back to it')).toBe(
        'triage/adults v3 has the content of v1, without what came since ',
      );
      expect(await said(undefined, 'status')).toBe('');
    });
  });
});
