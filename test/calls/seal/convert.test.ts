import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { asyncBufferFromFile, parquetReadObjects } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { describe, expect, it } from 'vitest';
import { deepCheck } from '../../../src/calls/check/deepcheck.ts';
import { ask, literal } from '../../../src/calls/engine/duckdb.ts';
import { convertSegment } from '../../../src/calls/seal/convert.ts';
import { Failure } from '../../../src/failure.ts';
import { leafHash, merkleRoot } from '../../../src/ledger/merkle.ts';
import { callLines, fileOf, idOf, lineOf } from './records.ts';
import { workshop } from './workshop.ts';

async function recordsIn(path: string): Promise<string[]> {
  const file = await asyncBufferFromFile(path);
  const rows = await parquetReadObjects({ file, compressors, columns: ['record'] });
  return rows.map((row) => String(row.record));
}

function rootOf(lines: readonly string[]): string {
  const root = merkleRoot(Buffer.concat(lines.map((line) => leafHash(Buffer.from(line)))));
  return `sha256:${root.toString('hex')}`;
}

describe('converting a segment', () => {
  it('keeps the order of the lines over several row groups, and says what a seal needs', async () => {
    const { engine, convert, at, folder } = await workshop();
    const lines = callLines(30_000);
    const { file, damaged, duplicates, unread } = await convert(lines);
    const bytes = await readFile(at('segment.parquet'));
    expect({ file, damaged, duplicates, unread }).toEqual({
      file: {
        records: 30_000,
        first: '2026-11-21T10:00:00.000Z',
        last: '2026-11-21T18:19:59.000Z',
        merkleRoot: rootOf(lines),
        fileDigest: `sha256:${createHash('sha256').update(bytes).digest('hex')}`,
        fileSize: bytes.length,
      },
      damaged: [],
      duplicates: [],
      unread: [],
    });
    expect(await recordsIn(at('segment.parquet'))).toEqual(lines);
    const groups = await ask(
      engine,
      `SELECT DISTINCT row_group_id AS number FROM parquet_metadata(${literal(at('segment.parquet'))})`,
    );
    expect(groups.length).toBeGreaterThan(1);
    expect((await readdir(folder)).filter((name) => name.endsWith('.lines'))).toEqual([]);
  });

  it('takes paths that look like patterns, and quotes', async () => {
    const { engine, folder } = await workshop();
    const place = join(folder, "it's [a]* date=2026-11-21");
    await mkdir(place);
    const lines = callLines(3);
    const [source, target] = [join(place, 'x.jsonl'), join(place, 'x.parquet')];
    await writeFile(source, fileOf(lines));
    const { file } = await convertSegment({ engine, kind: 'call', source, target, sealed: () => [] });
    expect(file?.records).toBe(3);
    expect(await recordsIn(target)).toEqual(lines);
  });

  it('leaves out what is no record, says which line and why, and keeps the rest', async () => {
    const { convert, at } = await workshop();
    const [one = '', two = '', three = ''] = callLines(3);
    const bytes = (change: (line: Buffer) => void) => {
      const line = Buffer.from(two);
      change(line);
      return line;
    };
    const bad: readonly (readonly [string | Uint8Array, string])[] = [
      ['', 'it is not a JSON object'],
      [
        `${two.slice(0, -1)},"user.id":"a\u0085b"}`,
        'user.id is not a text of 1 to 4096 characters without control characters',
      ],
      [
        two.replace('"gen_ai.usage', '"gen_ai.request.temperature":-0.5,"gen_ai.usage'),
        'gen_ai.request.temperature is not a finite number, 0 or more',
      ],
      ['nothing', 'it is not a JSON object'],
      ['{nothing}', 'it is not JSON'],
      ['[]', 'it is not a JSON object'],
      ['{}', 'it is not a record of kind call'],
      [`${two} `, 'it is not canonical JSON'],
      [two.replace('{', '{ '), 'it is not canonical JSON'],
      [two.replace('"kind"', '"\\u006bind"'), 'it is not canonical JSON'],
      [`${two.slice(0, -1)},"user.id":"a","user.id":"b"}`, 'it is not canonical JSON'],
      [`${two.slice(0, -1)},"user.id":"a","service.name":"b"}`, 'it is not canonical JSON'],
      [
        `${two.slice(0, -1)},"user.id":"a\\u0000b"}`,
        'user.id is not a text of 1 to 4096 characters without control characters',
      ],
      [
        `${two.slice(0, -1)},"user.id":"${'x'.repeat(4097)}"}`,
        'user.id is not a text of 1 to 4096 characters without control characters',
      ],
      [
        two.replace('"gen_ai.usage.input_tokens":1', '"gen_ai.usage.input_tokens":1e99999'),
        'gen_ai.usage.input_tokens is not a whole number from 0 to 2^53 - 1',
      ],
      [
        two.replace('"gen_ai.usage.input_tokens":1', '"gen_ai.usage.input_tokens":99999999999999999999'),
        'gen_ai.usage.input_tokens is not a whole number from 0 to 2^53 - 1',
      ],
      [
        two.replace('"gen_ai.usage.input_tokens":1', '"gen_ai.usage.input_tokens":1.0'),
        'it is not canonical JSON',
      ],
      [
        two.replace('"gen_ai.usage.input_tokens":1', '"gen_ai.usage.input_tokens":"1"'),
        'it is not canonical JSON',
      ],
      [two.replace('T10:00:01', 'T24:00:00'), 'occurredAt is not a time such as 2026-11-21T10:11:12.345Z'],
      [
        two.replace('"occurredAt":"2026-11-21', '"occurredAt":"2026-02-29'),
        'occurredAt is not a time such as 2026-11-21T10:11:12.345Z',
      ],
      [two.replace('record@1', 'record@2'), 'schema is not promptaudit/record@1'],
      [two.replace('"kind":"call"', '"kind":"access"'), 'it is not a record of kind call'],
      [
        lineOf(
          {
            'promptaudit.access.action': 'show',
            'promptaudit.access.actor': 'a',
            'promptaudit.access.outcome': 'allowed',
          },
          'access',
        ),
        'promptaudit.access.action has no place in a record of kind call',
      ],
      [`{"__proto__":{},${two.slice(1)}`, 'it has a field that no record has'],
      [`\ufeff${two}`, 'it is not a JSON object'],
      [`${two}\r`, 'it is not canonical JSON'],
      [bytes((line) => line.writeUInt8(0x01, 3)), 'it is not JSON'],
      [bytes((line) => line.writeUInt8(0x00, 3)), 'it is not JSON'],
      [bytes((line) => line.writeUInt8(0xff, 3)), 'it is not UTF-8'],
      [`{"user.id":"${'x'.repeat(65_536)}"}`, 'it is longer than 65536 characters'],
      ['x'.repeat(3_000_000), 'it is longer than 65536 characters'],
      [`{"kind":${'['.repeat(50_000)}`, 'it is not JSON'],
    ];
    for (const [line, why] of bad) {
      const length = Buffer.from(line as string).length + 1;
      const { file, damaged } = await convert([one, line, three]);
      expect([line.slice(0, 60), damaged]).toEqual([
        line.slice(0, 60),
        [{ line: 2, lines: 1, offset: one.length + 1, length, why }],
      ]);
      expect(file?.merkleRoot).toBe(rootOf([one, three]));
    }
    const { file, damaged } = await convert(
      bad.flatMap(([line]) => [line, one.replace(idOf(0), crypto.randomUUID())]),
    );
    expect(file?.records).toBe(bad.length);
    expect(damaged.map(({ line }) => line)).toEqual(bad.map((_, at) => 2 * at + 1));
    expect((await recordsIn(at('segment.parquet'))).length).toBe(bad.length);
  });

  it('tells a torn last line, and one that is torn in the middle of nothing', async () => {
    const { convert, at } = await workshop();
    const lines = callLines(3);
    const whole = fileOf(lines);
    for (const cut of [1, 2, 40]) {
      const { file, damaged } = await convert(whole.subarray(0, whole.length - cut));
      expect(damaged).toMatchObject([{ line: 3, lines: 1, why: 'it is torn: no line feed follows' }]);
      expect(file?.merkleRoot).toBe(rootOf(lines.slice(0, 2)));
      expect(await recordsIn(at('segment.parquet'))).toEqual(lines.slice(0, 2));
    }
    const { damaged } = await convert(Buffer.concat([whole, Buffer.alloc(2_500_000, 'x')]));
    expect(damaged).toEqual([
      { line: 4, lines: 1, offset: whole.length, length: 2_500_000, why: 'it is torn: no line feed follows' },
    ]);
  });

  it('writes no file where no record is left', async () => {
    const { convert, folder } = await workshop();
    expect(await convert([])).toMatchObject({ file: undefined, damaged: [] });
    expect(await convert(Buffer.alloc(300_000, '\n'))).toMatchObject({
      file: undefined,
      damaged: [{ line: 1, lines: 300_000, offset: 0, length: 300_000 }],
    });
    expect((await readdir(folder)).filter((name) => /parquet|lines/.test(name))).toEqual([]);
  });

  it('keeps the first of records with one id, also beside damaged lines and sealed segments', async () => {
    const { convert, seal, at } = await workshop();
    const [a = '', b = '', c = '', d = '', e = ''] = callLines(5);
    const earlier = await seal([d], 'earlier');
    await writeFile(at('broken.parquet'), 'PAR1 no such thing PAR1');
    const other = a.replace('model-0', 'another');
    const { file, damaged, duplicates, unread } = await convert([a, 'x', b, other, 'y', d, c, b, e], {
      sealed: [earlier.path, at('broken.parquet'), at('gone*.parquet')],
    });
    expect(damaged.map(({ line }) => line)).toEqual([2, 5]);
    expect(duplicates).toEqual([
      { id: idOf(0), line: 4, sealedIn: undefined },
      { id: idOf(3), line: 6, sealedIn: earlier.path },
      { id: idOf(1), line: 8, sealedIn: undefined },
    ]);
    expect(unread.toSorted()).toEqual([at('broken.parquet'), at('gone*.parquet')]);
    expect(await recordsIn(at('segment.parquet'))).toEqual([a, b, c, e]);
    expect(file?.merkleRoot).toBe(rootOf([a, b, c, e]));
    expect(file?.last).toBe('2026-11-21T10:00:04.000Z');
  });

  it('writes no file where all was sealed before', async () => {
    const { convert, seal, folder } = await workshop();
    const lines = callLines(4);
    const earlier = await seal(lines, 'earlier');
    const { file, duplicates } = await convert(lines, { sealed: [earlier.path] });
    expect([file, duplicates.length]).toEqual([undefined, 4]);
    expect((await readdir(folder)).includes('segment.parquet')).toBe(false);
  });

  it('writes smaller row groups where records are too large for the memory', async () => {
    const { engine, seal } = await workshop();
    const stop = (at: number) => Array.from({ length: 14 }, (_, k) => String(at + k).repeat(1000));
    const lines = Array.from({ length: 600 }, (_, at) =>
      lineOf({ id: idOf(at), 'gen_ai.request.stop_sequences': stop(at) }),
    );
    await ask(engine, "SET memory_limit = '110MB'");
    const { path, ...file } = await seal(lines);
    const groups = `SELECT DISTINCT row_group_id FROM parquet_metadata(${literal(path)})`;
    expect((await ask(engine, groups)).length).toBeGreaterThan(1);
    await ask(engine, "SET memory_limit = '320MB'");
    expect(await deepCheck({ engine, path, kind: 'call', seal: file })).toEqual([]);
    expect(file.merkleRoot).toBe(rootOf(lines));
  });

  it('writes smaller row groups where large records come behind small ones', async () => {
    const { engine, seal } = await workshop();
    const stop = Array.from({ length: 15 }, () => 'x'.repeat(3990));
    const lines = Array.from({ length: 3600 }, (_, at) =>
      lineOf(at < 3000 ? { id: idOf(at) } : { id: idOf(at), 'gen_ai.request.stop_sequences': stop }),
    );
    const { path } = await seal(lines);
    expect(await ask(engine, "SELECT current_setting('threads')::INTEGER AS threads")).toEqual([
      { threads: 2 },
    ]);
    const [groups] = await ask(
      engine,
      `SELECT max(row_group_num_rows)::INTEGER AS rows FROM parquet_metadata(${literal(path)})`,
    );
    // A thread hands on 2,048 rows at the most, or what it read of them at a time.
    expect(groups?.rows).toBeLessThanOrEqual(2048);
  });

  it('keeps the leaf hashes beside the file', async () => {
    const { at, seal } = await workshop();
    const lines = callLines(5000);
    await seal(lines);
    const leaves = lines.map((line) => createHash('sha256').update('\0').update(line).digest());
    expect(await readFile(at('segment.parquet.leaves'))).toEqual(Buffer.concat(leaves));
  });

  it('says what cannot be read or written, and leaves nothing half done', async () => {
    const { engine, at, seal, folder } = await workshop();
    await seal(callLines(2));
    const task = {
      engine,
      kind: 'call',
      source: at('segment.jsonl'),
      target: at('new.parquet'),
      sealed: () => [],
    } as const;
    await expect(convertSegment({ ...task, source: at('gone.jsonl') })).rejects.toThrow(
      new Failure(`${at('gone.jsonl')} cannot be read: there is no such file or folder`),
    );
    await expect(convertSegment({ ...task, source: folder })).rejects.toThrow(
      /cannot be read: it is a folder$/,
    );
    await expect(convertSegment({ ...task, target: at('no/such/new.parquet') })).rejects.toThrow(Failure);
    await rm(at('segment.parquet'));
    await rm(at('segment.parquet.leaves'));
    expect((await readdir(folder)).filter((name) => name.includes('parquet'))).toEqual([]);
  });
});
