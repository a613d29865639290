import { choice, text, verb } from '../declare.ts';

export const proving = {
  verify: verb({
    summary: 'check every signature, every rule and every object',
    arguments: [],
    options: {
      root: text('--root <digest>', 'what genesis must be: sha256:… from a source you trust'),
      format: choice('--format <format>', 'how to show it', ['text', 'json']),
    },
  }),
};
