import { argument, flag, folder, text, time, verb } from '../declare.ts';
import { RECORD_FILTER } from './callfilter.ts';
import { DRY_RUN, MESSAGE, NEEDED_MESSAGE } from './shared.ts';

const STORE = {
  store: folder('--store <dir>', "the store of calls; otherwise the repository's .promptaudit/calls"),
};

export const retaining = {
  'calls hold': verb({
    summary: 'keep records from being purged or erased, or list what is held',
    arguments: [argument('name', 'at-most-one', 'what the hold is called, e.g. a case number')],
    options: {
      ...STORE,
      ...RECORD_FILTER,
      list: flag('--list', 'show the holds'),
      ...NEEDED_MESSAGE,
      ...DRY_RUN,
    },
    examples: [
      'promptaudit calls hold case-2026-17 --user u-1009 -m "Complaint 2026-17"',
      'promptaudit calls hold --list',
    ],
  }),
  'calls release': verb({
    summary: 'release a hold',
    arguments: [argument('name', 'one', 'the hold')],
    options: { ...STORE, ...NEEDED_MESSAGE, ...DRY_RUN },
    examples: ['promptaudit calls release case-2026-17 -m "Settled"'],
  }),
  'calls purge': verb({
    summary: 'remove what is older than the policy keeps it, segment by segment',
    arguments: [argument('class', 'one', 'calls, content or access')],
    options: {
      ...STORE,
      before: time('--before <time>', "segments that end before; otherwise what the policy's period allows"),
      ...MESSAGE,
      ...DRY_RUN,
    },
    examples: [
      'promptaudit calls purge content',
      'promptaudit calls purge calls --before 2026-01-01 --dry-run',
    ],
  }),
  'calls erase': verb({
    summary: 'destroy what was said in calls, and leave their records and proofs as they are',
    arguments: [],
    options: {
      ...STORE,
      user: text('--user <id>', 'in the calls of this end user'),
      conversation: text('--conversation <id>', 'in this conversation'),
      id: text('--id <uuid>', 'in this call'),
      resume: flag('--resume', 'finish erasures that were broken off'),
      ...NEEDED_MESSAGE,
      ...DRY_RUN,
    },
    examples: ['promptaudit calls erase --user u-1009 -m "Request 2026-31 under article 17"'],
  }),
};
