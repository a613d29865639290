import { isOfKind, kindWords, shortText } from './input-value.ts';
import type { PlainValue, Prompt, PromptInput, PromptProblem } from './model.ts';
import { nearest } from './nearest.ts';
import { isPlainMap, parseJson, samePlain } from './plain-value.ts';
import { type Template, type TemplateFault, variableNames } from './template.ts';

/** What rules about message texts look at: one template a message. */
export interface TextSubject {
  readonly templates: readonly Template[];
}

/** What rules about a whole prompt look at. */
export interface PromptSubject extends TextSubject {
  readonly prompt: Prompt;
  /** The name that the file's path gives it, where that is known. */
  readonly expectedName: string | undefined;
}

/** Where a rule does not hold. */
export interface Breach {
  readonly path: readonly (string | number)[];
  /** In the string at `path`, where the breach is not of the whole value. */
  readonly offset?: number;
  readonly message: string;
}

/** One claim about a prompt file. */
export interface LintRule<Subject> {
  readonly code: string;
  readonly severity: PromptProblem['severity'];
  breaches(subject: Subject): readonly Breach[];
}

/** A hostile file may use a great many variables, and to guess what each was meant to be takes time. */
const MAX_GUESSES = 20;

/** A variable that is used is declared, where the file declares variables at all. Its first use is what is reported. */
const usedIsDeclared: LintRule<PromptSubject> = {
  code: 'inputs/undeclared',
  severity: 'error',
  breaches({ prompt: { inputs }, templates }) {
    if (inputs === undefined) return [];
    const seen = new Set(inputs.keys());
    const enough = inputs.size + MAX_GUESSES;
    return templates.flatMap(({ parts }, index) =>
      parts.flatMap((part) => {
        if (part.kind !== 'variable' || seen.has(part.name)) return [];
        seen.add(part.name);
        const guess = seen.size > enough ? undefined : nearest(part.name, inputs.keys());
        const hint = guess === undefined ? 'declare it there' : `did you mean ${guess}?`;
        const message = `{{${part.name}}} is not among the inputs: ${hint}`;
        return [{ path: ['messages', index, 'content'], offset: part.offset, message }];
      }),
    );
  },
};

const declaredIsUsed: LintRule<PromptSubject> = {
  code: 'inputs/unused',
  severity: 'warning',
  breaches({ prompt, templates }) {
    const used = new Set(variableNames(templates.flatMap(({ parts }) => parts)));
    return [...(prompt.inputs?.keys() ?? [])]
      .filter((name) => !used.has(name))
      .map((name) => ({ path: ['inputs', name], message: `no message uses {{${name}}}` }));
  },
};

const defaultIsOfKind: LintRule<PromptSubject> = {
  code: 'inputs/default-kind',
  severity: 'error',
  breaches: ({ prompt }) =>
    eachInput(prompt, (name, input) => wrongKind(['inputs', name, 'default'], input, input.default)),
};

const exampleIsOfKind: LintRule<PromptSubject> = {
  code: 'inputs/example-kind',
  severity: 'warning',
  breaches: ({ prompt }) =>
    eachInput(prompt, (name, input) => wrongKind(['inputs', name, 'example'], input, input.example)),
};

const enumValuesAreOfKind: LintRule<PromptSubject> = {
  code: 'inputs/enum-kind',
  severity: 'error',
  breaches: ({ prompt }) =>
    eachInput(prompt, (name, input) =>
      (input.enumValues ?? []).flatMap((value, index) =>
        wrongKind(['inputs', name, 'enumValues', index], input, value),
      ),
    ),
};

const defaultIsAllowed: LintRule<PromptSubject> = {
  code: 'inputs/default-not-allowed',
  severity: 'error',
  breaches: ({ prompt }) =>
    eachInput(prompt, (name, input) => notAllowed(['inputs', name, 'default'], input, input.default)),
};

const exampleIsAllowed: LintRule<PromptSubject> = {
  code: 'inputs/example-not-allowed',
  severity: 'warning',
  breaches: ({ prompt }) =>
    eachInput(prompt, (name, input) => notAllowed(['inputs', name, 'example'], input, input.example)),
};

const formatHasSchema: LintRule<PromptSubject> = {
  code: 'response/schema-missing',
  severity: 'error',
  breaches({ prompt: { responseFormat, jsonSchema } }) {
    if (responseFormat !== 'json_schema' || jsonSchema !== undefined) return [];
    return [
      { path: ['responseFormat'], message: 'responseFormat is json_schema and there is no jsonSchema' },
    ];
  },
};

