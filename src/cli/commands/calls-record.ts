import { recordedJson, recordedText } from '../../report/recorded.ts';
import { closeIntake, feedStream, openStoreIntake } from '../callintake.ts';
import type { Run } from '../command.ts';

export const run: Run<'calls record'> = async (context, _arguments, options) => {
  const opened = await openStoreIntake(context, options);
  try {
    const fed = await feedStream(context, opened, 'standard input', context.input.chunks());
    await context.answer(
      () => recordedJson(fed),
      () => recordedText(fed),
    );
    return fed.refused === 0 ? 0 : 1;
  } finally {
    await closeIntake(opened);
  }
};
