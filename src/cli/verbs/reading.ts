import type { EventKind } from '../../ledger/event.ts';
import { argument, choice, choicesOf, flag, integer, text, time, verb } from '../declare.ts';
import { PROMPTS } from './shared.ts';

const EVENTS = [
  'genesis',
  'policy',
  'version',
  'approval',
  'rejection',
  'revocation',
  'deployment',
  'withdrawal',
  'retirement',
  'acknowledgement',
  'seal',
  'hold',
  'release',
  'purge',
  'erasure',
] as const satisfies readonly EventKind[];

export const reading = {
  list: verb({
    summary: 'list prompts and where they are active',
    arguments: [PROMPTS],
    options: {},
  }),
  show: verb({
    summary: 'show a version: its file, author, approvals and deployments',
    arguments: [argument('ref', 'one', 'name, name@12, name@production, name@draft or name@<oid>')],
    options: {},
  }),
  log: verb({
    summary: 'show what happened: who did what, when and why',
    arguments: [argument('prompt', 'at-most-one', 'only this prompt, or this version of it: intake@12')],
    options: {
      event: choicesOf('--event <kinds>', 'only these', EVENTS),
      actor: text('--actor <email>', 'only what this principal did'),
      env: text('-e, --env <name>', 'only what concerns this environment'),
      since: time('--since <time>', 'not before, e.g. 2026-11-01 or "2 weeks ago"'),
      until: time('--until <time>', 'not after'),
      limit: integer('-n, --limit <count>', 'at most so many', 1),
      reverse: flag('--reverse', 'oldest first'),
      format: choice('--format <format>', 'how to show it', ['text', 'json', 'jsonl', 'csv']),
    },
    examples: ['promptaudit log intake --event deployment -e production --since "1 month ago"'],
  }),
  active: verb({
    summary: 'show which versions are, or were, active',
    arguments: [PROMPTS],
    options: {
      env: text('-e, --env <name>', 'only in this environment'),
      at: time('--at <time>', 'as it was at that time'),
    },
  }),
  blame: verb({
    summary: 'show which version each line came with',
    arguments: [argument('ref', 'one', 'e.g. intake@12')],
    options: {},
  }),
  search: verb({
    summary: 'find text in every version of every prompt',
    arguments: [argument('text', 'one', 'what to look for')],
    options: {
      ignoreCase: flag('-i, --ignore-case', 'take upper and lower case as the same'),
      regex: flag('--regex', 'take the text as a regular expression'),
      prompt: text('--prompt <name>', 'only in this prompt'),
    },
  }),
};
