import type { ArgumentsOf, OptionsOf, Verb } from './declare.ts';
import { calls } from './verbs/calls.ts';
import { proving } from './verbs/proving.ts';
import { reading } from './verbs/reading.ts';
import { releasing } from './verbs/releasing.ts';
import { retaining } from './verbs/retaining.ts';
import { reviewing } from './verbs/reviewing.ts';
import { sharing } from './verbs/sharing.ts';
import { starting } from './verbs/starting.ts';
import { writing } from './verbs/writing.ts';

/** The verbs under the headings of the help, in its order. */
export const GROUPS: Readonly<Record<string, Readonly<Record<string, Verb>>>> = {
  'Starting:': starting,
  'Writing:': writing,
  'Reviewing:': reviewing,
  'Releasing:': releasing,
  'Reading:': reading,
  'Proving:': proving,
  'Sharing:': sharing,
  'Calls:': { ...calls, ...retaining },
};

export const VERBS = {
  ...starting,
  ...writing,
  ...reviewing,
  ...releasing,
  ...reading,
  ...proving,
  ...sharing,
  ...calls,
  ...retaining,
};

/** A verb's full name, e.g. `log` or `policy add`. */
export type VerbName = keyof typeof VERBS;

export type VerbArguments<N extends VerbName> = ArgumentsOf<(typeof VERBS)[N]>;
export type VerbOptions<N extends VerbName> = OptionsOf<(typeof VERBS)[N]>;
