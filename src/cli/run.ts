import { inspect } from 'node:util';
import { refusalText } from '../report/refusal.ts';
import { linesOf, sanitize } from '../report/text.ts';
import { runCommand } from './commands.ts';
import { openContext, pageFor, type World } from './context.ts';
import { errorDocument } from './errordocument.ts';
import { type ExitCode, type Outcome, outcomeOf } from './exit.ts';
import { type Printer, printerTo } from './print.ts';
import { parseArguments, type Request } from './program.ts';
import { widthOf } from './terminal.ts';
import { UsageError } from './usage.ts';
import type { VerbName } from './verbs.ts';

/** Help wider than this is hard to read. */
const WIDEST_HELP = 100;

/** Runs one command line from parsing to its exit code; never throws. */
export async function runCli(world: World): Promise<ExitCode> {
  const printer = printerTo(world.stdout);
  let json = wantsJson(world.argv);
  try {
    const parsed = parseArguments(world.argv, {
      version: world.version,
      now: world.now(),
      width: Math.min(widthOf(world.stdout, world.env), WIDEST_HELP),
    });
    if (parsed.kind === 'request') {
      json = resolveFormat(parsed.request);
      return await runRequest(world, parsed.request, json, printer);
    }
    if (parsed.kind === 'version' || parsed.asked) {
      await printer.print(parsed.text);
      return 0;
    }
    if (json) throw new UsageError('no command was given: see promptaudit --help');
    await world.stderr.write(parsed.text);
    return 2;
  } catch (error) {
    const outcome = outcomeOf(error);
    await tell(world, outcome, json && !printer.printed ? printer : undefined).catch(() => {});
    if ((world.env.PROMPTAUDIT_DEBUG ?? '') !== '') await tellWhere(world, error).catch(() => {});
    return outcome.code;
  }
}

async function runRequest(
  world: World,
  request: Request<VerbName>,
  json: boolean,
  printer: Printer,
): Promise<ExitCode> {
  const { context, close } = await openContext(world, request.global, json, printer, runCli);
  try {
    return await runCommand(context, request);
  } finally {
    await close();
  }
}

/** Before the command line is understood, so that even a usage error is told as it was asked for. */
function wantsJson(argv: readonly string[]): boolean {
  const end = argv.indexOf('--');
  return argv.slice(0, end < 0 ? argv.length : end).includes('--json');
}

/** `--json` and `--format json` say the same, but of a file that is written. @throws UsageError when they disagree */
function resolveFormat({ verb, options, global }: Request<VerbName>): boolean {
  const isOfFile = verb === 'calls export' || ('output' in options && options.output !== undefined);
  const format = 'format' in options && !isOfFile ? options.format : undefined;
  if (global.json && format !== undefined && format !== 'json') {
    throw new UsageError(`--json and --format ${format} cannot be given together`);
  }
  return global.json || format === 'json';
}

/** The sentence on standard error; where JSON is wanted and none was printed yet, one document as well. */
async function tell(world: World, outcome: Outcome, documents: Printer | undefined): Promise<void> {
  const { kind, message, reasons } = outcome;
  const page = await pageFor(world, world.stderr, !world.argv.includes('--no-color'));
  const text =
    kind === 'refused'
      ? refusalText(message, reasons, page)
      : linesOf(`promptaudit: ${message}`)
          .map((line) => `${page.style.bad(sanitize(line))}\n`)
          .join('');
  await world.stderr.write(text);
  await documents?.print(errorDocument(outcome));
}

async function tellWhere(world: World, error: unknown): Promise<void> {
  const lines = linesOf(inspect(error, { depth: 4 }));
  await world.stderr.write(lines.map((line) => `${sanitize(line)}\n`).join(''));
}
