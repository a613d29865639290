import { spawnSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { builtBin } from '../helpers/built.ts';
import { type Clinic, foundClinic, promptText } from '../helpers/clinic.ts';
import { createSandbox, type Sandbox } from '../helpers/sandbox.ts';

/** What bash has for the end of a line: it calls the function as it does at the tab key. */
const AT_TAB = `
eval "$(promptaudit completion bash)" || exit 2
COMP_LINE=$1 COMP_POINT=\${#1}
\${BREAKS:+eval 'COMP_WORDBREAKS=$BREAKS'}
_promptaudit promptaudit
[ \${#COMPREPLY[@]} -eq 0 ] || printf '%s\\n' "\${COMPREPLY[@]}"
`;

/** What zsh has: it is run on a terminal, and what it offers is taken down on its way to the screen. */
const ZSH_AT_TAB = `
zmodload zsh/zpty
zpty -b shell zsh -f -i
zpty -w shell 'PS1=; autoload -Uz compinit; compinit -u -D; eval "$(promptaudit completion zsh)"'
zpty -w shell 'compadd() { local -a some; builtin compadd -O some "$@"; print -rl -- +$^some >> $OFFERED; builtin compadd "$@" }'
zpty -w shell "comppostfuncs=(ended); ended() { print . >> $OFFERED }; bindkey '^I' complete-word"
zpty -n -w shell "$1"$'\t'
until [[ $(< $OFFERED) == *. ]]; do sleep 0.05; done
zpty -d shell
sed -n 's/^+//p' $OFFERED
`;

const FISH_AT_TAB = 'promptaudit completion fish | source; complete -C $argv[1]';

function isHere(program: string): boolean {
  return spawnSync(program, ['--version']).status === 0;
}

let sandbox: Sandbox;
let clinic: Clinic;

beforeAll(async () => {
  sandbox = await createSandbox();
  clinic = await foundClinic(sandbox);
  await clinic.team.write('prompts/triage/children.prompt.yml', promptText('triage/children', 'New.'));
  await mkdir(join(sandbox.dir, 'bin'));
  const script = join(sandbox.dir, 'bin/promptaudit');
  await writeFile(script, `#!/bin/sh\nexec '${process.execPath}' '${builtBin()}' "$@"\n`);
  await chmod(script, 0o755);
});
afterAll(() => sandbox.remove());

async function offered(
  shell: string,
  args: readonly string[],
  more: { readonly cwd?: string | undefined; readonly env?: Record<string, string> } = {},
): Promise<string[]> {
  const env = { PATH: `${join(sandbox.dir, 'bin')}:${sandbox.env.PATH}`, ...more.env };
  const said = await sandbox.ok(shell, args, { cwd: more.cwd ?? clinic.team.repo, env });
  return said.split('\n').filter((word) => word !== '');
}

const COMMON: readonly (readonly [line: string, words: readonly string[]])[] = [
  ['promptaudit appr', ['approve']],
  ['promptaudit policy re', ['revoke-key']],
  ['promptaudit deploy tri', ['triage/adults', 'triage/children']],
  ['promptaudit deploy intake --em', ['--emergency']],
  ['promptaudit show nothing-like-it', []],
  ['promptaudit log --actor al', ['alice@acme.example']],
  ['promptaudit acknowledge approval/tag-m', ['approval/tag-mismatch']],
];

describe('completion in bash', () => {
  function atTab(line: string, cwd?: string, breaks = ''): Promise<string[]> {
    return offered('bash', ['--norc', '-c', AT_TAB, 'bash', line], { cwd, env: { BREAKS: breaks } });
  }

  const words: typeof COMMON = [
    ...COMMON,
    ['promptaudit deploy intake -e ', ['staging', 'production']],
    // bash puts this in the place of the @ and what was typed behind it.
    ['promptaudit show intake@', ['@staging', '@production', '@latest', '@draft']],
    ['promptaudit show intake@pro', ['@production']],
  ];

  it.each(words)('%s', async (line, expected) => {
    expect(await atTab(line)).toEqual(expected);
  });

  it('gives the whole word where bash breaks none at an @', async () => {
    expect(await atTab('promptaudit show intake@pro', undefined, ' ')).toEqual(['intake@production']);
  });

  it('knows the verbs also where there is no repository', async () => {
    expect(await atTab('promptaudit deploy ', sandbox.dir)).toEqual([]);
    expect(await atTab('promptaudit dep', sandbox.dir)).toEqual(['deploy']);
  });
});

/** What goes in where the other shells put whole words. */
const WHOLE: typeof COMMON = [
  ...COMMON,
  ['promptaudit deploy intake -e ', ['production', 'staging']],
  ['promptaudit show intake@', ['intake@draft', 'intake@latest', 'intake@production', 'intake@staging']],
  ['promptaudit show intake@pro', ['intake@production']],
  ['promptaudit commit "tri', ['triage/adults', 'triage/children']],
];

describe.skipIf(!isHere('zsh'))('completion in zsh', () => {
  async function atTab(line: string): Promise<string[]> {
    const folder = await mkdtemp(join(sandbox.dir, 'zsh-'));
    const file = join(folder, 'offered');
    await writeFile(file, '');
    const env = { OFFERED: file, ZDOTDIR: folder };
    return (await offered('zsh', ['-f', '-c', ZSH_AT_TAB, 'zsh', line], { env })).sort();
  }

  it.each(WHOLE)('%s', async (line, words) => {
    expect(await atTab(line)).toEqual(words);
  });

  it('offers files where it knows nothing of its own', async () => {
    expect(await atTab('promptaudit calls import promp')).toContain('prompts');
  });
});

describe.skipIf(!isHere('fish'))('completion in fish', () => {
  async function atTab(line: string): Promise<string[]> {
    return (await offered('fish', ['--no-config', '-c', FISH_AT_TAB, line])).sort();
  }

  it.each(WHOLE)('%s', async (line, words) => {
    expect(await atTab(line)).toEqual(words);
  });

  it('offers files where it knows nothing of its own', async () => {
    expect(await atTab('promptaudit calls import promp')).toEqual(['prompts/']);
  });
});

it('no other shell is known', async () => {
  expect(await clinic.team.told(undefined, ['completion', 'powershell'])).toEqual([
    2,
    'promptaudit: "powershell" is none of bash, zsh, fish',
  ]);
});
