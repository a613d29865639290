import * as v from 'valibot';
import { type Fault, placeFaults } from './fault.ts';
import { readText } from './file-text.ts';
import type { PlainMap, PlainValue, Prompt, PromptInput, PromptProblem } from './model.ts';
import { nearest } from './nearest.ts';
import { isPlainList, isPlainMap, otherEntries } from './plain-value.ts';
import {
  FILE_KEYS,
  INPUT_KEYS,
  type InputDeclaration,
  MESSAGE_KEYS,
  PARAMETER_KEYS,
  type PromptFile,
  promptFileSchema,
  SNAKE_CASE_PARAMETERS,
} from './schema.ts';
import { readYamlTree, type YamlTree } from './yaml-tree.ts';

export interface ParsedPrompt {
  /** Absent where a problem is an error that reading the file found. */
  readonly prompt: Prompt | undefined;
  /** All that is wrong, in the order of the file. */
  readonly problems: readonly PromptProblem[];
}

/** Reads a prompt file, design section 1.3. `path` is only repeated in the problems. Never throws, whatever the bytes. */
export function parsePrompt(bytes: Uint8Array, path: string): ParsedPrompt {
  const { prompt, text, faults } = inspectPrompt(bytes);
  return { prompt, problems: placeFaults(faults, text, path) };
}

/** A prompt file on every level at which it can be looked at. */
export interface InspectedPrompt {
  /** As much of the text as could be decoded. */
  readonly text: string;
  readonly tree: YamlTree | undefined;
  readonly prompt: Prompt | undefined;
  readonly faults: readonly Fault[];
}

export function inspectPrompt(bytes: Uint8Array): InspectedPrompt {
  const { text, readable, faults } = readText(bytes);
  if (!readable) return { text, tree: undefined, prompt: undefined, faults };
  const yaml = readYamlTree(text);
  if (yaml.tree === undefined) {
    return { text, tree: undefined, prompt: undefined, faults: [...faults, ...yaml.faults] };
  }
  const all = [...faults, ...yaml.faults, ...schemaFaults(yaml.tree), ...keyFaults(yaml.tree)];
  const sound = !all.some((fault) => fault.severity === 'error');
  return { text, tree: yaml.tree, prompt: sound ? promptOf(yaml.tree.value) : undefined, faults: all };
}

function schemaFaults(tree: YamlTree): readonly Fault[] {
  const result = v.safeParse(promptFileSchema, tree.value);
  return (result.issues ?? []).map((issue) => {
    const path = (issue.path ?? []).map((item) => item.key as string | number);
    const missing = issue.kind === 'schema' && issue.received === 'undefined';
    const place = tree.locate(path);
    const onKey = missing || issue.path?.at(-1)?.origin === 'key';
    return {
      offset: onKey ? place.offset : (place.node?.range?.[0] ?? place.offset),
      severity: 'error',
      code: missing ? 'prompt/missing-key' : 'prompt/value',
      message: `${pathText(path)} ${missing ? 'is missing' : issue.message}`,
    };
  });
}

function pathText(path: readonly (string | number)[]): string {
  if (path.length === 0) return 'the file';
  return path
    .map((step) => (typeof step === 'number' ? `[${step}]` : `.${step}`))
    .join('')
    .replace(/^\./, '');
}

/** Keys that the format does not know, and parameters that are there in both spellings. */
function keyFaults(tree: YamlTree): readonly Fault[] {
  const file = tree.value;
  if (!isPlainMap(file)) return [];
  const faults = unknownKeys(tree, [], file, FILE_KEYS);
  const { messages, inputs, modelParameters } = file;
  if (isPlainList(messages)) {
    messages.forEach((message, index) => {
      faults.push(...unknownKeys(tree, ['messages', index], message, MESSAGE_KEYS));
    });
  }
  if (isPlainMap(inputs)) {
    for (const [name, input] of Object.entries(inputs)) {
      faults.push(...unknownKeys(tree, ['inputs', name], input, INPUT_KEYS));
    }
  }
  if (isPlainMap(modelParameters)) {
    // Models have parameters that no list has all of: only what looks mistyped is worth a warning.
    const isMistyped = (key: string) => nearest(key, PARAMETER_KEYS) !== undefined;
    faults.push(...unknownKeys(tree, ['modelParameters'], modelParameters, PARAMETER_KEYS, isMistyped));
    faults.push(...doubledParameters(tree, modelParameters));
  }
  return faults;
}

function unknownKeys(
  tree: YamlTree,
  path: readonly (string | number)[],
  map: PlainValue | undefined,
  known: readonly string[],
  counts: (key: string) => boolean = () => true,
): Fault[] {
  if (!isPlainMap(map)) return [];
  const unknown = Object.keys(otherEntries(map, known)).filter(counts);
  return unknown.map((key) => {
    const guess = nearest(key, known);
    const hint = guess === undefined ? '' : `: did you mean ${guess}?`;
    const message = `the key ${pathText([...path, key])} is not known${hint}`;
    const { offset } = tree.locate([...path, key]);
    return { offset, severity: 'warning', code: 'prompt/unknown-key', message };
  });
}

function doubledParameters(tree: YamlTree, parameters: PlainMap): readonly Fault[] {
  return [...SNAKE_CASE_PARAMETERS].flatMap(([snake, camel]) => {
    if (!Object.hasOwn(parameters, snake) || !Object.hasOwn(parameters, camel)) return [];
    const { offset } = tree.locate(['modelParameters', snake]);
    const message = `modelParameters has both ${snake} and ${camel}, which are the same: keep one`;
    return [{ offset, severity: 'error' as const, code: 'prompt/duplicate-parameter', message }];
  });
}

/** Only for a value that the schema accepted. */
function promptOf(value: PlainValue): Prompt {
  const raw = value as PlainMap;
  const file = value as PromptFile;
  const parameters = Object.entries((raw.modelParameters ?? {}) as PlainMap);
  return {
    name: file.name,
    description: file.description,
    model: file.model,
    modelParameters: new Map(
      parameters.map(([key, setting]) => [SNAKE_CASE_PARAMETERS.get(key) ?? key, setting]),
    ),
    messages: file.messages.map((message) => ({
      role: message.role,
      content: message.content,
      other: otherEntries(message as PlainMap, MESSAGE_KEYS),
    })),
    responseFormat: file.responseFormat,
    jsonSchema: raw.jsonSchema as string | PlainMap | undefined,
    inputs: file.inputs === undefined ? undefined : new Map(Object.entries(file.inputs).map(inputOf)),
    tools: listOf(raw.tools),
    testData: listOf(raw.testData),
    evaluators: listOf(raw.evaluators),
    tags: file.tags ?? [],
    metadata: (raw.metadata ?? {}) as PlainMap,
    other: otherEntries(raw, FILE_KEYS),
  };
}

function inputOf([name, declared]: [string, InputDeclaration | null]): [string, PromptInput] {
  const raw = (declared ?? {}) as PlainMap;
  return [
    name,
    {
      kind: declared?.kind ?? 'string',
      description: declared?.description,
      required: declared?.required ?? true,
      default: raw.default,
      example: raw.example,
      enumValues: declared?.enumValues === undefined ? undefined : listOf(raw.enumValues),
      other: otherEntries(raw, INPUT_KEYS),
    },
  ];
}

function listOf(value: PlainValue | undefined): readonly PlainValue[] {
  return isPlainList(value) ? value : [];
}
