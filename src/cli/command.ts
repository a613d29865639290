import type { Context } from './context.ts';
import type { ExitCode } from './exit.ts';
import type { VerbArguments, VerbName, VerbOptions } from './verbs.ts';

/** A verb's command: flags to one use case to rendering. Each file of `commands/` exports one as `run`. */
export type Run<N extends VerbName> = (
  context: Context,
  args: VerbArguments<N>,
  options: VerbOptions<N>,
) => Promise<ExitCode>;
