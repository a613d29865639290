import { join } from 'node:path';
import { Ajv } from 'ajv';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Run } from '../../src/cli/command.ts';
import type { Context } from '../../src/cli/context.ts';
import { runCli } from '../../src/cli/run.ts';
import { Failure, Refusal } from '../../src/failure.ts';
import type { GitStore } from '../../src/git/store.ts';
import { capture, type TestWorld, world } from './world.ts';

/** Stands in for whatever `log` does, so that what surrounds every command is tested alone. */
const command = vi.hoisted(() => ({ run: (async () => 0) as unknown }));
vi.mock('../../src/cli/commands.ts', () => ({
  runCommand: (context: Context, request: { arguments: unknown; options: unknown }) =>
    (command.run as (...all: unknown[]) => Promise<number>)(context, request.arguments, request.options),
}));

function commandIs(run: Run<'log'>): void {
  command.run = run;
}

afterEach(() => {
  command.run = async () => 0;
});

const REASON = { rule: 'deployment/unapproved', message: 'it has 1 of 2', remedy: 'approve it' };

const ERROR_SCHEMA = {
  type: 'object',
  additionalProperties: false,
  required: ['schema', 'error'],
  properties: {
    schema: { const: 'promptaudit/error@1' },
    error: {
      type: 'object',
      additionalProperties: false,
      required: ['kind', 'message', 'reasons'],
      properties: {
        kind: { enum: ['refused', 'failed', 'usage', 'repository', 'defect'] },
        message: { type: 'string' },
        reasons: { type: 'array' },
      },
    },
  },
};

function expectErrorDocument(text: string): void {
  const validate = new Ajv().compile(ERROR_SCHEMA);
  expect(validate(JSON.parse(text)), JSON.stringify(validate.errors)).toBe(true);
}

describe('the exit code', () => {
  it.each([0, 1, 2] as const)('is what the command answers: %i', async (code) => {
    commandIs(async () => code);
    expect(await runCli(world(['log']))).toBe(code);
  });

  it('is 1 for a refusal, with every reason on standard error', async () => {
    commandIs(async () => {
      throw new Refusal('may not be deployed', [REASON, { ...REASON, message: 'and more' }]);
    });
    const process = world(['log']);
    expect(await runCli(process)).toBe(1);
    expect(process.stdout.text).toBe('');
    expect(process.stderr.text).toContain('refused: may not be deployed');
    expect(process.stderr.text).toContain('it has 1 of 2');
    expect(process.stderr.text).toContain('and more');
    expect(process.stderr.text).toContain('approve it');
  });

  it('is 2 for a failure, in one sentence', async () => {
    commandIs(async () => {
      throw new Failure('there is no repository here');
    });
    const process = world(['log']);
    expect(await runCli(process)).toBe(2);
    expect(process.stderr.text).toBe('promptaudit: there is no repository here\n');
  });

  it('is 2 for a defect, and shows where only when asked', async () => {
    commandIs(async () => {
      throw new TypeError('x is undefined');
    });
    const silent = world(['log']);
    expect(await runCli(silent)).toBe(2);
    expect(silent.stderr.text.split('\n')).toHaveLength(2);
    const asked = world(['log'], { env: { PROMPTAUDIT_DEBUG: '1' } });
    await runCli(asked);
    expect(asked.stderr.text).toContain('run.test.ts');
  });

  it('is 2 for what is not a command line of ours', async () => {
    const process = world(['lgo']);
    expect(await runCli(process)).toBe(2);
    expect(process.stderr.text).toBe('promptaudit: there is no command "lgo": did you mean log?\n');
    expect(process.stdout.text).toBe('');
  });

  it('is 2 with the help on standard error when there is no command', async () => {
    const process = world([]);
    expect(await runCli(process)).toBe(2);
    expect(process.stderr.text).toContain('Usage: promptaudit');
    expect(process.stdout.text).toBe('');
  });

  it.each([[['--help']], [['help', 'log']], [['--version']]])('is 0 for %j', async (argv) => {
    const process = world(argv);
    expect(await runCli(process)).toBe(0);
    expect(process.stdout.text).not.toBe('');
    expect(process.stderr.text).toBe('');
  });
});

