import { describe, expect, it } from 'vitest';
import { type Parsed, parseArguments } from '../../src/cli/program.ts';
import { UsageError } from '../../src/cli/usage.ts';
import { VERBS } from '../../src/cli/verbs.ts';
import { NOW } from './world.ts';

function parse(argv: readonly string[], width = 80): Parsed {
  return parseArguments(argv, { version: '1.2.3', now: NOW, width });
}

/** A command line as one would type it; quotes keep words together. */
function words(line: string): string[] {
  return Array.from(line.matchAll(/"([^"]*)"|(\S+)/g), ([, quoted, bare]) => quoted ?? bare ?? '');
}

const GLOBAL = { directories: [], json: false, quiet: false, color: true, git: undefined };
const MESSAGE = { message: [], file: undefined };
const WRITE = { ...MESSAGE, dryRun: false };
const LOG = {
  event: [],
  actor: undefined,
  env: undefined,
  since: undefined,
  until: undefined,
  limit: undefined,
  reverse: false,
  format: undefined,
};

describe('parsing', () => {
  it.each<[string, unknown[], object]>([
    ['init', [], { name: undefined, prompts: undefined, environments: [], dryRun: false }],
    [
      'init --name acme --prompts p --environments staging,production --dry-run',
      [],
      { name: 'acme', prompts: 'p', environments: ['staging', 'production'], dryRun: true },
    ],
    ['demo', [undefined], {}],
    ['demo dir', ['dir'], {}],
    ['doctor --repair', [], { repair: true, dryRun: false }],
    ['whoami', [], {}],
    ['policy show', [undefined], {}],
    ['policy show 3', ['3'], {}],
    ['policy check', [undefined], {}],
    [
      'policy add bob@a.example --name "Bob Rao" --role approver,author --key k1 --key k2 --kind person',
      ['bob@a.example'],
      { name: 'Bob Rao', role: ['approver', 'author'], key: ['k1', 'k2'], kind: 'person', dryRun: false },
    ],
    ['policy revoke-key SHA256:x --from 120', ['SHA256:x'], { from: 120, dryRun: false }],
    ['policy commit -m why', [], { ...WRITE, message: ['why'] }],
    ['new triage/adults', ['triage/adults'], { dryRun: false }],
    ['lint', [[]], {}],
    ['lint a b', [['a', 'b']], {}],
    ['fmt --check a', [['a']], { check: true }],
    ['status', [[]], {}],
    ['status triage/* intake', [['triage/*', 'intake']], {}],
    ['diff intake 11 12', [['intake', '11', '12']], {}],
    [
      'render intake@12 --var a=1 --var b=x=y --vars-file -',
      ['intake@12'],
      { var: ['a=1', 'b=x=y'], varsFile: '-' },
    ],
    ['commit', [[]], { ...WRITE, all: false }],
    [
      'commit a b -m one -m two --all --dry-run',
      [['a', 'b']],
      { message: ['one', 'two'], file: undefined, all: true, dryRun: true },
    ],
    ['commit a -F -', [['a']], { ...WRITE, all: false, file: '-' }],
    ['retire old -m why', ['old'], { ...WRITE, message: ['why'] }],
    ['review', [[]], {}],
    [
      'approve intake@12 -m safe -e staging -e production,eu',
      ['intake@12'],
      { ...WRITE, message: ['safe'], env: ['staging', 'production', 'eu'] },
    ],
    ['reject intake@12 -m -no', ['intake@12'], { ...WRITE, message: ['-no'], env: [] }],
    ['revoke a@1 --of bob@a.example -e qa', ['a@1'], { ...WRITE, of: 'bob@a.example', env: ['qa'] }],
    [
      'deploy a@1 -e production --reference CAB-1 --emergency',
      ['a@1'],
      { ...WRITE, env: 'production', reference: 'CAB-1', emergency: true },
    ],
    [
      'promote a --to production',
      ['a'],
      { ...WRITE, from: undefined, to: 'production', reference: undefined },
    ],
    [
      'rollback a --env=production --to v3',
      ['a'],
      { ...WRITE, env: 'production', to: 3, reference: undefined },
    ],
    ['withdraw a -e qa --dry-run', ['a'], { ...WRITE, env: 'qa', reference: undefined, dryRun: true }],
    ['list', [[]], {}],
    ['show intake@production', ['intake@production'], {}],
    ['log', [undefined], LOG],
    [
      'log intake@12 --event deployment,approval --event version --actor a@b.example -e qa -n 5 --reverse --format csv',
      ['intake@12'],
      {
        ...LOG,
        event: ['deployment', 'approval', 'version'],
        actor: 'a@b.example',
        env: 'qa',
        limit: 5,
        reverse: true,
        format: 'csv',
      },
    ],
    [
      'log --since "2 weeks ago" --until 2026-11-20',
      [undefined],
      { ...LOG, since: new Date('2026-11-07T10:11:12Z'), until: new Date('2026-11-20T00:00:00Z') },
    ],
    ['active -e qa --at @1795255872', [[]], { env: 'qa', at: NOW }],
    ['blame intake', ['intake'], {}],
    [
      'search "two words" -i --regex --prompt a',
      ['two words'],
      { ignoreCase: true, regex: true, prompt: 'a' },
    ],
    ['search -- -i', ['-i'], { ignoreCase: false, regex: false, prompt: undefined }],
    ['verify --format json --root sha256:ab', [], { format: 'json', root: 'sha256:ab' }],
  ])('%s', (line, args, options) => {
    const parsed = parse(words(line));
    if (parsed.kind !== 'request') throw new Error(`parsed as ${parsed.kind}`);
    const name = line.startsWith('policy') ? words(line).slice(0, 2).join(' ') : words(line)[0];
    expect(parsed.request).toEqual({ verb: name, arguments: args, options, global: GLOBAL });
  });

  it.each([
    '-C a -C b --json --quiet --no-color --git embedded policy show',
    'policy -C a --json show -C b --quiet --git embedded --no-color',
    'policy show -C a -C b --json --quiet --no-color --git embedded',
    '--git native -C a policy show -C b --json --quiet --no-color --git embedded',
  ])('takes global options at any place: %s', (line) => {
    expect(parse(words(line))).toMatchObject({
      request: {
        verb: 'policy show',
        global: { directories: ['a', 'b'], json: true, quiet: true, color: false, git: 'embedded' },
      },
    });
  });

  it('takes a value that looks like a global option for the value that it is', () => {
    expect(parse(['retire', 'a', '-m', '--json'])).toMatchObject({
      request: { options: { message: ['--json'] }, global: { json: false } },
    });
  });
});

