import type { Run } from '../command.ts';
import { decide } from '../decide.ts';

export const run: Run<'reject'> = (context, [ref], options) =>
  decide(context, ref, options, { decision: 'rejection', of: undefined, asks: 'why you reject it' });
