import { type CheckedStore, checkStore } from '../../calls/check/checkstore.ts';
import { type Engine, openEngineApart } from '../../calls/engine/duckdb.ts';
import { checkProof } from '../../calls/proof/check.ts';
import { signersOfFile, signersOfPolicy, type TrustedSigners } from '../../calls/proof/signers.ts';
import { RECORD_SCHEMA } from '../../calls/record/fields.ts';
import { checkedJson, checkedText, proofJson, proofText } from '../../report/calls/checked.ts';
import { count } from '../../report/time.ts';
import { purgeable } from '../../trail/callsledger.ts';
import { acknowledgementOf } from '../../trail/findings.ts';
import type { Trail } from '../../trail/trail.ts';
import { existingStore } from '../callstore.ts';
import type { Run } from '../command.ts';
import type { Context } from '../context.ts';
import type { ExitCode } from '../exit.ts';
import { readGiven } from '../input.ts';
import { openTrail, warn } from '../opentrail.ts';
import { UsageError } from '../usage.ts';
import type { VerbOptions } from '../verbs.ts';

type Options = VerbOptions<'calls verify'>;

export const run: Run<'calls verify'> = async (context, _arguments, options) => {
  if (options.proof !== undefined) return verifyProof(context, options, options.proof);
  if (options.record !== undefined || options.allowedSigners !== undefined)
    throw new UsageError('--record and --allowed-signers are about a proof: give one with --proof');
  return verifyStore(context, options);
};

async function verifyStore(context: Context, options: Options): Promise<ExitCode> {
  const folder = await existingStore(context, options.store);
  const { trail } = await openTrail(context);
  const bar = context.progress(options.deep ? 'Reading records' : 'Reading files');
  let engine: Engine | undefined;
  let checked: CheckedStore;
  try {
    checked = await checkStore({
      store: folder,
      calls: await trail.calls(),
      deep: options.deep ? async () => (engine ??= await openEngineApart()) : undefined,
      progress: (done, total) => bar.update(done, total),
    });
  } finally {
    bar.end();
    engine?.close();
  }
  const isKnown = (found: CheckedStore['findings'][number]) =>
    acknowledgementOf(found, trail.acknowledgements) !== undefined;
  const shown = {
    ...checked,
    deep: options.deep,
    findings: checked.findings.filter((found) => !isKnown(found)),
  };
  await context.answer(
    () => checkedJson(shown),
    (page) => checkedText(shown, page),
  );
  for (const { id, kind } of shown.unsigned) await warn(context, unsigned(id, kind));
  for (const recorder of shown.absent) await context.note(() => absent(recorder));
  await tellOverdue(context, trail);
  return shown.findings.length === 0 ? 0 : 1;
}

function unsigned(id: string, kind: 'erasure' | 'purge'): string {
  const verb = kind === 'erasure' ? 'calls erase' : 'calls purge';
  return `certificate ${id} is of no ${kind} that took effect, so it proves nothing: whoever ran ${verb} was stopped before it was signed (run it again, and delete that file), or signed it in a clone that has not synced`;
}

function absent(recorder: string): string {
  return `nothing of recorder ${recorder} is in this store: where it records to another, its segments are there and not lost, but one registry is for one store; copy them into this one\n`;
}

/** What the policy need not keep any longer is no finding, but somebody may have promised that it goes. */
async function tellOverdue(context: Context, trail: Trail): Promise<void> {
  const calls = await trail.calls();
  for (const kind of ['calls', 'access'] as const) {
    const period = trail.policy.policy.retention[kind];
    if (period === undefined) continue;
    const before = new Date(context.now().getTime() - period * 1000).toISOString();
    const { length } = purgeable(calls, kind, before);
    if (length > 0)
      await context.note(
        () =>
          `${count(length, 'sealed segment')} of ${kind} can go by the policy: promptaudit calls purge ${kind}\n`,
      );
  }
}

async function verifyProof(context: Context, options: Options, file: string): Promise<ExitCode> {
  if (options.record === undefined)
    throw new UsageError('--proof needs --record: the line of JSON that it is of');
  if (options.deep || options.store !== undefined)
    throw new UsageError('--deep and --store are about a store, which --proof does without: leave them away');
  const proof = await readGiven(context, file);
  const line = (await readGiven(context, options.record)).toString('utf8').replace(/\r?\n$/, '');
  const checked = await checkProof(proof, line, await signersOf(context, options));
  if (!checked.ok && !isRecord(line))
    await context.note(
      () =>
        `${options.record} does not hold the one line of a record: promptaudit calls search --id <id> --format jsonl writes it\n`,
    );
  await context.answer(
    () => proofJson(checked),
    (page) => proofText(checked, page),
  );
  return checked.ok ? 0 : 1;
}

function isRecord(line: string): boolean {
  try {
    return JSON.parse(line).schema === RECORD_SCHEMA && !line.includes('\n');
  } catch {
    return false;
  }
}

async function signersOf(context: Context, { allowedSigners }: Options): Promise<TrustedSigners> {
  if (allowedSigners !== undefined)
    return signersOfFile((await readGiven(context, allowedSigners)).toString('utf8'), allowedSigners);
  const { trail } = await openTrail(context);
  return signersOfPolicy(trail.policy.policy);
}
