import { quote } from '../../ledger/text.ts';
import { type KeyPath, parseKeyPath } from './keypath.ts';
import { PII_KINDS, type PiiKind } from './piikinds.ts';

/** What is taken out of content before anything of it is written. */
export interface RedactionOptions {
  /** Keys, tokens, passwords; on unless said otherwise. */
  readonly secrets?: boolean;
  /** Personal data: all kinds that are known, none, or these; all unless said otherwise. */
  readonly pii?: boolean | readonly string[];
  /** ISO 3166-1 codes of the countries whose phone numbers are known without a country code; `US` unless said otherwise. */
  readonly regions?: readonly string[];
  /** Values of JSON that go, by where they lie: see `KeyPath`. */
  readonly paths?: readonly string[];
  readonly patterns?: readonly OwnPattern[];
}

/** A rule of one's own. */
interface OwnPattern {
  /** Lower-case letters and digits, with single hyphens between; the rule is `own/<name>`. */
  readonly name: string;
  /** A JavaScript regular expression; it is read with the flags `g` and `u`. */
  readonly pattern: string;
}

/** Options that were checked: what there is to do. */
export interface RedactionPlan {
  readonly secrets: boolean;
  readonly pii: readonly PiiKind[];
  readonly regions: readonly string[];
  readonly paths: readonly KeyPath[];
  readonly patterns: readonly { readonly rule: string; readonly pattern: RegExp }[];
}

/** What is wrong, and where in the options. */
export interface RedactionProblem {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

const NAME = /^[a-z0-9]+(?:-[a-z0-9]+)*$/;
const REGION = /^[A-Z]{2}$/;
const MAX_PATTERN = 4096;

/** Says all that is wrong at once. */
export function planRedaction(
  options: RedactionOptions,
): { readonly plan: RedactionPlan } | { readonly problems: readonly RedactionProblem[] } {
  const problems: RedactionProblem[] = [];
  const plan: RedactionPlan = {
    secrets: options.secrets ?? true,
    pii: readKinds(options.pii ?? true, problems),
    regions: options.regions ?? ['US'],
    paths: (options.paths ?? []).flatMap((text, index) => readPath(text, index, problems)),
    patterns: (options.patterns ?? []).flatMap((own, index) => readPattern(own, index, problems)),
  };
  for (const [index, region] of plan.regions.entries()) {
    if (!REGION.test(region)) {
      problems.push({ path: ['regions', index], message: `${quote(region)} is no country code such as US` });
    }
  }
  return problems.length > 0 ? { problems } : { plan };
}

function readKinds(given: boolean | readonly string[], problems: RedactionProblem[]): readonly PiiKind[] {
  if (typeof given === 'boolean') return given ? PII_KINDS : [];
  return given.flatMap((name, index) => {
    const kind = PII_KINDS.find((one) => one === name);
    if (kind !== undefined) return [kind];
    const message = `${quote(name)} is none of ${PII_KINDS.join(', ')}`;
    problems.push({ path: ['pii', index], message });
    return [];
  });
}

function readPath(text: string, index: number, problems: RedactionProblem[]): readonly KeyPath[] {
  const path = parseKeyPath(text);
  if (path !== undefined) return [path];
  const message = `${quote(text)} is no key path such as messages[*].content.ssn or **.password`;
  problems.push({ path: ['paths', index], message });
  return [];
}

function readPattern(
  { name, pattern }: OwnPattern,
  index: number,
  problems: RedactionProblem[],
): RedactionPlan['patterns'] {
  if (!NAME.test(name)) {
    const message = `${quote(name)} is no name: write lower-case letters, digits and single hyphens`;
    problems.push({ path: ['patterns', index, 'name'], message });
  }
  const compiled = compile(pattern);
  if (typeof compiled !== 'string') return [{ rule: `own/${name}`, pattern: compiled }];
  problems.push({ path: ['patterns', index, 'pattern'], message: `${quote(pattern)} ${compiled}` });
  return [];
}

/** @returns what is wrong, where it is no regular expression */
function compile(pattern: string): RegExp | string {
  if (pattern.length > MAX_PATTERN) return `is longer than ${MAX_PATTERN} characters`;
  try {
    const compiled = new RegExp(pattern, 'gu');
    return compiled.test('') ? 'matches where there is nothing' : compiled;
  } catch (error) {
    const why = error instanceof Error ? error.message.replace(/^.*: /s, '') : 'it cannot be read';
    return `is no regular expression: ${why}`;
  }
}
