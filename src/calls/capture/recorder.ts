import { hostname } from 'node:os';
import { Failure } from '../../failure.ts';
import type { ContentOptions } from '../content/keeper.ts';
import { fieldSpec, isFieldName } from '../record/fields.ts';
import type { CallInput } from '../record/model.ts';
import { readRecord, takeApart } from '../record/read.ts';
import { parseRecorderName, type RecorderName } from '../store/names.ts';
import { BackgroundRecorder, type Defaults } from './background.ts';
import type { ContentKeeper } from './intake.ts';
import type { Recorder, RecorderOptions } from './model.ts';
import { openIntake } from './openintake.ts';

/** Opens a recorder for this process. @throws Failure where the store cannot be written */
export async function openRecorder(options: RecorderOptions): Promise<Recorder> {
  const recorder = recorderName(options.recorder);
  const defaults = defaultsOf(options.defaults);
  const now = (): Date => new Date();
  const content = options.content && (await openContent(options.store, options.content));
  const opened = await openIntake({ store: options.store, recorder, now, content, limits: options.segment });
  return new BackgroundRecorder(options, opened, defaults);
}

/** Loaded by who keeps content: detectors of secrets and of personal data are large. */
async function openContent(store: string, options: ContentOptions): Promise<ContentKeeper> {
  const { openKeeper } = await import('../content/keeper.ts');
  return openKeeper(store, options);
}

/** @throws Failure where it is none */
export function recorderName(text: string | undefined): RecorderName {
  const machine = hostname()
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 40)
    .replace(/-+$/, '');
  const name = parseRecorderName(text ?? (machine === '' ? 'recorder' : machine));
  if (name !== undefined) return name;
  throw new Failure(
    `${JSON.stringify(text)} is no name for a recorder: it has at most 40 of a-z, 0-9 and -, and neither begins nor ends with -`,
  );
}

/** What every record of a kind has unless it says otherwise. @throws Failure where it fits no record */
function defaultsOf(given: CallInput | undefined): Defaults {
  const call = takeApart(given ?? {}, false)?.fields ?? {};
  const read = readRecord(call, 'call', { now: Date.now(), mint: () => '' });
  if (!read.ok) throw new Failure(`the defaults of a recorder fit no record: ${read.problems.join('; ')}`);
  const both = Object.entries(call).filter(([name]) => isFieldName(name) && fieldSpec(name).of === undefined);
  return { call, access: Object.fromEntries(both) };
}