describe('usage errors', () => {
  it.each([
    ['lgo', 'there is no command "lgo": did you mean log?'],
    ['policy shw', 'there is no command "policy shw": did you mean policy show?'],
    ['frobnicate', 'there is no command "frobnicate": see promptaudit --help'],
    ['help lgo', 'there is no command "lgo": did you mean log?'],
    ['--quiet help frobnicate', 'there is no command "frobnicate": see promptaudit --help'],
    ['frobnicate --help', 'there is no command "frobnicate": see promptaudit --help'],
    ['help policy shw', 'there is no command "policy shw": did you mean policy show?'],
    ['policy shw -h', 'there is no command "policy shw": did you mean policy show?'],
    ['log --sinc x', 'log has no option "--sinc": did you mean --since?'],
    ['log --zzzzzz', 'log has no option "--zzzzzz": see promptaudit log --help'],
    ['log a b', 'log takes 1 argument and was given 2: see promptaudit log --help'],
    ['whoami a', 'whoami takes no argument and was given 1: see promptaudit whoami --help'],
    ['policy add --ke x', 'policy add has no option "--ke": did you mean --key?'],
    ['calls exprt', 'there is no command "calls exprt": did you mean calls export?'],
    ['calls re', 'there is no command "calls re": see promptaudit calls --help'],
    ['approve', 'approve needs <ref>: see promptaudit approve --help'],
    ['deploy a', "deploy needs the option '-e, --env <name>': see promptaudit deploy --help"],
    ['commit -m', "option '-m, --message <text>' needs a value: see promptaudit commit --help"],
    ['log -n x', `option '-n, --limit <count>': "x" is not a whole number of at least 1`],
    ['log -n 0', `option '-n, --limit <count>': "0" is not a whole number of at least 1`],
    ['rollback a -e x --to v0', `option '--to <version>': "v0" is no version: write 12 or v12`],
    [
      'log --format tet',
      `option '--format <format>': "tet" is none of text, json, jsonl, csv: did you mean text?`,
    ],
    ['log --format xml', `option '--format <format>': "xml" is none of text, json, jsonl, csv`],
    ['approve a -e x,,y', `option '-e, --env <names>': "x,,y" has an empty name in it`],
    [
      'deploy a -e staging -e production',
      `option '-e, --env <name>': it takes one value, and "staging" "production" are several`,
    ],
    ['log -n 5 -n 6', `option '-n, --limit <count>': it takes one value, and "5" "6" are several`],
    ['status --jsn', 'status has no option "--jsn": did you mean --json?'],
    ['--jso list', 'there is no option "--jso": did you mean --json?'],
    ['--git svn log', `option '--git <adapter>': "svn" is none of native, embedded`],
    ['log --git svn', `option '--git <adapter>': "svn" is none of native, embedded`],
  ])('%s', (line, message) => {
    expect(() => parse(words(line))).toThrow(new UsageError(message));
  });

  it('takes one value that is given twice', () => {
    expect(() => parse(words('deploy a -e staging -e staging'))).not.toThrow();
  });

  it('names the option whose time it does not understand', () => {
    expect(() => parse(['log', '--since', 'soon'])).toThrow(/^option '--since <time>': "soon" is not a time/);
  });
});

