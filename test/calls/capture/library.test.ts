import { execFileSync, spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import type { AccessInput, CallInput, RecorderOptions } from '../../../src/index.ts';
import { openRecorder } from '../../../src/index.ts';
import { builtBin } from '../../helpers/built.ts';
import { newStore, usersIn } from '../store/room.ts';

const DIST = join(dirname(builtBin()), '../dist');

it('is all that an application needs to record', async () => {
  const store = await newStore();
  const options: RecorderOptions = { store, recorder: 'intake-api', defaults: { 'service.name': 'intake' } };
  const call: CallInput = {
    'gen_ai.prompt.name': 'clinical-intake',
    'gen_ai.usage.input_tokens': 812,
    'user.id': 'u77',
  };
  const access: AccessInput = {
    'promptaudit.access.action': 'show',
    'promptaudit.access.actor': 'a',
    'promptaudit.access.outcome': 'allowed',
    'user.id': 'u78',
  };
  const recorder = await openRecorder(options);
  recorder.recordCall(call);
  recorder.recordAccess(access);
  await recorder.close();
  expect(usersIn(store)).toEqual([['u78'], ['u77']]);
});

it('gives out what is listed, and nothing else', async () => {
  const script = `console.log(JSON.stringify(Object.keys(await import(process.argv[1])).sort()))`;
  const names = execFileSync(process.execPath, ['--input-type=module', '-e', script, join(DIST, 'index.js')]);
  expect(JSON.parse(names.toString())).toEqual([
    'Failure',
    'Refusal',
    'Trail',
    'activeAt',
    'openEmbeddedStore',
    'openNativeStore',
    'openRecorder',
    'parsePrompt',
    'readContents',
    'renderPrompt',
    'resolveVersion',
    'verifyRegistry',
  ]);
});

/** Names each package that is loaded on standard error. */
const TELLER = `export async function resolve(name, context, next) {
  if (!/^(?:[./]|node:|file:|data:)/.test(name)) process._rawDebug(name);
  return next(name, context);
}`;

it.each([
  ['calls/capture/recorder.js', []],
  ['index.js', ['@duckdb/node-api', 'age-encryption', 'protobufjs', 'isomorphic-git', 'openpgp']],
])('%s loads nothing heavy', (file, heavy) => {
  const script = `import { register } from 'node:module';
    register('data:text/javascript,' + encodeURIComponent(process.argv[2]));
    await import(process.argv[1]);`;
  const { stderr } = spawnSync(process.execPath, [
    '--input-type=module',
    '-e',
    script,
    join(DIST, file),
    TELLER,
  ]);
  const loaded = stderr
    .toString()
    .split('\n')
    .filter((name) => name !== '');
  if (heavy.length === 0) expect(loaded).toEqual([]);
  for (const name of heavy) expect(loaded).not.toContain(name);
});
