import { Failure } from '../failure.ts';

/** The command line, or an environment variable that stands for a part of it, is not one of ours. Exit code 2. */
export class UsageError extends Failure {}
