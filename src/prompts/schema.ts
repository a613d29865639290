import * as v from 'valibot';
import { INPUT_KINDS, MESSAGE_ROLES, RESPONSE_FORMATS } from './model.ts';
import { nearest } from './nearest.ts';
import { VARIABLE_NAME } from './template.ts';

/** A map and not a list, which valibot's objects take too. */
const plainMap = v.custom<Record<string, unknown>>(
  (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
  'must be a map',
);

function describe<Input>(title: string, description: string) {
  return v.metadata<Input, { readonly title: string; readonly description: string }>({ title, description });
}

/** A key that a file may have or leave out, as an editor shows it. */
function field<const Schema extends v.GenericSchema>(schema: Schema, title: string, description: string) {
  return v.optional(v.pipe(schema, describe(title, description)));
}

function oneOf<const Options extends readonly string[]>(options: Options) {
  return v.picklist(options, ({ input }) => {
    const guess = typeof input === 'string' ? nearest(input, options) : undefined;
    return `must be one of ${options.join(', ')}${guess === undefined ? '' : `: did you mean ${guess}?`}`;
  });
}

const text = v.string('must be a string');
const number = v.number('must be a number');
const whole = v.pipe(v.number('must be a whole number'), v.integer('must be a whole number'));
const anyMap = v.pipe(plainMap, v.looseObject({}));
const atLeastOne = v.pipe(whole, v.minValue(1, 'must be at least 1'));

const maxTokens = field(
  atLeastOne,
  'Max tokens',
  'The greatest number of tokens that the model may answer with.',
);
const maxCompletionTokens = field(
  atLeastOne,
  'Max completion tokens',
  'The greatest number of tokens for the answer and the reasoning before it.',
);
const topP = field(
  v.pipe(number, v.minValue(0, 'must be at least 0'), v.maxValue(1, 'must be at most 1')),
  'Top p',
  'Nucleus sampling: choose among the likeliest tokens that add up to this.',
);
const topK = field(
  v.pipe(whole, v.minValue(0, 'must be at least 0')),
  'Top k',
  'Choose among this many likeliest tokens.',
);
const frequencyPenalty = field(
  number,
  'Frequency penalty',
  'Above 0, tokens are less likely the oftener they occurred.',
);
const presencePenalty = field(
  number,
  'Presence penalty',
  'Above 0, tokens that occurred already are less likely.',
);
const reasoningEffort = field(
  text,
  'Reasoning effort',
  'How much the model reasons before it answers, e.g. low or high.',
);
const toolChoice = field(v.unknown(), 'Tool choice', 'Which tool the model must, may or must not call.');

/** Camel-case names, which are the ones that a parsed prompt uses, by the snake-case spelling. */
export const SNAKE_CASE_PARAMETERS: ReadonlyMap<string, string> = new Map([
  ['max_tokens', 'maxTokens'],
  ['max_completion_tokens', 'maxCompletionTokens'],
  ['top_p', 'topP'],
  ['top_k', 'topK'],
  ['frequency_penalty', 'frequencyPenalty'],
  ['presence_penalty', 'presencePenalty'],
  ['reasoning_effort', 'reasoningEffort'],
  ['tool_choice', 'toolChoice'],
]);

const modelParameters = v.looseObject({
  maxTokens,
  max_tokens: maxTokens,
  maxCompletionTokens,
  max_completion_tokens: maxCompletionTokens,
  temperature: field(
    v.pipe(number, v.minValue(0, 'must be at least 0')),
    'Temperature',
    'How freely tokens are chosen: 0 for the likeliest.',
  ),
  topP,
  top_p: topP,
  topK,
  top_k: topK,
  frequencyPenalty,
  frequency_penalty: frequencyPenalty,
  presencePenalty,
  presence_penalty: presencePenalty,
  stop: field(
    v.union([v.string(), v.array(v.string())], 'must be a string or a list of strings'),
    'Stop',
    'The answer ends before any of these.',
  ),
  seed: field(whole, 'Seed', 'Asks for the same answer to the same prompt.'),
  reasoningEffort,
  reasoning_effort: reasoningEffort,
  toolChoice,
  tool_choice: toolChoice,
});

const input = v.looseObject({
  kind: field(
    oneOf(INPUT_KINDS),
    'Kind',
    'What the value is; string unless given. float is another word for number.',
  ),
  description: field(text, 'Description', 'What the value is for.'),
  required: field(
    v.boolean('must be true or false'),
    'Required',
    'false: where no value is given and there is no default, the variable is empty. True unless given.',
  ),
  default: field(v.unknown(), 'Default', 'The value where none is given.'),
  example: field(v.unknown(), 'Example', 'A value to show to people; never used to render.'),
  enumValues: field(
    v.pipe(v.array(v.unknown(), 'must be a list'), v.minLength(1, 'must have at least one value')),
    'Allowed values',
    'The only values that the variable may have.',
  ),
});

const message = v.looseObject({
  role: v.pipe(oneOf(MESSAGE_ROLES), describe('Role', 'Who speaks.')),
  content: v.pipe(
    text,
    describe('Content', 'What is said. {{name}} stands for a variable, and there is no other syntax.'),
  ),
});

const inputName = v.pipe(
  v.string(),
  v.regex(VARIABLE_NAME, 'is no name of a variable: use letters, digits and _, not beginning with a digit'),
);

const file = v.looseObject({
  name: field(
    text,
    'Name',
    "The prompt's name. It is the file's path that counts; this one should be the same.",
  ),
  description: field(text, 'Description', 'What the prompt is for.'),
  model: field(text, 'Model', 'The model that the prompt is written for, e.g. openai/gpt-5.'),
  modelParameters: field(
    v.pipe(plainMap, modelParameters),
    'Model parameters',
    'Settings for the model, in camel case or snake case.',
  ),
  messages: v.pipe(
    v.array(v.pipe(plainMap, message), 'must be a list'),
    v.minLength(1, 'must have at least one message'),
    describe('Messages', 'The conversation that is sent to the model, in order.'),
  ),
  responseFormat: field(
    oneOf(RESPONSE_FORMATS),
    'Response format',
    'Plain text, any JSON object, or JSON that follows jsonSchema.',
  ),
  jsonSchema: field(
    v.union([v.string(), anyMap], 'must be a string of JSON or a map'),
    'JSON schema',
    'The schema of the answer where responseFormat is json_schema: JSON text, or the same as YAML.',
  ),
  tools: field(
    v.array(v.union([v.string(), anyMap], 'must be a map or a name'), 'must be a list'),
    'Tools',
    'The tools that the model may call.',
  ),
  testData: field(
    v.array(anyMap, 'must be a list'),
    'Test data',
    'Values of the variables for a trial, one map each, with what is expected.',
  ),
  evaluators: field(
    v.array(anyMap, 'must be a list'),
    'Evaluators',
    'How an answer to the test data is judged.',
  ),
  inputs: field(
    v.pipe(plainMap, v.record(inputName, v.nullable(v.pipe(plainMap, input)))),
    'Inputs',
    'The variables by name. Where this is given, no other variable may be used.',
  ),
  tags: field(
    v.array(v.pipe(text, v.nonEmpty('must not be empty')), 'must be a list'),
    'Tags',
    'Words to find the prompt by.',
  ),
  metadata: field(anyMap, 'Metadata', 'Anything else, for your own tools.'),
});

/** A `.prompt.yml` file, design section 1.3. Nothing in it transforms: what it accepts is what it was given. */
export const promptFileSchema = v.pipe(
  plainMap,
  file,
  describe('Prompt', 'A prompt in the .prompt.yml layout, as promptaudit reads it.'),
);

/** What a prompt file holds once the schema accepts it. Free values are plain values. */
export type PromptFile = v.InferOutput<typeof promptFileSchema>;
export type InputDeclaration = v.InferOutput<typeof input>;

/** Known keys, in the order in which `fmt` puts them. */
export const FILE_KEYS: readonly string[] = Object.keys(file.entries);
export const MESSAGE_KEYS: readonly string[] = Object.keys(message.entries);
export const INPUT_KEYS: readonly string[] = Object.keys(input.entries);
export const PARAMETER_KEYS: readonly string[] = Object.keys(modelParameters.entries);
