import type { Run } from '../command.ts';
import { requiredReason } from '../reason.ts';
import { openRetaining, sign } from '../retaining.ts';
import { tellDone } from '../written.ts';

export const run: Run<'calls release'> = async (context, [name], options) => {
  const reason = await requiredReason(context, options, 'why it is released');
  const { session, before, act } = await openRetaining(context, options);
  const done = await act({ action: 'release', object: name }, async () => ({
    value: await sign(session, { event: 'release', hold: name }, reason, options),
    rows: 0,
  }));
  await tellDone(context, done, before, options.dryRun);
  return 0;
};
