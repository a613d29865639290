import { argument, choice, choicesOf, flag, integer, names, text, texts, verb } from '../declare.ts';
import { DRY_RUN, NEEDED_MESSAGE } from './shared.ts';

export const starting = {
  init: verb({
    summary: 'make this git repository a prompt registry',
    arguments: [],
    options: {
      name: text('--name <name>', "the registry's name; otherwise the folder's"),
      prompts: text('--prompts <folder>', 'where the prompt files are; otherwise prompts'),
      environments: names('--environments <names>', 'in the order of promotion, e.g. staging,production'),
      ...DRY_RUN,
    },
    examples: ['promptaudit init --name acme-clinical --environments staging,production'],
  }),
  demo: verb({
    summary: 'build an example registry to try things on',
    arguments: [argument('dir', 'at-most-one', 'a new folder; otherwise promptaudit-demo')],
    options: {},
  }),
  doctor: verb({
    summary: 'check this machine and clone, and say what to set right',
    arguments: [],
    options: {
      repair: flag('--repair', 'put right what can be put right without losing anything'),
      ...DRY_RUN,
    },
  }),
  whoami: verb({
    summary: 'show who you are to this registry, with which key and roles',
    arguments: [],
    options: {},
  }),
  completion: verb({
    summary: 'print what makes a shell complete command lines',
    arguments: [
      argument('shell', 'one', 'bash, zsh or fish'),
      argument('line', 'any-number', 'the words of a line up to the one to complete; the shell gives them'),
    ],
    options: {},
    examples: ['eval "$(promptaudit completion bash)"', 'promptaudit completion fish | source'],
  }),
  'policy show': verb({
    summary: 'show the policy in force, or an earlier version of it',
    arguments: [argument('version', 'at-most-one', 'its number; otherwise the one in force')],
    options: {},
  }),
  'policy check': verb({
    summary: 'check the edited policy file without putting it forward',
    arguments: [argument('file', 'at-most-one', 'otherwise .promptaudit/policy.yml')],
    options: {},
  }),
  'policy add': verb({
    summary: 'add a principal, or a key or role of one, to the policy file',
    arguments: [argument('email', 'one', "the principal's id")],
    options: {
      name: text('--name <name>', "the principal's name"),
      role: choicesOf('--role <roles>', 'one or more of', [
        'author',
        'approver',
        'deployer',
        'admin',
        'recorder',
        'auditor',
      ]),
      key: texts('--key <key>', 'a public key, or the path of one (.pub, .asc); repeatable'),
      kind: choice('--kind <kind>', 'otherwise a person', ['person', 'service']),
      ...DRY_RUN,
    },
    examples: ['promptaudit policy add bob@acme.example --name Bob --role author --key bob.pub'],
  }),
  'policy revoke-key': verb({
    summary: 'mark a key in the policy file as no longer to be trusted',
    arguments: [argument('key', 'one', 'the public key, the path of it, or its fingerprint')],
    options: {
      from: integer(
        '--from <sequence>',
        'the first event that it no longer counts for; otherwise the next',
        1,
      ),
      ...DRY_RUN,
    },
  }),
  'policy commit': verb({
    summary: 'sign the edited policy file and put it to the ledger',
    arguments: [],
    options: { ...NEEDED_MESSAGE, ...DRY_RUN },
  }),
};
