import { argument, flag, text, texts } from '../declare.ts';

/** Arguments and options that several verbs share, so that they read the same everywhere. */

export const PROMPTS = argument(
  'prompts',
  'any-number',
  'only these: names, folders or patterns such as triage/*',
);

export const DRY_RUN = { dryRun: flag('--dry-run', 'say what would be done, and do nothing') };

export const MESSAGE = {
  message: texts('-m, --message <text>', 'why, for the record; given again it adds a paragraph'),
  file: text('-F, --file <path>', 'read the message from a file, or from standard input with -'),
};

/** As `MESSAGE`, of verbs that cannot do without one. */
export const NEEDED_MESSAGE = {
  ...MESSAGE,
  message: texts('-m, --message <text>', 'why, for the record; needed; given again it adds a paragraph'),
};

export const REFERENCE = {
  reference: text('--reference <id>', 'a change ticket or the like, kept with the event'),
};
