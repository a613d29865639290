/** What YAML's core schema can say. A map never has the key `__proto__`: the parser refuses it. */
export type PlainValue = null | boolean | number | string | readonly PlainValue[] | PlainMap;
export interface PlainMap {
  readonly [key: string]: PlainValue;
}

export const MESSAGE_ROLES = ['system', 'developer', 'user', 'assistant', 'tool'] as const;
type MessageRole = (typeof MESSAGE_ROLES)[number];

export const RESPONSE_FORMATS = ['text', 'json_object', 'json_schema'] as const;
type ResponseFormat = (typeof RESPONSE_FORMATS)[number];

export const INPUT_KINDS = ['string', 'number', 'integer', 'float', 'boolean', 'array', 'object'] as const;
export type InputKind = (typeof INPUT_KINDS)[number];

/** A parsed prompt file. `undefined` and empty collections stand for keys that the file does not have. */
export interface Prompt {
  readonly name: string | undefined;
  readonly description: string | undefined;
  readonly model: string | undefined;
  /** In the file's order. A known parameter has its camel-case name, however the file spells it. */
  readonly modelParameters: ReadonlyMap<string, PlainValue>;
  /** At least one. */
  readonly messages: readonly PromptMessage[];
  readonly responseFormat: ResponseFormat | undefined;
  /** JSON text, or the schema written as YAML. */
  readonly jsonSchema: string | PlainMap | undefined;
  /** By variable name, in the file's order; `undefined` where the file declares none and any variable may be used. */
  readonly inputs: ReadonlyMap<string, PromptInput> | undefined;
  readonly tools: readonly PlainValue[];
  readonly testData: readonly PlainValue[];
  readonly evaluators: readonly PlainValue[];
  readonly tags: readonly string[];
  readonly metadata: PlainMap;
  /** Keys that the format does not know, as they are. */
  readonly other: PlainMap;
}

export interface PromptMessage {
  readonly role: MessageRole;
  readonly content: string;
  readonly other: PlainMap;
}

/** A declared variable. */
export interface PromptInput {
  readonly kind: InputKind;
  readonly description: string | undefined;
  /** True unless the file says otherwise. */
  readonly required: boolean;
  readonly default: PlainValue | undefined;
  readonly example: PlainValue | undefined;
  readonly enumValues: readonly PlainValue[] | undefined;
  readonly other: PlainMap;
}

/** One thing that is wrong with a prompt file, and where. */
export interface PromptProblem {
  readonly path: string;
  /** 1-based. */
  readonly line: number;
  /** 1-based, in UTF-16 code units. */
  readonly column: number;
  /** A prompt with an error cannot be committed or rendered. */
  readonly severity: 'error' | 'warning';
  /** Stable, e.g. `yaml/duplicate-key`. */
  readonly code: string;
  readonly message: string;
}

/** A prompt with its variables filled in: what would be sent to a model. */
export interface RenderedPrompt {
  readonly model: string | undefined;
  readonly modelParameters: ReadonlyMap<string, PlainValue>;
  readonly messages: readonly PromptMessage[];
  readonly responseFormat: ResponseFormat | undefined;
  readonly jsonSchema: string | PlainMap | undefined;
  readonly tools: readonly PlainValue[];
}

/** What changed in meaning between two prompts; layout, comments, key order and spelling of parameters do not show. */
export interface PromptDiff {
  readonly status: 'same' | 'added' | 'removed' | 'changed';
  /** Every change but those of messages' roles and contents, section by section in the order of `FieldSection`. */
  readonly fields: readonly FieldChange[];
  /** Every message of both sides, unchanged ones too, in order; a removed one stands where it was. */
  readonly messages: readonly MessageDiff[];
}

export type FieldSection =
  | 'general' // name, description, model, tags, metadata
  | 'parameters' // modelParameters
  | 'inputs'
  | 'response' // responseFormat, jsonSchema
  | 'tools'
  | 'tests' // testData, evaluators
  | 'other'; // unknown keys, those of messages too

/** `undefined` where that side has no such field. A whole list or map is the value where all of it came or went. */
export interface FieldChange {
  readonly section: FieldSection;
  /**
   * E.g. `model`, `modelParameters.temperature`, `inputs.note.required`, `tools[0].name`, `metadata["a b"]`. Indices are
   * from 0 and count in the newer prompt, or in the older one where the item is gone.
   */
  readonly path: string;
  readonly before: PlainValue | undefined;
  readonly after: PlainValue | undefined;
}

/** A message that one or both sides have. */
export interface MessageDiff {
  readonly status: 'same' | 'added' | 'removed' | 'changed';
  /** `undefined` when added. */
  readonly before: MessagePlace | undefined;
  /** `undefined` when removed. */
  readonly after: MessagePlace | undefined;
  /** Every line of the content, unchanged ones too. */
  readonly lines: readonly DiffLine[];
}

export interface MessagePlace {
  /** 0-based place in the list of messages. */
  readonly index: number;
  readonly role: MessageRole;
  /** The content ends with a newline (`|` rather than `|-`). The empty line after it is not among `lines`. */
  readonly finalNewline: boolean;
}

/**
 * One line to show. `removed` and `added` stand on one side only; `changed` is a line of the older content beside the
 * one that replaced it: its runs without the added ones are the former, without the removed ones the latter.
 */
export interface DiffLine {
  readonly kind: 'same' | 'added' | 'removed' | 'changed';
  /** 1-based line of the older content; `undefined` when added. */
  readonly before: number | undefined;
  /** 1-based line of the newer content; `undefined` when removed. */
  readonly after: number | undefined;
  /** In order; no run is empty, so an empty line has none. `same`, `added` and `removed` lines have runs of that kind only. */
  readonly runs: readonly DiffRun[];
}

export interface DiffRun {
  readonly kind: 'same' | 'added' | 'removed';
  /** Never holds `\n`. May hold any other character: what shows it on a terminal must make control characters harmless. */
  readonly text: string;
}
