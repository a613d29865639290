import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseRedactionFile } from '../../src/calls/redact/file.ts';
import { PII_KINDS } from '../../src/calls/redact/piikinds.ts';
import { VERDICTS } from '../../src/calls/trace/verdict.ts';
import { parseArguments } from '../../src/cli/program.ts';
import { VERBS } from '../../src/cli/verbs.ts';
import { FINDING_CODES } from '../../src/trail/findings.ts';
import { builtBin } from '../helpers/built.ts';
import { run } from '../helpers/sandbox.ts';
import { NOW } from './world.ts';

const ROOT = join(import.meta.dirname, '../..');
const PAGES = ['README.md', 'docs/calls.md', 'docs/ci.md', 'docs/hooks.md', 'docs/threat-model.md'];

/** The command lines that a page shows, in fenced blocks and between backticks, but those in which something is left out (`…`, `<…>`) and bare verbs. */
function commandsIn(page: string): string[] {
  const fenced = Array.from(page.matchAll(/^```\w*\n(.*?)^```$/gms), ([, block = '']) =>
    block.split('\n'),
  ).flat();
  const inline = Array.from(
    page.replace(/^```.*?^```$/gms, '').matchAll(/`([^`\n]+)`/g),
    ([, code = '']) => code,
  );
  return [...fenced, ...inline].flatMap((line) => {
    const command = /(?:^|\$ |\| |[A-Z_]+=\S* |&& npx )(promptaudit (?!-demo).*)$/.exec(line.trim())?.[1];
    const whole = command?.replace(/\s+(?:#|>|\||&&|\\$).*$/, '').trim() ?? '';
    return whole === '' || /[…<]/.test(whole) || whole.slice(12) in VERBS ? [] : [whole];
  });
}

/** A command line's words; quotes keep words together. */
function words(command: string): string[] {
  const pieces = command.matchAll(/((?:"(?:\$\([^)]*\)|[^"])*"|'[^']*'|[^\s"'])+)/g);
  return Array.from(pieces, ([word]) => word.replace(/["']/g, '')).slice(1);
}

function fences(page: string, language: string): string[] {
  return Array.from(
    page.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, 'gms')),
    ([, text = '']) => text,
  );
}

describe.each(PAGES)('%s', (name) => {
  it('shows command lines that there are', async () => {
    const commands = commandsIn(await readFile(join(ROOT, name), 'utf8'));
    expect(commands.length).toBeGreaterThan(0);
    for (const command of commands) {
      const parsed = () => parseArguments(words(command), { version: '1.2.3', now: NOW, width: 80 });
      expect(parsed, command).not.toThrow();
    }
  });
});

describe('docs/calls.md', () => {
  const page = readFile(join(ROOT, 'docs/calls.md'), 'utf8');

  it('shows a program that records', async () => {
    const [program = ''] = fences(await page, 'js');
    const folder = await mkdtemp(join(tmpdir(), 'promptaudit-docs-'));
    try {
      await mkdir(join(folder, 'node_modules'));
      await symlink(dirname(dirname(builtBin())), join(folder, 'node_modules/promptaudit'));
      await writeFile(join(folder, 'app.mjs'), program);
      expect(await run(process.execPath, ['app.mjs'], { cwd: folder })).toMatchObject({
        code: 0,
        stderr: '',
      });
      const open = join(folder, '.promptaudit/calls/open');
      const [segment = ''] = (await readdir(open)).filter((file) => file.startsWith('intake-api-calls-'));
      const [line = '', ...rest] = (await readFile(join(open, segment), 'utf8')).split('\n');
      expect(JSON.parse(line)).toMatchObject({ kind: 'call', 'gen_ai.prompt.name': 'clinical-intake' });
      expect(rest).toEqual(['']);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('shows a file of redaction rules with every kind, and a policy’s periods', async () => {
    const [redaction = '', retention = ''] = fences(await page, 'yaml');
    expect(parseRedactionFile(Buffer.from(redaction))).toMatchObject({ options: { pii: PII_KINDS } });
    expect(retention).toMatch(/^retention:\n {2}calls: \d+d\n {2}content: \d+d\n {2}access: \d+d\n$/);
  });

  it('names every verdict', async () => {
    for (const verdict of VERDICTS) expect(await page).toContain(`\`${verdict}\``);
  });
});

it('the threat model names every finding', async () => {
  const page = await readFile(join(ROOT, 'docs/threat-model.md'), 'utf8');
  for (const code of FINDING_CODES) expect(page, code).toContain(`\`${code}\``);
});

describe('docs/json.md', () => {
  const page = readFile(join(ROOT, 'docs/json.md'), 'utf8');

  /** All that matches in the sources below these folders, each once and in order. */
  async function inSources(folders: readonly string[], pattern: RegExp): Promise<string[]> {
    const texts = folders.map(async (folder) => {
      const names = await readdir(join(ROOT, 'src', folder), { recursive: true });
      const files = names.filter((name) => name.endsWith('.ts'));
      return Promise.all(files.map((name) => readFile(join(ROOT, 'src', folder, name), 'utf8')));
    });
    return found((await Promise.all(texts)).flat().join('\n'), pattern);
  }

  function found(text: string, pattern: RegExp): string[] {
    return [...new Set(Array.from(text.matchAll(pattern), ([, one = '']) => one))].sort();
  }

  it('has every document that a verb prints, and no other', async () => {
    const printed = await inSources(['report', 'cli'], /(promptaudit\/[a-z-]+@1)/g);
    expect(printed.length).toBeGreaterThan(30);
    expect(found(await page, /`(promptaudit\/[a-z-]+@1)`/g)).toEqual(printed);
  });

  it('has every code of lint, and no other', async () => {
    const families = '(?:file|inputs|messages|name|prompt|response|tags|template|text|yaml)';
    const given = await inSources(['prompts', 'hooks'], new RegExp(`'(${families}/[a-z0-9-]+)'`, 'g'));
    expect(given.length).toBeGreaterThan(30);
    expect(found(await page, new RegExp(`\`(${families}/[a-z0-9-]+)\``, 'g'))).toEqual(given);
  });
});
