import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type CallFilter,
  classesOf,
  decodeFilter,
  encodeFilter,
  parseFilter,
} from '../../../src/calls/search/filter.ts';
import { count } from '../../../src/calls/search/search.ts';
import { listSources } from '../../../src/calls/search/sources.ts';
import { Failure } from '../../../src/failure.ts';
import { found, idOf, makeSampleStore, QUOTES, type Store } from './store.ts';

let store: Store;
beforeAll(async () => {
  store = await makeSampleStore();
});
afterAll(() => store.close());

describe('a filter', () => {
  it.each<[CallFilter, number[]]>([
    [{}, [1, 2, 5, 3, 4, 6]],
    [{ kind: 'call' }, [1, 2, 3, 4]],
    [{ kind: 'access' }, [5, 6]],
    [{ id: idOf(2) }, [2]],
    [{ id: idOf(4) }, [4]],
    [{ prompt: 'intake' }, [1, 2]],
    [{ prompt: 'refund', version: '1' }, [3, 4]],
    [{ prompt: 'intake', version: '1' }, [1]],
    [{ environment: 'staging' }, [3, 4]],
    [{ user: 'ann' }, [1, 5, 3]],
    [{ user: QUOTES }, [4]],
    [{ actor: 'mallory' }, [6]],
    [{ model: 'gpt-5' }, [1, 3, 4]],
    [{ model: 'claude' }, [2, 4]],
    [{ model: 'claude-2026' }, [2]],
    [{ provider: 'openai' }, [1, 4]],
    [{ workflow: 'triage' }, [1, 2]],
    [{ conversation: 'k1' }, [1, 2]],
    [{ service: 'web' }, [4]],
    [{ status: 'error' }, [2, 6]],
    [{ status: 'error', kind: 'call' }, [2]],
    [{ status: 'ok' }, [1, 5, 3, 4]],
    [{ status: 'ok', kind: 'call' }, [1, 3, 4]],
    [{ since: '2026-11-03T00:00:00.000Z' }, [3, 4, 6]],
    [{ until: '2026-11-03T00:00:00.000Z' }, [1, 2, 5]],
    [{ since: '2026-11-04T10:00:00.500Z', until: '2026-11-04T10:00:00.501Z' }, [4]],
    [{ since: '2026-11-04T10:00:00.501Z', kind: 'call' }, []],
    [{ minTokens: 150 }, [1, 4]],
    [{ maxTokens: 150 }, [1, 2]],
    [{ minTokens: 151, maxTokens: 3000 }, [4]],
    [{ minLatency: 900 }, [2, 4]],
    [{ maxLatency: 900 }, [1, 2]],
    [{ minLatency: 5000.5 }, [4]],
    [{ minCost: 0.01 }, [1, 2]],
    [{ maxCost: 0 }, [4]],
    [{ user: 'ann', model: 'gpt-5', environment: 'production' }, [1]],
    [{ actor: 'alice', model: 'gpt-5' }, []],
  ])('%j finds %j', async (filter, expected) => {
    expect(await found(store, filter)).toEqual(expected);
    expect(await count(store.engine, await listSources(store.folder), filter)).toBe(expected.length);
  });

  it('takes a large number of tokens for what it is', async () => {
    expect(await found(store, { minTokens: 5_000_000_000 })).toEqual([]);
    expect(await found(store, { maxTokens: 5_000_000_000 })).toEqual([1, 2, 4]);
  });

  it('finds text by the calls that it was found in, and not without them', async () => {
    expect(await found(store, { text: 'x', user: 'ann' }, { ids: [idOf(3), idOf(4), "'"] })).toEqual([3]);
    expect(await found(store, { text: 'x' }, { ids: [] })).toEqual([]);
    await expect(found(store, { text: 'x' })).rejects.toThrow(Failure);
  });

  const texts = [
    'prompt',
    'environment',
    'user',
    'actor',
    'model',
    'provider',
    'workflow',
    'conversation',
    'service',
  ];
  const attempts = [
    "' OR 1=1 --",
    "ann'; DROP TABLE x; --",
    "ann' UNION SELECT 1 --",
    '$1',
    '%',
    "\\' OR true --",
    'ann\0',
  ];
  it.each(texts)('takes SQL in %s for text', async (field) => {
    for (const attempt of attempts) expect(await found(store, { [field]: attempt })).toEqual([]);
  });
});

describe('the classes of a filter', () => {
  it.each<[CallFilter, string[]]>([
    [{}, ['calls', 'access']],
    [{ user: 'ann', status: 'error' }, ['calls', 'access']],
    [{ kind: 'call' }, ['calls']],
    [{ maxCost: 1 }, ['calls']],
    [{ actor: 'alice' }, ['access']],
    [{ kind: 'access', minTokens: 0 }, []],
  ])('%j are %j', (filter, classes) => expect(classesOf(filter)).toEqual(classes));
});

describe('the canonical form', () => {
  it('sorts the names and leaves out what is not there', () => {
    const filter = { user: 'é"', since: '2026-11-01T00:00:00.000Z', maxCost: 1e21, id: undefined };
    expect(encodeFilter(parseFilter(filter))).toBe(
      '{"maxCost":1e+21,"since":"2026-11-01T00:00:00.000Z","user":"é\\""}',
    );
    expect(decodeFilter(encodeFilter({ user: 'é', minTokens: 5 }))).toEqual({ user: 'é', minTokens: 5 });
  });

  it.each([
    '',
    '[]',
    'null',
    '{',
    '{"b":1}',
    '{ "user":"a"}',
    '{"user":"a","model":"b"}',
    '{"user":"a","user":"a"}',
    '{"minCost":1.0}',
  ])('refuses %s', (json) => expect(() => decodeFilter(json)).toThrow(Failure));
});

describe('parsing', () => {
  it('says all that is wrong at once, and what was probably meant', () => {
    const wrong = {
      usr: 'a',
      kind: 'calls',
      id: 'ABC',
      user: '',
      since: 'yesterday',
      minCost: -1,
      version: '3',
    };
    expect(() => parseFilter(wrong)).toThrow(
      new Failure(
        'the filter cannot be used: "usr" is nothing to filter by, did you mean user?; kind is not one of call, access; ' +
          'id is not a UUID in lower case; user is not a text of 1 to 4096 characters; ' +
          'since is not a time such as 2026-11-21T10:11:12.345Z; minCost is not a number from 0 on; ' +
          'version says nothing without prompt',
      ),
    );
  });

  it.each<object>([
    { since: '2026-11-02T00:00:00.000Z', until: '2026-11-01T00:00:00.000Z' },
    { minTokens: 2, maxTokens: 1 },
    { minLatency: Number.NaN },
    { text: '\ud800' },
    { constructor: 'x' },
    { user: ['ann'] },
  ])('refuses %j', (filter) => expect(() => parseFilter(filter)).toThrow(Failure));
});
