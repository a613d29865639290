import { argument, flag, text, texts, verb } from '../declare.ts';
import { DRY_RUN, NEEDED_MESSAGE, PROMPTS } from './shared.ts';

export const writing = {
  new: verb({
    summary: 'start a prompt file',
    arguments: [argument('name', 'one', 'e.g. clinical-intake or triage/adults')],
    options: DRY_RUN,
  }),
  lint: verb({
    summary: 'check prompt files',
    arguments: [argument('files', 'any-number', 'files, folders or prompts; otherwise every prompt')],
    options: {},
  }),
  fmt: verb({
    summary: 'lay prompt files out in the one way',
    arguments: [argument('files', 'any-number', 'files, folders or prompts; otherwise every prompt')],
    options: { check: flag('--check', 'change nothing; exit with 1 if a file would change') },
  }),
  status: verb({
    summary: 'show drafts, approvals and what is active',
    arguments: [PROMPTS],
    options: {},
  }),
  diff: verb({
    summary: 'compare two versions of a prompt',
    arguments: [
      argument('ends', 'at-least-one', 'name, name A, name A B, name A..B, name@A..B, or two references'),
    ],
    options: {},
    examples: [
      'promptaudit diff intake                     the draft, against the latest',
      'promptaudit diff intake 11                  version 11, and the draft',
      'promptaudit diff intake 11 12               two versions, also 11..12',
      'promptaudit diff intake staging production  what is active there',
    ],
  }),
  render: verb({
    summary: 'fill in the variables of a prompt',
    arguments: [argument('ref', 'one', 'e.g. intake@production')],
    options: {
      var: texts('--var <name=value>', 'a variable; repeatable'),
      varsFile: text('--vars-file <path>', 'variables as YAML or JSON; - is standard input'),
    },
  }),
  commit: verb({
    summary: 'register drafts as signed versions',
    arguments: [argument('names', 'any-number', 'the prompts; otherwise the one that changed')],
    options: { all: flag('--all', 'every prompt that changed'), ...NEEDED_MESSAGE, ...DRY_RUN },
    examples: ['promptaudit commit clinical-intake -m "Ask about allergies first"'],
  }),
  retire: verb({
    summary: 'delete a prompt; its history stays',
    arguments: [argument('name', 'one', 'the prompt')],
    options: { ...NEEDED_MESSAGE, ...DRY_RUN },
  }),
};