describe('help', () => {
  function help(argv: readonly string[], width?: number): string {
    const parsed = parse(argv, width);
    if (parsed.kind !== 'help') throw new Error(`parsed as ${parsed.kind}`);
    return parsed.text;
  }

  it('groups every verb under what it is for, in 80 columns', () => {
    const text = help(['--help']);
    const headings = ['Starting:', 'Writing:', 'Reviewing:', 'Releasing:', 'Reading:', 'Proving:'];
    const places = headings.map((heading) => text.indexOf(`\n${heading}\n`));
    expect(places).toEqual([...places].sort((a, b) => a - b));
    expect(places).not.toContain(-1);
    for (const name of Object.keys(VERBS)) {
      expect(text).toMatch(new RegExp(`\n  ${name.split(' ')[0]}[ \n]`));
    }
    for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
  });

  it.each(Object.keys(VERBS))('explains %s with every option, in 80 columns', (name) => {
    const text = help([...name.split(' '), '--help']);
    for (const { flags, summary } of Object.values(VERBS[name as keyof typeof VERBS].options)) {
      expect(text).toContain(flags);
      expect(summary).not.toBe('');
    }
    expect(text.split('Global Options:')).toHaveLength(2);
    expect(text.split('--no-color')).toHaveLength(2);
    for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
  });

  it.each([60, 44])('breaks between words what it says in %d columns', (width) => {
    const lines = help(['commit', '--help'], width).split('\n');
    for (const line of lines.filter((one) => /^ +-/.test(one)))
      expect(line.length).toBeLessThanOrEqual(width);
    expect(lines.join(' ').replaceAll(/ +/g, ' ')).toContain(' from standard input with - ');
  });

  it('tells help that was asked for from help that stands in for a verb', () => {
    expect(parse(['help', 'log'])).toMatchObject({ kind: 'help', asked: true });
    expect(parse([])).toMatchObject({ kind: 'help', asked: false });
    expect(parse(['policy'])).toMatchObject({ kind: 'help', asked: false });
  });

  it('takes two words behind help, and options before it', () => {
    const seal = help(['calls', 'seal', '--help']);
    expect(seal).toMatch(/^Usage: promptaudit calls seal /);
    expect(help(['help', 'calls', 'seal'])).toBe(seal);
    expect(help(['-C', 'x', 'help', 'calls', 'seal'])).toBe(seal);
    expect(help(['help', 'calls'])).toMatch(/^Usage: promptaudit calls </);
    expect(help(['help', '--help'])).toMatch(/^Usage: promptaudit \[/);
  });

  it('shows the version', () => {
    expect(parse(['-V'])).toEqual({ kind: 'version', text: '1.2.3\n' });
  });
});
