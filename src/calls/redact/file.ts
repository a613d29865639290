import * as v from 'valibot';
import { parseDocument } from 'yaml';
import { quote } from '../../ledger/text.ts';
import { planRedaction, type RedactionOptions } from './options.ts';

/** The first line of every file of redaction rules says that it is one. */
const REDACTION_SCHEMA = 'promptaudit/redaction@1';

export type RedactionFile =
  | { readonly options: RedactionOptions }
  /** Sentences that begin with where in the file it is: `patterns[0].name: …`. */
  | { readonly problems: readonly string[] };

const MAX_BYTES = 262_144;
const MAX_ALIASES = 20;
const MAX_PROBLEMS = 50;

const text = v.pipe(v.string(), v.minLength(1, 'is empty'));

const redactionFileSchema = v.strictObject({
  schema: v.literal(REDACTION_SCHEMA),
  secrets: v.exactOptional(v.boolean()),
  pii: v.exactOptional(v.union([v.boolean(), v.array(text)])),
  regions: v.exactOptional(v.array(text)),
  paths: v.exactOptional(v.array(text)),
  patterns: v.exactOptional(v.array(v.strictObject({ name: text, pattern: text }))),
});

/**
 * Reads a file of redaction rules, YAML 1.2 or JSON, from hostile bytes; never throws, says all that is wrong at once.
 *
 * ```yaml
 * schema: promptaudit/redaction@1
 * secrets: true                  # the default
 * pii: [email, phone]            # or true, the default, or false
 * regions: [US, GB]              # whose phone numbers are known without a country code
 * paths: ["messages[*].content.ssn", "**.password"]
 * patterns:
 *   - { name: patient-number, pattern: "\\bP-[0-9]{6}\\b" }
 * ```
 */
export function parseRedactionFile(bytes: Uint8Array): RedactionFile {
  const read = readYaml(bytes);
  if ('problem' in read) return { problems: [read.problem] };
  const parsed = v.safeParse(redactionFileSchema, read.value);
  if (!parsed.success) {
    return { problems: parsed.issues.slice(0, MAX_PROBLEMS).map(problemOf) };
  }
  const { schema: _, ...options } = parsed.output;
  const planned = planRedaction(options);
  if ('plan' in planned) return { options };
  return {
    problems: planned.problems
      .slice(0, MAX_PROBLEMS)
      .map(({ path, message }) => `${placeOf(path)}: ${message}`),
  };
}

function readYaml(bytes: Uint8Array): { readonly value: unknown } | { readonly problem: string } {
  if (bytes.length > MAX_BYTES)
    return { problem: `the file has ${bytes.length} bytes: ${MAX_BYTES} are the most` };
  try {
    const source = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    const document = parseDocument(source, { schema: 'core', logLevel: 'error', prettyErrors: false });
    const fault = document.errors[0] ?? document.warnings[0];
    if (fault?.code === 'MULTIPLE_DOCS') return { problem: 'the file has more than one YAML document' };
    if (fault !== undefined) return { problem: `the file is no YAML: ${quote(fault.message)}` };
    return { value: document.toJS({ maxAliasCount: MAX_ALIASES }) };
  } catch {
    return { problem: 'the file cannot be read: it is not UTF-8, or nested too deeply' };
  }
}

function problemOf(issue: v.BaseIssue<unknown>): string {
  const path = issue.path?.map(({ key }) => (typeof key === 'number' ? key : String(key))) ?? [];
  const last = String(path.at(-1) ?? '');
  if (issue.type === 'strict_object' && issue.expected === 'never') {
    return `${placeOf(path)}: ${quote(last)} is no key of a file of redaction rules`;
  }
  if (issue.received === 'undefined') return `${placeOf(path)}: it is missing, expected ${issue.expected}`;
  if (issue.type === 'min_length') return `${placeOf(path)}: it is empty`;
  return `${placeOf(path)}: expected ${issue.expected}, not ${quote(issue.received)}`;
}

function placeOf(path: readonly (string | number)[]): string {
  const place = path
    .map((step) => (typeof step === 'number' ? `[${step}]` : `.${step.replace(/[^\w-]/g, '?').slice(0, 80)}`))
    .join('')
    .replace(/^\./, '');
  return place === '' ? 'the file' : place;
}
