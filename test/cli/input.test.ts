import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { inputFrom, readMessage } from '../../src/cli/input.ts';
import { UsageError } from '../../src/cli/usage.ts';
import { Failure } from '../../src/failure.ts';
import { sandbox } from '../helpers/sandbox.ts';

function place(text: string | Uint8Array = '', cwd = '/') {
  return { cwd, input: inputFrom(() => Readable.from([Buffer.from(text)])) };
}

function say(...message: string[]) {
  return { message, file: undefined };
}

describe('a message', () => {
  it.each([
    [[], ''],
    [['one'], 'one'],
    [['one', 'two'], 'one\n\ntwo'],
    [['one', '', 'two'], 'one\n\ntwo'],
    [['one\r\ntwo  \n\n'], 'one\ntwo'],
    [['\n\n  indented\n'], '  indented'],
    [['  '], ''],
    [['Zoe\u0308'], 'Zoë'],
  ])('%j is %j', async (message, expected) => {
    expect(await readMessage(place(), say(...message))).toBe(expected);
  });

  it('makes paragraphs as git does', async () => {
    const { git } = await sandbox();
    await git(['init', '-q']);
    await git([
      '-c',
      'user.name=A',
      '-c',
      'user.email=a@b.example',
      'commit',
      '-q',
      '--allow-empty',
      '-m',
      'one',
      '-m',
      'two\n',
      '-m',
      'three',
    ]);
    const theirs = await git(['log', '-1', '--format=%B']);
    expect(await readMessage(place(), say('one', 'two\n', 'three'))).toBe(theirs.trimEnd());
  });

  it('comes from a file beside the command, or from standard input', async () => {
    const { dir } = await sandbox();
    await writeFile(join(dir, 'why.txt'), 'from a file\n');
    expect(await readMessage(place('', dir), { message: [], file: 'why.txt' })).toBe('from a file');
    expect(await readMessage(place('from a pipe\n'), { message: [], file: '-' })).toBe('from a pipe');
  });

  it('does not come from two places', async () => {
    await expect(readMessage(place(), { message: ['x'], file: '-' })).rejects.toThrow(UsageError);
  });

  it('must be UTF-8, and of a sensible size', async () => {
    const bad = place(Buffer.from([0x61, 0xff]));
    await expect(readMessage(bad, { message: [], file: '-' })).rejects.toThrow('standard input is not UTF-8');
    const huge = place(Buffer.alloc(1024 * 1024 + 1, 0x61));
    await expect(readMessage(huge, { message: [], file: '-' })).rejects.toThrow(Failure);
  });

  it('may have a great many blanks in a row', async () => {
    const long = `a${' '.repeat(1_000_000)}x`;
    expect(await readMessage(place(long), { message: [], file: '-' })).toBe(long);
  });
});
