import { describe, expect, test } from 'vitest';
import { keyFilePath, parseEnvironmentName, parsePrincipalId } from '../../src/policy/names.ts';
import { branchProblem, folderProblem } from '../../src/policy/places.ts';
import { run } from '../helpers/sandbox.ts';

describe('principals', () => {
  test.each(['alice@acme.example', 'A.b_c%d+e-f@x', 'deploy-bot@acme.example', '-a@b', 'a@1.2.x'])(
    '%s is one, and git takes it as the last part of a ref',
    async (text) => {
      expect(parsePrincipalId(text)).toBe(text);
      const ref = `refs/tags/promptaudit/x/v1/approved/${text}`;
      expect((await run('git', ['check-ref-format', ref])).code).toBe(0);
    },
  );

  test.each([
    '',
    'alice',
    '@acme.example',
    'alice@',
    'a@b@c',
    'al ice@acme.example',
    'älice@acme.example',
    'a..b@acme.example',
    '.a@acme.example',
    'a@.acme',
    'a@acme.',
    'a@acme.lock',
    'a@acme.2',
    'a/b@acme.example',
    'a@acme.example\n',
    `${'a'.repeat(200)}@b`,
  ])('%j is none', (text) => {
    expect(parsePrincipalId(text)).toBeUndefined();
  });
});

describe('environments', () => {
  test.each(['staging', 'production', 'eu-west-1', 'x', 'v', 'version2', 'dev', `${'a'.repeat(31)}g`])(
    '%s',
    (text) => {
      expect(parseEnvironmentName(text)).toBe(text);
    },
  );

  test.each([
    '',
    'Production',
    '1st',
    '-x',
    'latest',
    'draft',
    'cafe',
    'deadbeef1',
    'v12',
    'a_b',
    'g'.repeat(33),
    'x\n',
  ])('%j is none', (text) => {
    expect(parseEnvironmentName(text)).toBeUndefined();
  });
});

test.each([
  'main',
  'release/1.x',
  'a@b',
  'ünï',
  'x-y_z',
  'HEAD',
  '-x',
  '.x',
  'x/.y',
  'x..y',
  'x.',
  'x.lock',
  'x.lock/y',
  'x y',
  'x~y',
  'x^',
  'x:y',
  'x?',
  'x*',
  'x[',
  'x\\y',
  'x@{y',
  '/x',
  'x/',
  'x//y',
  'a\tb',
])('branch %j: the same answer as git', async (name) => {
  const { code } = await run('git', ['check-ref-format', '--branch', name], { cwd: '/' });
  expect(branchProblem(name) === undefined).toBe(code === 0);
});

test('branch "@" is refused: git branch takes it for HEAD', () => {
  expect(branchProblem('@')).toBeDefined();
});

describe('folders', () => {
  test.each(['prompts', 'a/b/c', 'my prompts', '.prompts', 'x..y'])('%s', (text) => {
    expect(folderProblem(text)).toBeUndefined();
  });

  test.each([
    '',
    '.',
    '/x',
    'x/',
    'x//y',
    '../x',
    'x/../y',
    './x',
    'C:/x',
    'a\\b',
    '.git',
    'x/.GIT/y',
    '.promptaudit/x',
    'a\nb',
  ])('%j is none', (text) => {
    expect(folderProblem(text)).toBeDefined();
  });
});

test('an OpenPGP key stands beside the policy under its fingerprint', () => {
  expect(keyFilePath('ABCD')).toBe('.promptaudit/keys/ABCD.asc');
});
