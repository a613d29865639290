import { type Fed, feed, type ReadOtlp, type Refused } from '../calls/capture/feed.ts';
import type { ContentKeeper } from '../calls/capture/intake.ts';
import { linesOf } from '../calls/capture/lines.ts';
import { type OpenedIntake, openIntake, orStoreFailure } from '../calls/capture/openintake.ts';
import { recorderName } from '../calls/capture/recorder.ts';
import type { SegmentLimits } from '../calls/store/recordlog.ts';
import type { Recovered } from '../calls/store/recover.ts';
import { Failure } from '../failure.ts';
import { storeFolder } from './callstore.ts';
import type { Context } from './context.ts';
import type { OptionsOf } from './declare.ts';
import { readGiven } from './input.ts';
import { warn } from './opentrail.ts';
import { UsageError } from './usage.ts';
import type { calls } from './verbs/calls.ts';

export type RecordingOptions = OptionsOf<(typeof calls)['calls record']>;

/** Opens the store for writing, and says what was put right in it. @throws Failure */
export async function openStoreIntake(
  context: Context,
  options: RecordingOptions,
): Promise<OpenedIntake & { readonly store: string }> {
  if (!options.content && (options.redaction !== undefined || options.recipient.length > 0))
    throw new UsageError('--redaction and --recipient are for what was said: give --content too');
  const store = await storeFolder(context, options.store);
  const recorder = recorderName(options.recorder);
  const content = options.content ? await openContent(context, store, options) : undefined;
  const opened = await openIntake({ store, recorder, now: context.now, content, limits: limitsOf(options) });
  await tellRecovered(context, opened.recovered);
  return { ...opened, store };
}

function limitsOf({ segmentAge, segmentRecords }: RecordingOptions): Partial<SegmentLimits> {
  return {
    ...(segmentAge && { age: segmentAge * 1000 }),
    ...(segmentRecords && { records: segmentRecords }),
  };
}

/** @throws Failure with what is wrong with the options */
async function openContent(
  context: Context,
  store: string,
  { redaction, recipient }: RecordingOptions,
): Promise<ContentKeeper> {
  const { openKeeper } = await import('../calls/content/keeper.ts');
  if (redaction === undefined) return openKeeper(store, { recipients: recipient });
  const { parseRedactionFile } = await import('../calls/redact/file.ts');
  const file = parseRedactionFile(await readGiven(context, redaction));
  if ('problems' in file) throw new Failure(`${redaction} cannot be used: ${file.problems.join('; ')}`);
  return openKeeper(store, { redaction: file.options, recipients: recipient });
}

/** Says what was put right of what killed writers left. */
export async function tellRecovered(context: Context, recovered: readonly Recovered[]): Promise<void> {
  for (const { segment, tornBytes, empty, texts } of recovered) {
    const what = empty
      ? 'it held no whole record'
      : tornBytes === 0
        ? 'nothing was torn'
        : `cut off ${tornBytes} bytes of a torn record`;
    const said =
      texts === 0
        ? ''
        : `, and took away ${texts === 1 ? '1 text' : `${texts} texts`} of calls without a record`;
    await warn(context, `the writer of segment ${segment} ended without closing it: ${what}${said}`);
  }
}

/** Refused lines that are shown one by one. */
const MOST_SHOWN = 20;

/** Feeds a stream to the store, tells what was refused, and closes nothing. */
export async function feedStream(
  context: Context,
  { intake, store }: OpenedIntake & { readonly store: string },
  source: string,
  chunks: AsyncIterable<Uint8Array>,
): Promise<Fed> {
  const shown: Refused[] = [];
  let refused = 0;
  const tell = (one: Refused): void => {
    refused += 1;
    if (shown.length < MOST_SHOWN) shown.push(one);
  };
  try {
    return await orStoreFailure(store, () => feed(intake, linesOf(chunks), readOtlp, tell));
  } finally {
    for (const { line, problems } of shown)
      await warn(context, `${source}, line ${line} is not kept: ${problems.join('; ')}`);
    if (refused > shown.length)
      await warn(context, `${source}: ${refused - shown.length} more lines are not kept`);
  }
}

/** @throws Failure where the store cannot be written */
export function closeIntake({ intake, store }: OpenedIntake & { readonly store: string }): Promise<void> {
  return orStoreFailure(store, () => intake.close());
}

const readOtlp: ReadOtlp = async (signal, bytes) => {
  const { decodeOtlp } = await import('../calls/otlp/decode.ts');
  return decodeOtlp(signal, 'json', bytes);
};
