import { argument, choice, integer, text, verb } from '../declare.ts';
import { DRY_RUN, NEEDED_MESSAGE } from './shared.ts';

export const proving = {
  verify: verb({
    summary: 'check every signature, every rule and every object',
    arguments: [],
    options: {
      root: text('--root <digest>', 'what genesis must be: sha256:… from a source you trust'),
      since: integer('--since <sequence>', 'leave out what is wrong with events before this one', 1),
      ref: text(
        '--ref <ref>',
        'a ledger that was fetched elsewhere, e.g. refs/promptaudit/remotes/origin/ledger',
      ),
      format: choice('--format <format>', 'how to show it', ['text', 'json', 'sarif', 'junit', 'github']),
    },
    examples: [
      'promptaudit verify --root sha256:6b1f…',
      'promptaudit verify --ref refs/promptaudit/remotes/origin/ledger',
    ],
  }),
  acknowledge: verb({
    summary: 'sign that a finding is known, so that verify lists it apart',
    arguments: [
      argument('finding', 'one', 'its code, e.g. signature/missing'),
      argument('target', 'one', 'the number of the event, or the id of the object'),
    ],
    options: { ...NEEDED_MESSAGE, ...DRY_RUN },
    examples: ['promptaudit acknowledge ledger/malformed 42 -m "git notes by mistake"'],
  }),
};
