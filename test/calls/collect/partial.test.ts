import { describe, expect, it } from 'vitest';
import { partialSuccess } from '../../../src/calls/collect/partial.ts';

describe('what a sender is told of what was not kept', () => {
  it('is nothing where all was', () => {
    expect(partialSuccess('traces', [])).toBeUndefined();
  });

  it('names three problems at most, each once', () => {
    expect(partialSuccess('logs', ['a', 'b', 'a', 'c', 'd', 'e', 'd'])).toEqual({
      rejected: 7,
      message: '7 log records were not kept: a (2 times); b; c; and 2 more',
    });
  });

  it('is short, and cut between characters', () => {
    const { message = '' } = partialSuccess('traces', [`${'x'.repeat(198)}😀😀`]) ?? {};
    expect(message).toBe(`1 span was not kept: ${'x'.repeat(198)}…`);
  });
});
