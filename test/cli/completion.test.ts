import { describe, expect, it, test } from 'vitest';
import { wantedAt } from '../../src/cli/completion.ts';

function wordsAt(...line: string[]): readonly string[] {
  const wanted = wantedAt(line);
  return wanted.kind === 'words' ? wanted.words : [wanted.kind];
}

describe('the last word of a line may be', () => {
  test.each([
    [['deploy', ''], 'references'],
    [['deploy', '-e', 'staging', 'intake@'], 'references'],
    [['deploy', 'intake', '-e', ''], 'environments'],
    [['deploy', 'intake', '--env', 'st'], 'environments'],
    [['promote', 'intake', '--from', 'staging', '--to', ''], 'environments'],
    [['ci', 'init', 'github', '-e', ''], 'environments'],
    [['log', '--actor', 'al'], 'people'],
    [['-C', 'there', '--git', 'native', 'status', 'a', ''], 'prompts'],
    [['promote', ''], 'prompts'],
    [['search', '--prompt', ''], 'prompts'],
    [['diff', 'intake', ''], 'references'],
    [['list', '--', '-'], 'prompts'],
  ])('%j: %s', (line, kind) => {
    expect(wantedAt(line)).toEqual({ kind });
  });

  test.each([
    [['pol'], ['policy', 'help', 'log']],
    [
      ['policy', ''],
      ['show', 'check', 'add', 'revoke-key', 'commit'],
    ],
    [
      ['policy', 'add', 'bob@acme.example', '--role', ''],
      ['author', 'admin'],
    ],
    [
      ['log', '--event', ''],
      ['approval', 'seal'],
    ],
    [
      ['ci', 'init', ''],
      ['github', 'gitlab'],
    ],
    [
      ['hook', 'run', ''],
      ['pre-commit', 'pre-push', 'pre-receive'],
    ],
    [
      ['calls', 'purge', '--dry-run', ''],
      ['calls', 'content', 'access'],
    ],
    [
      ['--git', ''],
      ['native', 'embedded'],
    ],
    [
      ['deploy', 'intake', '-'],
      ['--env', '--emergency', '--json', '--git'],
    ],
    [['-'], ['--json', '--quiet']],
  ])('%j: one of %j', (line, some) => {
    expect(wordsAt(...line)).toEqual(expect.arrayContaining(some));
  });

  it.each([
    ['new', ''],
    ['deploy', 'intake', ''],
    ['deploy', '-m', ''],
    ['rollback', 'intake', '--to', ''],
    ['calls', 'hold', ''],
    ['calls', 'search', '--since', ''],
    ['nothing', 'of', ''],
    ['policy', 'nothing', ''],
    ['whoami', ''],
  ])('nothing: %j %j %j', (...line) => {
    expect(wordsAt(...line)).toEqual([]);
  });

  it('no verb twice, and no option of another', () => {
    const verbs = wordsAt('');
    expect(new Set(verbs).size).toBe(verbs.length);
    expect(wordsAt('list', '--')).not.toContain('--env');
  });
});
