import { collect } from '../../calls/collect/run.ts';
import { demandWritable } from '../../calls/store/folder.ts';
import { openSegments } from '../../calls/store/recover.ts';
import { Failure, Refusal } from '../../failure.ts';
import { collectedJson, collectedText } from '../../report/recorded.ts';
import { again } from '../again.ts';
import { openStoreIntake } from '../callintake.ts';
import type { Run } from '../command.ts';
import type { Context } from '../context.ts';
import { readGiven } from '../input.ts';
import { warn } from '../opentrail.ts';
import { runInOwnProcess } from '../ownprocess.ts';
import { UsageError } from '../usage.ts';
import type { VerbOptions } from '../verbs.ts';

/** How often the store is looked after, and segments to seal are looked for, in milliseconds. */
const TEND_EVERY = 1000;
const SEAL_EVERY = 30_000;

const LAST_PORT = 65_535;

type Options = VerbOptions<'calls collect'>;

export const run: Run<'calls collect'> = async (context, _arguments, options) => {
  if (options.port !== undefined && options.port > LAST_PORT)
    throw new UsageError(`--port ${options.port} is none: ports end at ${LAST_PORT}`);
  const [token, tls] = await Promise.all([tokenOf(context, options), tlsOf(context, options)]);
  const opened = await openStoreIntake(context, options);
  const { intake, store } = opened;
  const ended = new AbortController();
  const signal = AbortSignal.any([context.interrupted(), ended.signal]);
  const tell = (text: string) => warn(context, text);
  const tending: Promise<void>[] = [];
  // Not before it listens: who is refused has changed nothing.
  const tend = (): void => {
    tending.push(again(signal, { every: TEND_EVERY, work: () => intake.tend(), tell }));
    if (options.seal)
      tending.push(again(signal, { every: SEAL_EVERY, work: sealer(context, store, signal), tell }));
  };
  try {
    await demandWritable(store);
    const collected = await collect({
      host: options.host,
      port: options.port,
      token,
      tls,
      insecure: options.insecure,
      intake,
      now: context.now,
      signal,
      onProblem: (text) => void tell(text),
      listening: async (url) => {
        await context.note(() => `listening on ${url}, recording to ${store}\n`);
        tend();
      },
    });
    await context.answer(
      () => collectedJson(collected),
      () => collectedText(collected),
    );
    return 0;
  } finally {
    ended.abort();
    await Promise.all(tending);
    await intake.close();
  }
};

/** Its first turn seals even if nothing waits: so whoever may not is told at once. */
function sealer(context: Context, store: string, signal: AbortSignal): () => Promise<void> {
  const waits = async () => (await openSegments(store, context.now())).waiting.length > 0;
  let asked = false;
  let told: readonly string[] = [];
  return async () => {
    if (asked && !(await waits())) return;
    asked = true;
    const { warnings, error } = await runInOwnProcess(context, ['calls', 'seal', '--store', store], signal);
    // Where it comes to nothing again and again, it warns of the same each time.
    for (const warning of warnings) if (!told.includes(warning)) await warn(context, warning);
    told = warnings;
    // There may have been nothing to seal in what waited.
    const isNo = error instanceof Refusal && error.reasons.length === 0;
    if (error !== undefined && (!isNo || (await waits()))) throw error;
  };
}

async function tokenOf(context: Context, { tokenFile }: Options): Promise<string | undefined> {
  if (tokenFile === undefined) {
    const token = context.env.PROMPTAUDIT_COLLECT_TOKEN;
    // As a secret that was not handed over makes it: no token is not what was asked for.
    if (token?.trim() === '')
      throw new Failure('PROMPTAUDIT_COLLECT_TOKEN holds no token: put it there, or unset it');
    return token;
  }
  const token = (await readGiven(context, tokenFile)).toString('utf8').trim();
  if (token === '') throw new Failure(`${tokenFile} holds no token`);
  return token;
}

async function tlsOf(
  context: Context,
  { tlsKey, tlsCert }: Options,
): Promise<{ readonly key: Uint8Array; readonly cert: Uint8Array } | undefined> {
  if (tlsKey === undefined && tlsCert === undefined) return undefined;
  if (tlsKey === undefined || tlsCert === undefined)
    throw new UsageError('--tls-key and --tls-cert are given together');
  return { key: await readGiven(context, tlsKey), cert: await readGiven(context, tlsCert) };
}
