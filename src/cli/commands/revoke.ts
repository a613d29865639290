import type { Run } from '../command.ts';
import { decide } from '../decide.ts';

export const run: Run<'revoke'> = (context, [ref], options) =>
  decide(context, ref, options, {
    decision: 'revocation',
    of: options.of,
    asks: 'why the decision is taken back',
  });
