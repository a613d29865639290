import fc from 'fast-check';
import { expect, test } from 'vitest';
import { lastWords, runProgram, splitCommand } from '../../src/signing/program.ts';
import { run, sandbox } from '../helpers/sandbox.ts';

const split = (command: string) => splitCommand('gpg.ssh.defaultKeyCommand', command);

test.each([
  ['ssh-add -L', ['ssh-add', '-L']],
  ['  a \t b\n', ['a', 'b']],
  [`'a b' "c d" e\\ f`, ['a b', 'c d', 'e f']],
  [`a'b'"c"d`, ['abcd']],
  [`"a\\"b" 'a\\b'`, ['a"b', 'a\\b']],
  [`'' ""`, ['', '']],
  [`sh -c 'a | b'`, ['sh', '-c', 'a | b']],
  ['', []],
])('%j', (command, words) => {
  expect(split(command)).toEqual(words);
});

test.each([`'a`, `"a`, 'a\\', `a "b\\"`])('an open quote: %j', (command) => {
  expect(() => split(command)).toThrow(/open quote/);
});

test.each(['a | b', 'a && b', 'a; b ; c', 'a > b', 'a 2>/dev/null', 'a $(b)', 'a `b`'])(
  'a shell is needed: %j',
  (command) => {
    expect(() => split(command)).toThrow(/needs a shell/);
  },
);

test('the words are those that git’s aliases, which it splits by the same function, pass on', async () => {
  const box = await sandbox();
  await box.git(['init', '-q', 'r']);
  const word = fc.stringMatching(/^(?:[a-z]|\\[ '"a]|'[a-z "\\]*'|"(?:[a-z ']|\\["a])*"){1,6}$/);
  const commands = fc
    .sample(fc.array(word, { minLength: 1, maxLength: 4 }), 12)
    .map((words) => words.join(' '));
  for (const command of commands) {
    const args = ['-C', 'r', '-c', `alias.probe=rev-parse --sq-quote ${command}`, 'probe'];
    const printed = await box.git(args);
    const expected = await box.git(['-C', 'r', 'rev-parse', '--sq-quote', ...split(command)]);
    expect(printed, command).toBe(expected);
  }
});

test('the last words leave out what gpg writes for machines', async () => {
  const result = await run('sh', [
    '-c',
    'printf "one\\ntw\\033[1mo\\n[GNUPG:] FAILURE sign 1\\n\\n" >&2; exit 2',
  ]);
  expect(lastWords(result)).toBe('tw [1mo');
  expect(lastWords({ ...result, stderr: '' })).toMatch(/exit code 2/);
});

test.each(['soon', '0', '-1', '1e9', '9999999'])('a timeout of %s is refused', async (timeout) => {
  const place = { cwd: '.', env: { ...process.env, PROMPTAUDIT_SIGNING_TIMEOUT: timeout } };
  expect(() => runProgram('true', [], place)).toThrow(/PROMPTAUDIT_SIGNING_TIMEOUT is ".*", and not/);
});

test('a program that ends in time is left alone', async () => {
  const place = { cwd: '.', env: { ...process.env, PROMPTAUDIT_SIGNING_TIMEOUT: '600' } };
  expect((await runProgram('sh', ['-c', 'cat; exit 3'], place, Buffer.from('x'))).code).toBe(3);
});