describe('with --json', () => {
  it('an error is one document on standard output, and the sentence stays on standard error', async () => {
    commandIs(async () => {
      throw new Refusal('may not be deployed', [REASON]);
    });
    const process = world(['log', '--json']);
    expect(await runCli(process)).toBe(1);
    expectErrorDocument(process.stdout.text);
    expect(JSON.parse(process.stdout.text)).toEqual({
      schema: 'promptaudit/error@1',
      error: { kind: 'refused', message: 'may not be deployed', reasons: [REASON] },
    });
    expect(process.stderr.text).toContain('refused: may not be deployed');
  });

  it.each([[['--json', 'lgo']], [['log', '--json', '-n', 'x']], [['--json']]])(
    'so is a usage error: %j',
    async (argv) => {
      const process = world(argv);
      expect(await runCli(process)).toBe(2);
      expectErrorDocument(process.stdout.text);
      expect(JSON.parse(process.stdout.text).error.kind).toBe('usage');
    },
  );

  it('there is never a second document', async () => {
    commandIs(async (context) => {
      await context.print('{"schema":"promptaudit/log@1"}\n');
      throw new Failure('too late');
    });
    const process = world(['log', '--json']);
    expect(await runCli(process)).toBe(2);
    expect(process.stdout.text).toBe('{"schema":"promptaudit/log@1"}\n');
  });

  it('does not take what stands after -- for the option', async () => {
    const process = world(['log', 'a', '--', '--json']);
    expect(await runCli(process)).toBe(2);
    expect(process.stdout.text).toBe('');
  });

  it('means the same as --format json, and contradicts every other format', async () => {
    commandIs(async (context) => {
      await context.answer(
        () => '{}\n',
        () => 'text\n',
      );
      return 0;
    });
    const same = world(['log', '--format', 'json']);
    await runCli(same);
    expect(same.stdout.text).toBe('{}\n');
    const contradicting = world(['log', '--json', '--format', 'csv']);
    expect(await runCli(contradicting)).toBe(2);
    expect(contradicting.stderr.text).toContain('--json and --format csv cannot be given together');
  });
});

it('shows errors about hostile names harmless', async () => {
  commandIs(async () => {
    throw new Failure('cannot open \x1b[2J\u202e\nsecond line\x9b');
  });
  const process = world(['log']);
  await runCli(process);
  expect(process.stderr.text).toBe('promptaudit: cannot open \\x1b[2J\\u202e\nsecond line\\x9b\n');
});

describe('what a command gets', () => {
  async function contextOf(argv: readonly string[], more: Partial<TestWorld> = {}): Promise<Context> {
    const found: Context[] = [];
    commandIs(async (context) => {
      found.push(context);
      return 0;
    });
    const process = world(argv, more);
    expect(await runCli(process), process.stderr.text).toBe(0);
    return found[0]!;
  }

  it('its folder after every -C', async () => {
    const context = await contextOf(['-C', '..', 'log', '-C', 'report'], { cwd: import.meta.dirname });
    expect(context.cwd).toBe(join(import.meta.dirname, '..', 'report'));
  });

  it('fails where -C leads nowhere', async () => {
    const process = world(['-C', '/no/such/folder', 'log']);
    expect(await runCli(process)).toBe(2);
    expect(process.stderr.text).toBe('promptaudit: -C /no/such/folder: there is no such folder\n');
  });

  it('notes on standard error, and none with --quiet', async () => {
    for (const [argv, expected] of [
      [['log'], 'by the way\n'],
      [['log', '--quiet'], ''],
    ] as const) {
      commandIs(async (context) => {
        await context.note(() => 'by the way\n');
        return 0;
      });
      const process = world(argv);
      await runCli(process);
      expect(process.stderr.text).toBe(expected);
      expect(process.stdout.text).toBe('');
    }
  });

  it('a page as wide and as colourful as the terminal', async () => {
    commandIs(async (context) => {
      await context.answer(
        () => '',
        (page) => `${page.width} ${page.style.bad('x')}\n`,
      );
      return 0;
    });
    const terminal = world(['log'], { stdout: capture({ isTTY: true, columns: 132 }) });
    await runCli(terminal);
    expect(terminal.stdout.text).toBe('132 \x1b[31mx\x1b[39m\n');
    const plain = world(['log', '--no-color'], { stdout: capture({ isTTY: true, columns: 132 }) });
    await runCli(plain);
    expect(plain.stdout.text).toBe('132 x\n');
    const pipe = world(['log']);
    await runCli(pipe);
    expect(pipe.stdout.text).toBe('80 x\n');
  });

  it.each([
    [['log', '--git', 'embedded'], {}, 'embedded'],
    [['log', '--git', 'native'], { PROMPTAUDIT_GIT: 'embedded' }, 'native'],
    [['log'], { PROMPTAUDIT_GIT: 'embedded', PATH: process.env.PATH }, 'embedded'],
    [['log'], { PATH: process.env.PATH }, 'native'],
    [['log'], { PATH: '/no/such/folder' }, 'embedded'],
    [['log'], {}, 'embedded'],
  ])('the store that was chosen, once, closed at the end: %j %j', async (argv, env, adapter) => {
    const calls: string[] = [];
    const opener = (name: string) => async () => {
      calls.push(`open ${name}`);
      const store: Partial<GitStore> = {
        close: async () => {
          calls.push(`close ${name}`);
        },
      };
      return store as GitStore;
    };
    commandIs(async (context) => {
      await context.openStore();
      await context.openStore();
      throw new Failure('and ends badly');
    });
    const process = world(argv, { env, stores: { native: opener('native'), embedded: opener('embedded') } });
    expect(await runCli(process)).toBe(2);
    expect(calls).toEqual([`open ${adapter}`, `close ${adapter}`]);
  });

  it('a word about a PROMPTAUDIT_GIT that is neither', async () => {
    commandIs(async (context) => {
      await context.openStore();
      return 0;
    });
    const process = world(['log'], { env: { PROMPTAUDIT_GIT: 'svn' } });
    expect(await runCli(process)).toBe(2);
    expect(process.stderr.text).toBe('promptaudit: PROMPTAUDIT_GIT is "svn": make it native or embedded\n');
  });
});
