import { Failure } from '../failure.ts';
import { lineProblem, reasonProblem } from '../ledger/text.ts';
import type { Context } from './context.ts';
import { readMessage } from './input.ts';
import { UsageError } from './usage.ts';

interface MessageOptions {
  readonly message: readonly string[];
  readonly file: string | undefined;
}

/** The reason that goes on the record; empty where none is given. @throws Failure for a text that cannot stand there */
export async function optionalReason(context: Context, options: MessageOptions): Promise<string> {
  const reason = await readMessage(context, options);
  const problem = reason === '' ? undefined : reasonProblem(reason);
  if (problem !== undefined) throw new Failure(`the message ${problem}`);
  return reason;
}

/** The change ticket or the like that goes on the record. @throws Failure for a text that cannot stand there */
export function referenceOf({ reference }: { readonly reference: string | undefined }): string | undefined {
  const text = reference?.normalize('NFC');
  const problem = text === undefined ? undefined : lineProblem(text);
  if (problem !== undefined) throw new Failure(`the reference ${problem}`);
  return text;
}

/** As `optionalReason`, for verbs that cannot do without one. `asks` completes "say … with -m". */
export async function requiredReason(
  context: Context,
  options: MessageOptions,
  asks: string,
): Promise<string> {
  const reason = await optionalReason(context, options);
  if (reason === '') throw new UsageError(`say ${asks} with -m`);
  return reason;
}