const schemaHasFormat: LintRule<PromptSubject> = {
  code: 'response/schema-unused',
  severity: 'warning',
  breaches({ prompt: { responseFormat, jsonSchema } }) {
    if (responseFormat === 'json_schema' || jsonSchema === undefined) return [];
    return [{ path: ['jsonSchema'], message: 'jsonSchema counts only where responseFormat is json_schema' }];
  },
};

const schemaIsJson: LintRule<PromptSubject> = {
  code: 'response/schema-json',
  severity: 'error',
  breaches({ prompt: { jsonSchema } }) {
    if (typeof jsonSchema !== 'string' || isPlainMap(parseJson(jsonSchema))) return [];
    return [{ path: ['jsonSchema'], message: 'jsonSchema is not the JSON of an object' }];
  },
};

/** A message with keys of its own, such as tool calls, may say nothing. */
const messageSaysSomething: LintRule<PromptSubject> = {
  code: 'messages/empty',
  severity: 'error',
  breaches: ({ prompt }) =>
    prompt.messages.flatMap(({ content, other }, index) => {
      if (content.trim() !== '' || Object.keys(other).length > 0) return [];
      return [{ path: ['messages', index, 'content'], message: `messages[${index}] says nothing` }];
    }),
};

const tagsAreDistinct: LintRule<PromptSubject> = {
  code: 'tags/duplicate',
  severity: 'warning',
  breaches({ prompt: { tags } }) {
    const seen = new Set<string>();
    return tags.flatMap((tag, index) => {
      if (!seen.has(tag)) {
        seen.add(tag);
        return [];
      }
      return [{ path: ['tags', index], message: `the tag ${tag} stands there twice` }];
    });
  },
};

const nameIsThePaths: LintRule<PromptSubject> = {
  code: 'name/mismatch',
  severity: 'warning',
  breaches({ prompt: { name }, expectedName }) {
    if (name === undefined || expectedName === undefined || name === expectedName) return [];
    return [
      {
        path: ['name'],
        message: `the file's path makes this prompt ${expectedName}, and its name says ${name}`,
      },
    ];
  },
};

/** These hold for a file even where it cannot be read as a prompt. */
export const TEXT_RULES: readonly LintRule<TextSubject>[] = [
  templateRule('template/control-syntax'),
  templateRule('template/variable-name'),
  templateRule('template/unclosed'),
];

export const PROMPT_RULES: readonly LintRule<PromptSubject>[] = [
  usedIsDeclared,
  declaredIsUsed,
  defaultIsOfKind,
  exampleIsOfKind,
  enumValuesAreOfKind,
  defaultIsAllowed,
  exampleIsAllowed,
  formatHasSchema,
  schemaHasFormat,
  schemaIsJson,
  messageSaysSomething,
  tagsAreDistinct,
  nameIsThePaths,
];

/** Message text has no fault of this code. */
function templateRule(code: TemplateFault['code']): LintRule<TextSubject> {
  return {
    code,
    severity: 'error',
    breaches: ({ templates }) =>
      templates.flatMap(({ faults }, index) =>
        faults
          .filter((fault) => fault.code === code)
          .map(({ offset, message }) => ({ path: ['messages', index, 'content'], offset, message })),
      ),
  };
}

function eachInput(
  prompt: Prompt,
  find: (name: string, input: PromptInput) => readonly Breach[],
): readonly Breach[] {
  return [...(prompt.inputs ?? [])].flatMap(([name, input]) => find(name, input));
}

function wrongKind(
  path: Breach['path'],
  input: PromptInput,
  value: PlainValue | undefined,
): readonly Breach[] {
  if (value === undefined || isOfKind(input.kind, value)) return [];
  return [
    { path, message: `${shortText(value)} must be ${kindWords(input.kind)}, as the input's kind says` },
  ];
}

function notAllowed(
  path: Breach['path'],
  input: PromptInput,
  value: PlainValue | undefined,
): readonly Breach[] {
  const allowed = input.enumValues;
  if (value === undefined || allowed === undefined || !isOfKind(input.kind, value)) return [];
  if (allowed.some((one) => samePlain(one, value))) return [];
  return [
    { path, message: `${shortText(value)} is not among enumValues: ${allowed.map(shortText).join(', ')}` },
  ];
}
