import fc from 'fast-check';
import { expect, it } from 'vitest';
import { verifyGithub } from '../../src/report/github.ts';
import { reports } from './arbitraries.ts';
import { ACKNOWLEDGED, BROKEN, manyFindings, SOUND, UNAPPROVED, WARNING } from './fixtures.ts';

interface Command {
  readonly name: string;
  readonly properties: Readonly<Record<string, string>>;
  readonly data: string;
}

/** What a runner makes of a line, by its own reading of one (`ActionCommand.TryParseV2` of actions/runner). */
function runnerReads(raw: string): Command | undefined {
  const line = raw.trimStart();
  const end = line.indexOf('::', 2);
  if (!line.startsWith('::') || end < 0) return undefined;
  const info = line.slice(2, end);
  const blank = info.indexOf(' ');
  const properties: Record<string, string> = {};
  for (const pair of blank < 0 ? [] : info.slice(blank + 1).split(',')) {
    const equals = pair.indexOf('=');
    if (equals > 0) properties[pair.slice(0, equals)] = unescapeData(pair.slice(equals + 1), [':', ',']);
  }
  return {
    name: blank < 0 ? info : info.slice(0, blank),
    properties,
    data: unescapeData(line.slice(end + 2), []),
  };
}

function unescapeData(text: string, more: readonly string[]): string {
  return ['\r', '\n', ...more, '%'].reduce(
    (done, char) =>
      done.replaceAll(`%${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`, char),
    text,
  );
}

function commandsOf(output: string): (Command | undefined)[] {
  expect(output).toMatch(/\n$/);
  return output
    .slice(0, -1)
    .split(/\r\n|\r|\n/)
    .map(runnerReads);
}

it('annotates what was found, and ends with the verdict', () => {
  expect(verifyGithub(BROKEN)).toBe(`\
::error title=deployment/unapproved%3A event 57%2C clinical-intake v12::production asks for 2 approvals and it has 1%0ATo do: have it approved by one more approver
::warning title=repo/ref-name%3A refs/tags/promptaudit/odd::the name is not one of ours%0ATo do: delete the tag
::notice title=deployment/unapproved%3A event 9%2C clinical-intake v12::production asks for 2 approvals and it has 1%0AAcknowledged by ann@acme.example in event 58: Reviewed later
::notice title=Not proven::- Nothing outside this clone vouches for the newest events.
::error title=promptaudit verify::NOT verified, 57 events and 60 signatures checked, 1 error, 1 warning, 1 acknowledged.
`);
  expect(verifyGithub({ ...SOUND, notProven: [] })).toBe(
    '::notice title=promptaudit verify::Verified, 57 events and 60 signatures checked.\n',
  );
});

it('begins with the first broken event', () => {
  const findings = [
    WARNING,
    UNAPPROVED,
    { ...UNAPPROVED, sequence: undefined },
    { ...UNAPPROVED, sequence: 12 },
  ];
  const [first] = commandsOf(verifyGithub({ ...BROKEN, findings: findings as typeof BROKEN.findings }));
  expect(first?.properties.title).toBe('deployment/unapproved: event 12, clinical-intake v12');
});

it('names the file of a policy', () => {
  const finding = { ...UNAPPROVED, code: 'policy/invalid' };
  expect(commandsOf(verifyGithub({ ...BROKEN, findings: [finding] }))[0]?.properties).toEqual({
    title: 'policy/invalid: event 57, clinical-intake v12',
    file: '.promptaudit/policy.yml',
    line: '1',
  });
});

it('writes no more of a kind than GitHub shows, the verdict among them', () => {
  const report = {
    ...BROKEN,
    findings: [
      ...manyFindings(100_000),
      ...manyFindings(11).map((finding) => ({ ...finding, severity: 'warning' as const })),
    ],
    acknowledged: manyFindings(11).map((finding) => ({ ...ACKNOWLEDGED, ...finding })),
  };
  const commands = commandsOf(verifyGithub(report));
  const datas = (name: string): string[] =>
    commands.flatMap((command) => (command?.name === name ? [command.data] : []));
  expect(datas('error')).toHaveLength(10);
  expect(datas('error').slice(-2)).toEqual([
    'and 99,992 more: see promptaudit verify --json',
    'NOT verified, 57 events and 60 signatures checked, 100,000 errors, 11 warnings, 11 acknowledged.',
  ]);
  expect(datas('warning')).toHaveLength(10);
  expect(datas('warning').at(-1)).toBe('and 2 more: see promptaudit verify --json');
  expect(datas('notice')).toHaveLength(10);
  expect(datas('notice').slice(-2)).toEqual([
    'and 3 more: see promptaudit verify --json',
    '- Nothing outside this clone vouches for the newest events.',
  ]);
});

it('writes nothing but its own commands, whatever a repository holds', () => {
  fc.assert(
    fc.property(reports, (report) => {
      const commands = commandsOf(verifyGithub(report));
      const { findings, acknowledged, notProven } = report;
      expect(commands).toHaveLength(
        findings.length + acknowledged.length + (notProven.length === 0 ? 0 : 1) + 1,
      );
      for (const command of commands) {
        expect(command?.name).toMatch(/^(?:error|warning|notice)$/);
        expect(Object.keys(command?.properties ?? {}).join()).toMatch(/^title(?:,file,line)?$/);
        expect(command?.properties.file ?? '.promptaudit/policy.yml').toBe('.promptaudit/policy.yml');
      }
    }),
    { numRuns: 500 },
  );
});

it('gives back, through the runner, the very text that a person is shown', () => {
  const message = '100% of a,b: c=d::error::e %0A %25';
  const [first] = commandsOf(
    verifyGithub({ ...BROKEN, findings: [{ ...UNAPPROVED, prompt: message, message, hint: 'x' }] }),
  );
  expect(first).toEqual({
    name: 'error',
    properties: { title: `deployment/unapproved: event 57, ${message} v12` },
    data: `${message}\nTo do: x`,
  });
});
