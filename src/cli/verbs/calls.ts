import { argument, flag, text, texts, verb } from '../declare.ts';

const STORE = {
  store: text('--store <dir>', "the store of calls; the repository's .promptaudit/calls otherwise"),
};

const RECORDING = {
  ...STORE,
  recorder: text('--recorder <name>', "who writes: the machine's name otherwise"),
  content: flag('--content', 'keep what was said, apart from the record'),
  redaction: text(
    '--redaction <file>',
    'what to redact before anything is kept; secrets and personal data otherwise',
  ),
  recipient: texts('--recipient <age1…>', 'encrypt what was said to this age recipient; may be repeated'),
};

export const calls = {
  'calls record': verb({
    summary: 'record calls and accesses from standard input, one JSON object a line',
    arguments: [],
    options: RECORDING,
    examples: [
      `echo '{"gen_ai.request.model":"gpt-5","gen_ai.prompt.name":"intake"}' | promptaudit calls record`,
    ],
  }),
  'calls import': verb({
    summary: 'record calls from files of JSON lines or OTLP JSON',
    arguments: [
      argument('files', 'at-least-one', 'JSON lines, or what an OpenTelemetry file exporter wrote'),
    ],
    options: RECORDING,
    examples: ['promptaudit calls import traces.jsonl'],
  }),
};
