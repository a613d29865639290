import { chmod, mkdir, writeFile } from 'node:fs/promises';
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

describe('completion in bash', () => {
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

  async function atTab(line: string, folder = clinic.team.repo, breaks = ''): Promise<string[]> {
    const env = { PATH: `${join(sandbox.dir, 'bin')}:${sandbox.env.PATH}`, BREAKS: breaks };
    const said = await sandbox.ok('bash', ['--norc', '-c', AT_TAB, 'bash', line], { cwd: folder, env });
    return said.split('\n').filter((word) => word !== '');
  }

  it.each([
    ['promptaudit appr', ['approve']],
    ['promptaudit policy re', ['revoke-key']],
    ['promptaudit deploy tri', ['triage/adults', 'triage/children']],
    ['promptaudit deploy intake -e ', ['staging', 'production']],
    ['promptaudit deploy intake --em', ['--emergency']],
    // bash puts this in the place of the @ and what was typed behind it.
    ['promptaudit show intake@', ['@staging', '@production', '@latest', '@draft']],
    ['promptaudit show intake@pro', ['@production']],
    ['promptaudit show nothing-like-it', []],
  ])('%s', async (line, words) => {
    expect(await atTab(line)).toEqual(words);
  });

  it('gives the whole word where bash breaks none at an @', async () => {
    expect(await atTab('promptaudit show intake@pro', undefined, ' ')).toEqual(['intake@production']);
  });

  it('knows the verbs also where there is no repository', async () => {
    expect(await atTab('promptaudit deploy ', sandbox.dir)).toEqual([]);
    expect(await atTab('promptaudit dep', sandbox.dir)).toEqual(['deploy']);
  });

  it('knows no other shell', async () => {
    expect(await clinic.team.told(undefined, ['completion', 'csh'])).toEqual([
      2,
      'promptaudit: "csh" is none of bash',
    ]);
  });
});
