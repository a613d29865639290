import type { World } from '../../src/cli/context.ts';
import type { Output } from '../../src/cli/terminal.ts';

export const NOW = new Date('2026-11-21T10:11:12Z');

/** An output that keeps what was written. */
export interface Capture extends Output {
  text: string;
  open: boolean;
}

export function capture(terminal: { isTTY?: boolean; columns?: number } = {}): Capture {
  const output: Capture = {
    isTTY: terminal.isTTY ?? false,
    columns: terminal.columns,
    open: true,
    text: '',
    write: async (text) => {
      if (output.open) output.text += text;
    },
  };
  return output;
}

export interface TestWorld extends World {
  readonly stdout: Capture;
  readonly stderr: Capture;
}

/** A process that has nothing: no environment, no repository, a clock that stands. */
export function world(argv: readonly string[], more: Partial<TestWorld> = {}): TestWorld {
  const noStore = () => Promise.reject(new Error('no store in this test'));
  return {
    argv,
    cwd: '/',
    env: {},
    version: '1.2.3',
    program: { node: '/usr/bin/node', script: '/opt/promptaudit/bin/promptaudit.js' },
    now: () => NOW,
    interrupted: () => new AbortController().signal,
    random: { uuid: () => '00000000-0000-4000-8000-000000000000', bytes: (length) => new Uint8Array(length) },
    stdin: { isTTY: false, read: async () => new Uint8Array(), chunks: async function* () {} },
    stdout: capture(),
    stderr: capture(),
    stores: { native: noStore, embedded: noStore },
    ...more,
  };
}
