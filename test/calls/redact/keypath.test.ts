import { describe, expect, it } from 'vitest';
import { arrivedBy, atRoot, parseKeyPath, stepInto } from '../../../src/calls/redact/keypath.ts';

function leads(path: string, way: readonly (string | number)[]): boolean {
  const parsed = parseKeyPath(path);
  if (parsed === undefined) throw new Error(`${path} is no path`);
  return arrivedBy(way.reduce(stepInto, atRoot([parsed]))) !== undefined;
}

describe('a key path', () => {
  it.each([
    ['messages[*].content.ssn', ['messages', 3, 'content', 'ssn']],
    ['messages[3]', ['messages', 3]],
    ['*.password', ['user', 'password']],
    ['**.password', ['password']],
    ['**.password', [0, 'user', 'password']],
    ['a.**.b', ['a', 'b']],
    ['a.**.b', ['a', 1, 'x', 'b']],
    ['a.**', ['a', 'anything']],
    ['["a.b"]["\\u0063"]', ['a.b', 'c']],
    ['[*]', [7]],
    ['größe.x-y_z', ['größe', 'x-y_z']],
  ] as const)('%s leads to %j', (path, way) => {
    expect(leads(path, way)).toBe(true);
  });

  it.each([
    ['messages[*].content.ssn', ['messages', 'a', 'content', 'ssn']],
    ['messages[3]', ['messages', 4]],
    ['*.password', ['password']],
    ['*.password', ['a', 'b', 'password']],
    ['*', [0]],
    ['[*]', ['0']],
    ['a.b', ['a', 'b', 'c']],
    ['a.b', ['a']],
  ] as const)('%s does not lead to %j', (path, way) => {
    expect(leads(path, way)).toBe(false);
  });

  it.each(['', '.a', 'a.', 'a..b', 'a b', 'a[', 'a[x]', 'a[-1]', 'a.[0]', '["a]', '**', '***', 'a[0]b'])(
    'is not %j',
    (text) => {
      expect(parseKeyPath(text)).toBeUndefined();
    },
  );

  it.each([
    ['messages[*].content.SSN', 'path/messages-content-ssn'],
    ['*', 'path/any'],
  ])('%s is the rule %s', (text, rule) => {
    expect(parseKeyPath(text)?.rule).toBe(rule);
  });
});
