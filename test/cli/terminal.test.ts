import { Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { printerTo } from '../../src/cli/print.ts';
import { progressOn } from '../../src/cli/progress.ts';
import { knowsWidth, loadStyle, outputTo, wantsColour, widthOf } from '../../src/cli/terminal.ts';
import { capture } from './world.ts';

/** A stream whose writes fail with this error once it has taken `before` of them. */
function failing(code: string, before = 0): Writable {
  let taken = 0;
  return new Writable({
    autoDestroy: false,
    write: (_chunk, _encoding, done) => {
      taken += 1;
      done(taken > before ? Object.assign(new Error(code), { code, syscall: 'write' }) : null);
    },
  });
}

describe('an output', () => {
  it('is silent and closed once its reader has gone', async () => {
    const output = outputTo(failing('EPIPE', 1));
    await output.write('one');
    expect(output.open).toBe(true);
    await output.write('two');
    expect(output.open).toBe(false);
    await output.write('three');
  });

  it('fails when it cannot be written for any other reason', async () => {
    await expect(outputTo(failing('ENOSPC')).write('one')).rejects.toMatchObject({ code: 'ENOSPC' });
  });
});

describe('a printer', () => {
  it('stops asking for pieces when the reader has gone', async () => {
    let made = 0;
    function* pieces(): Generator<string> {
      for (; made < 1000; made++) yield 'x'.repeat(10_000);
    }
    await printerTo(outputTo(failing('EPIPE'))).print(pieces());
    expect(made).toBeLessThan(10);
  });

  it('prints every piece in order, and knows that it printed', async () => {
    const output = capture();
    const printer = printerTo(output);
    await printer.print('');
    expect(printer.printed).toBe(false);
    await printer.print(['a', 'b', 'x'.repeat(100_000), 'c']);
    expect(printer.printed).toBe(true);
    expect(output.text).toBe(`ab${'x'.repeat(100_000)}c`);
  });
});

it.each([
  [capture({ columns: 132 }), {}, 132],
  [capture({ columns: 132 }), { COLUMNS: '100' }, 100],
  [capture(), { COLUMNS: '140' }, 140],
  [capture(), { COLUMNS: 'wide' }, 80],
  [capture(), { COLUMNS: '0' }, 80],
  [capture(), { COLUMNS: '3' }, 20],
  [capture(), {}, 80],
])('the width: %#', (output, env, width) => {
  expect(widthOf(output, env)).toBe(width);
});

it('tells a width that a terminal has, or that was asked for, from one that nobody named', () => {
  expect(knowsWidth(capture({ columns: 132 }), {})).toBe(true);
  expect(knowsWidth(capture(), { COLUMNS: '100' })).toBe(true);
  expect(knowsWidth(capture(), { COLUMNS: 'wide' })).toBe(false);
  expect(knowsWidth(capture(), {})).toBe(false);
});

const TERMINAL = capture({ isTTY: true });
const PIPE = capture();

// https://no-color.org: any value but an empty one. https://force-color.org, and its 0.
it.each([
  [TERMINAL, {}, true, true],
  [PIPE, {}, true, false],
  [TERMINAL, {}, false, false],
  [TERMINAL, { NO_COLOR: '1' }, true, false],
  [TERMINAL, { NO_COLOR: '0' }, true, false],
  [TERMINAL, { NO_COLOR: '' }, true, true],
  [TERMINAL, { TERM: 'dumb' }, true, false],
  [PIPE, { FORCE_COLOR: '1' }, true, true],
  [TERMINAL, { FORCE_COLOR: '0' }, true, false],
  [PIPE, { FORCE_COLOR: '1', NO_COLOR: '1' }, true, false],
  [PIPE, { FORCE_COLOR: '1' }, false, false],
])('colour: %#', (output, env, allowed, colour) => {
  expect(wantsColour(output, env, allowed)).toBe(colour);
});

it('colours by the terminal codes, or not at all', async () => {
  const style = await loadStyle(true);
  expect([style.bad('x'), style.good('x'), style.strong('x')]).toEqual([
    '\x1b[31mx\x1b[39m',
    '\x1b[32mx\x1b[39m',
    '\x1b[1mx\x1b[22m',
  ]);
  expect((await loadStyle(false)).bad('x')).toBe('x');
});

describe('progress', () => {
  function clocked(output = capture({ isTTY: true }), quiet = false) {
    let milliseconds = 0;
    const progress = progressOn(output, {
      label: 'verifying',
      quiet,
      width: 80,
      now: () => new Date(milliseconds),
    });
    const at = (time: number, done: number, total?: number) => {
      milliseconds = time;
      progress.update(done, total);
    };
    return { output, progress, at };
  }

  it('shows a bar when work takes long, and takes it away', () => {
    const { output, progress, at } = clocked();
    at(100, 1, 4);
    expect(output.text).toBe('');
    at(1000, 2, 4);
    expect(output.text).toBe('\r\x1b[Kverifying  [############............] 50 %  2 of 4');
    output.text = '';
    progress.end();
    progress.end();
    expect(output.text).toBe('\r\x1b[K');
  });

  it('is drawn at most ten times a second', () => {
    const { output, at } = clocked();
    for (let time = 0; time < 2000; time++) at(time, time, 2000);
    expect(output.text.split('\r').length - 1).toBe(16);
  });

  it('counts where no total is known', () => {
    const { output, at } = clocked();
    at(1000, 12);
    expect(output.text).toBe('\r\x1b[Kverifying  12');
  });

  it.each([
    ['on a pipe', capture(), false],
    ['when quiet', capture({ isTTY: true }), true],
  ])('shows nothing %s', (_name, output, quiet) => {
    const { progress, at } = clocked(output, quiet);
    at(1000, 1, 4);
    progress.end();
    expect(output.text).toBe('');
  });
});
