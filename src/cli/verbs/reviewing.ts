import { argument, names, text, verb } from '../declare.ts';
import { DRY_RUN, NEEDED_MESSAGE, PROMPTS } from './shared.ts';

const REF = argument('ref', 'one', 'e.g. intake@12');

export const reviewing = {
  review: verb({
    summary: 'show what waits for your decision, with its diff',
    arguments: [PROMPTS],
    options: {},
  }),
  approve: verb({
    summary: 'sign that a version may be deployed',
    arguments: [REF],
    options: {
      env: names('-e, --env <names>', 'only for these; repeatable, or with commas; otherwise everywhere'),
      ...NEEDED_MESSAGE,
      ...DRY_RUN,
    },
    examples: ['promptaudit approve intake@12 -e production -m "Reviewed for clinical safety"'],
  }),
  reject: verb({
    summary: 'sign that a version must not be deployed',
    arguments: [REF],
    options: {
      env: names('-e, --env <names>', 'only for these; repeatable, or with commas; otherwise everywhere'),
      ...NEEDED_MESSAGE,
      ...DRY_RUN,
    },
  }),
  revoke: verb({
    summary: 'take back a decision',
    arguments: [REF],
    options: {
      of: text('--of <principal>', "whose; otherwise your own (an admin may take back anyone's)"),
      env: names(
        '-e, --env <names>',
        'only for these; repeatable, or with commas; otherwise all that it covers',
      ),
      ...NEEDED_MESSAGE,
      ...DRY_RUN,
    },
  }),
};
