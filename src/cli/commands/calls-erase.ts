import { type SaltedSelector, saltedSelector } from '../../calls/retain/certificate.ts';
import { NothingToErase, type Selected } from '../../calls/retain/erasure.ts';
import { Refusal } from '../../failure.ts';
import { UUID_TEXT } from '../../ledger/fields.ts';
import { erasedJson, erasedText } from '../../report/calls/erased.ts';
import type { Erasure } from '../../trail/callsledger.ts';
import type { Run } from '../command.ts';
import type { Context } from '../context.ts';
import { demandEraser, type ErasedCalls, eraseCalls, type Resumed, resumeErasures } from '../erasing.ts';
import type { ExitCode } from '../exit.ts';
import { warn } from '../opentrail.ts';
import { requiredReason } from '../reason.ts';
import { openRetaining, withEngine } from '../retaining.ts';
import { UsageError } from '../usage.ts';
import type { VerbOptions } from '../verbs.ts';

type Options = VerbOptions<'calls erase'>;

export const run: Run<'calls erase'> = async (context, _arguments, options) => {
  const selected = selectedBy(options);
  if (selected === undefined) return resume(context, options);
  const reason = await requiredReason(context, options, 'why it is erased, but not whose it was,');
  const selector = saltedSelector(selected.by, selected.value);
  const retaining = await openRetaining(context, options);
  const access = { action: 'erase', object: 'content', query: queryOf(selector) };
  const { resumed, erased } = await retaining.act(access, async () => {
    demandEraser(retaining.session);
    const value = await withEngine(async (engine) => {
      const resumed = await resumeErasures(context, retaining, engine, options);
      const request = { selected, selector, reason };
      try {
        return { resumed, erased: await eraseCalls(context, retaining, engine, request, options) };
      } catch (error) {
        // What is meant may be what was left to finish.
        if (error instanceof NothingToErase && resumed.finished.length > 0)
          return { resumed, erased: undefined };
        throw error;
      }
    });
    return { value, rows: value.erased?.certificate.calls.length ?? 0 };
  });
  return tell(context, resumed, erased, options.dryRun);
};

async function resume(context: Context, options: Options): Promise<ExitCode> {
  const retaining = await openRetaining(context, options);
  const resumed = await retaining.act({ action: 'erase', object: 'content' }, async () => {
    demandEraser(retaining.session);
    const value = await withEngine((engine) => resumeErasures(context, retaining, engine, options));
    if (value.finished.length + value.uncertified.length === 0)
      throw new Refusal('there is no erasure to finish');
    return { value, rows: value.finished.reduce((sum, { records }) => sum + records, 0) };
  });
  return tell(context, resumed, undefined, options.dryRun);
}

async function tell(
  context: Context,
  { finished, uncertified }: Resumed,
  erased: ErasedCalls | undefined,
  dryRun: boolean,
): Promise<ExitCode> {
  const shown = { erased, finished, dryRun };
  await context.answer(
    () => erasedJson(shown),
    (page) => erasedText(shown, page),
  );
  for (const one of uncertified) await warn(context, uncertain(one));
  return uncertified.length === 0 ? 0 : 1;
}

function uncertain({ id, sequence }: Erasure): string {
  return `the certificate of erasure ${id}, event ${sequence}, is not in the store, so nobody can tell whether it was done: put it back from a copy`;
}

/** @throws UsageError unless one thing is meant */
function selectedBy({ user, conversation, id, resume: isResumed }: Options): Selected | undefined {
  const given = [
    ...(user === undefined ? [] : [{ by: 'user', value: user } as const]),
    ...(conversation === undefined ? [] : [{ by: 'conversation', value: conversation } as const]),
    ...(id === undefined ? [] : [{ by: 'call', value: id.toLowerCase() } as const]),
  ];
  const [selected, ...more] = given;
  if (more.length > 0 || isResumed === (selected !== undefined))
    throw new UsageError('give one of --user, --conversation, --id or --resume');
  if (selected?.value === '') throw new UsageError('say whose content it is: an empty text is nobody');
  if (selected?.by === 'call' && UUID_TEXT.parse(selected.value) === undefined)
    throw new UsageError('--id takes the UUID of a call');
  return selected;
}

/** What the record of the access says, which cannot be erased: not whose it was. */
function queryOf({ by, salt, digest }: SaltedSelector): string {
  return JSON.stringify({ by, digest, salt });
}
