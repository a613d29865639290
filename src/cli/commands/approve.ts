import type { Run } from '../command.ts';
import { decide } from '../decide.ts';

export const run: Run<'approve'> = (context, [ref], options) =>
  decide(context, ref, options, {
    decision: 'approval',
    of: undefined,
    asks: 'what your approval stands for',
  });
