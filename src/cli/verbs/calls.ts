import type { Dimension } from '../../calls/search/stats.ts';
import {
  argument,
  choice,
  choicesOf,
  duration,
  flag,
  folder,
  integer,
  text,
  texts,
  verb,
} from '../declare.ts';
import { FILTER, RECORD_FILTER } from './callfilter.ts';
import { DRY_RUN } from './shared.ts';

const DIMENSIONS = [
  'prompt',
  'version',
  'environment',
  'model',
  'provider',
  'workflow',
  'user',
  'service',
  'conversation',
  'status',
  'kind',
  'action',
  'outcome',
  'hour',
  'day',
  'week',
  'month',
] as const satisfies readonly Dimension[];

const STORE = {
  store: folder('--store <dir>', "the store of calls; otherwise the repository's .promptaudit/calls"),
};

const RECORDING = {
  ...STORE,
  recorder: text('--recorder <name>', "who writes; otherwise the machine's name"),
  content: flag('--content', 'keep what was said, apart from the record'),
  redaction: text(
    '--redaction <file>',
    'what to redact before anything is kept; otherwise secrets and personal data',
  ),
  recipient: texts('--recipient <age1…>', 'encrypt what was said to this age recipient; repeatable'),
  segmentAge: duration(
    '--segment-age <duration>',
    'how old a segment becomes before it can be sealed; otherwise 1h',
  ),
  segmentRecords: integer('--segment-records <count>', 'how many records it takes; otherwise 1000000', 1),
};

const LOOKING = {
  ...STORE,
  purpose: text('--purpose <why>', 'goes on the record with who looked'),
  accessStore: folder('--access-store <dir>', 'where the look is recorded, where the store is read only'),
};

const TOLERANCE = {
  tolerance: integer('--tolerance <seconds>', 'how old what an application uses may be; otherwise 60', 0),
};

export const calls = {
  'calls record': verb({
    summary: 'record calls and accesses from standard input, one JSON object a line',
    arguments: [],
    options: RECORDING,
    examples: ['promptaudit calls record < calls.jsonl'],
  }),
  'calls import': verb({
    summary: 'record calls from files of JSON lines or OTLP JSON',
    arguments: [
      argument('files', 'at-least-one', 'JSON lines, or what an OpenTelemetry file exporter wrote'),
    ],
    options: RECORDING,
    examples: ['promptaudit calls import traces.jsonl'],
  }),
  'calls collect': verb({
    summary: 'receive calls over OTLP/HTTP, as OpenTelemetry exporters send them',
    arguments: [],
    options: {
      ...RECORDING,
      host: text('--host <address>', 'where to listen; otherwise 127.0.0.1'),
      port: integer('--port <number>', 'at which port; otherwise 4318; 0 for any that is free', 0),
      tokenFile: text(
        '--token-file <file>',
        'what senders must bring as a bearer token; or PROMPTAUDIT_COLLECT_TOKEN',
      ),
      tlsKey: text('--tls-key <file>', 'the key of the certificate, PEM'),
      tlsCert: text('--tls-cert <file>', 'the certificate, PEM'),
      insecure: flag('--insecure', 'let other machines send without a token or without TLS'),
      seal: flag('--seal', 'seal segments as they become full'),
    },
    examples: ['promptaudit calls collect', 'OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:4318 node app.js'],
  }),
  'calls seal': verb({
    summary: 'seal what was recorded: one Parquet file and one signed event a segment',
    arguments: [],
    options: {
      ...STORE,
      now: flag('--now', 'what is still being written too: whoever writes it begins another segment'),
      ...DRY_RUN,
    },
  }),
  'calls search': verb({
    summary: 'find calls and accesses',
    arguments: [],
    options: {
      ...FILTER,
      ...LOOKING,
      limit: integer('-n, --limit <count>', 'at most so many; otherwise 50; 0 for all', 0),
      oldest: flag('--oldest', 'oldest first'),
      identity: text('--identity <file>', 'age identities that can read what was said'),
      format: choice('--format <format>', 'how to show it', ['text', 'json', 'jsonl', 'csv', 'parquet']),
      output: text('--output <file>', 'write all of them to this file instead: .jsonl, .csv or .parquet'),
      force: flag('--force', 'write over a file that is there'),
    },
    examples: ['promptaudit calls search --prompt intake@12 --status error --since yesterday'],
  }),
  'calls show': verb({
    summary: 'show one record, what was said in it, or its proof',
    arguments: [argument('id', 'one', 'the id of a call or an access')],
    options: {
      ...LOOKING,
      content: flag('--content', 'what was said, checked against the record'),
      identity: text('--identity <file>', 'age identities that can read what was said'),
      proof: flag(
        '--proof',
        'that it was sealed: a C2SP tlog-proof, which is checked without the other records',
      ),
    },
    examples: ['promptaudit calls show 01a1ff5c-6a57-7517-917f-263c78bc5448 --proof'],
  }),
  'calls reconcile': verb({
    summary: 'find calls that used what was not deployed there then, or was never approved',
    arguments: [],
    options: {
      ...RECORD_FILTER,
      ...LOOKING,
      ...TOLERANCE,
      strict: flag('--strict', 'a call that does not say what it used, or where, is a fault too'),
    },
    examples: ['promptaudit calls reconcile --env production --since "1 week ago"'],
  }),
  trace: verb({
    summary: 'follow a call to its version, or a version or deployment to its calls',
    arguments: [argument('subject', 'one', 'the id of a call, the number of an event, or intake@12')],
    options: { ...LOOKING, ...TOLERANCE },
    examples: [
      'promptaudit trace 01a1ff5c-6a57-7517-917f-263c78bc5448',
      'promptaudit trace intake@production',
    ],
  }),
  'calls verify': verb({
    summary: 'check the files of the store against their seals, or one record against its proof',
    arguments: [],
    options: {
      ...STORE,
      deep: flag('--deep', 'read every record, and compare each column with it'),
      proof: text('--proof <file>', 'check this proof instead, without a store'),
      record: text('--record <file>', 'the record that it is of: one line of JSON'),
      allowedSigners: text('--allowed-signers <file>', "whose seals count; otherwise the policy's recorders"),
    },
    examples: [
      'promptaudit calls verify --deep',
      'promptaudit calls verify --proof call.tlog-proof --record call.json',
    ],
  }),
  'calls export': verb({
    summary: 'write calls and accesses to a file',
    arguments: [argument('file', 'one', 'where to: .jsonl, .csv or .parquet')],
    options: {
      ...FILTER,
      ...LOOKING,
      identity: text('--identity <file>', 'age identities that can read what was said'),
      format: choice('--format <format>', 'where the name does not tell', ['jsonl', 'csv', 'parquet']),
      force: flag('--force', 'write over a file that is there'),
    },
    examples: ['promptaudit calls export october.parquet --since 2026-10-01 --until 2026-11-01'],
  }),
  'calls stats': verb({
    summary: 'count calls, tokens, cost and latency',
    arguments: [],
    options: {
      ...FILTER,
      ...LOOKING,
      identity: text('--identity <file>', 'age identities that can read what was said'),
      by: choicesOf('--by <dimensions>', 'a row for each', DIMENSIONS),
      over: choice('--over <period>', 'a sparkline of', ['hour', 'day', 'week', 'month']),
      limit: integer('-n, --limit <count>', 'at most so many rows', 1),
    },
    examples: ['promptaudit calls stats --by model,prompt --over day --since "1 month ago"'],
  }),
};
