import { Failure } from '../failure.ts';
import { valueProblem, valueText } from './input-value.ts';
import type { Prompt, PromptInput, RenderedPrompt } from './model.ts';
import { nearest } from './nearest.ts';
import { parseTemplate, type TemplatePart, variableNames } from './template.ts';

/** What was given does not fill the prompt in. */
export class Unrenderable extends Failure {
  /** The variables that have no value. */
  readonly missing: readonly string[];

  constructor(complaints: readonly string[], missing: readonly string[]) {
    super(`the prompt cannot be rendered: ${complaints.join('; ')}`);
    this.missing = missing;
  }
}

/**
 * Fills in a prompt's variables. What a value holds is never read as a variable again. Where no value is given, the
 * input's default counts; without one, an input with `required: false` is empty. A value for an input that is declared
 * and never used is not extra.
 * @throws Unrenderable that names every missing, extra and unfit variable, or the first that is wrong with each message's text.
 */
export function renderPrompt(prompt: Prompt, variables: ReadonlyMap<string, string>): RenderedPrompt {
  const templates = prompt.messages.map((message) => parseTemplate(message.content));
  const used = variableNames(templates.flatMap((template) => template.parts));
  const absent = missing(prompt, used, variables);
  const complaints = [
    ...templates.flatMap(({ faults }, index) =>
      faults.slice(0, 1).map((fault) => `messages[${index}]: ${fault.message}`),
    ),
    ...(absent.length === 0 ? [] : [`${absent.join(', ')} ${absent.length === 1 ? 'has' : 'have'} no value`]),
    ...extra(prompt, used, variables),
    ...unfit(prompt, variables),
  ];
  if (complaints.length > 0) throw new Unrenderable(complaints, absent);
  const { model, modelParameters, responseFormat, jsonSchema, tools } = prompt;
  const messages = prompt.messages.map((message, index) => ({
    ...message,
    content: fill(templates[index]?.parts ?? [], (name) =>
      chosenValue(prompt.inputs?.get(name), variables.get(name)),
    ),
  }));
  return { model, modelParameters, messages, responseFormat, jsonSchema, tools };
}

function fill(parts: readonly TemplatePart[], value: (name: string) => string): string {
  return parts.map((part) => (part.kind === 'text' ? part.text : value(part.name))).join('');
}

function chosenValue(input: PromptInput | undefined, given: string | undefined): string {
  if (given !== undefined) return given;
  return input?.default === undefined ? '' : valueText(input.default);
}

function missing(
  prompt: Prompt,
  used: readonly string[],
  given: ReadonlyMap<string, string>,
): readonly string[] {
  return used.filter((name) => {
    const input = prompt.inputs?.get(name);
    return !given.has(name) && input?.default === undefined && (input?.required ?? true);
  });
}

function extra(
  prompt: Prompt,
  used: readonly string[],
  given: ReadonlyMap<string, string>,
): readonly string[] {
  const known = new Set([...used, ...(prompt.inputs?.keys() ?? [])]);
  return [...given.keys()]
    .filter((name) => !known.has(name))
    .map((name) => {
      const guess = nearest(name, known);
      return `${name} is no variable of this prompt${guess === undefined ? '' : ` (did you mean ${guess}?)`}`;
    });
}

function unfit(prompt: Prompt, given: ReadonlyMap<string, string>): readonly string[] {
  return [...(prompt.inputs ?? [])].flatMap(([name, input]) => {
    const value = given.get(name);
    const problem = value === undefined ? undefined : valueProblem(input, value);
    return problem === undefined ? [] : [`${name} ${problem}`];
  });
}
