import type { RenderedPrompt } from '../prompts/model.ts';
import { jsonDocument } from './json.ts';
import { hangFileLine, span, wrap } from './layout.ts';
import type { Page } from './style.ts';

/** `{schema: "promptaudit/rendered@1", prompt, version, model, modelParameters, messages: [{role, content}], responseFormat, jsonSchema, tools}` */
export function renderedJson(
  source: { readonly name: string; readonly version: { readonly number: number } | undefined },
  { model, modelParameters, messages, responseFormat, jsonSchema, tools }: RenderedPrompt,
): string {
  return jsonDocument({
    schema: 'promptaudit/rendered@1',
    prompt: source.name,
    version: source.version?.number ?? null,
    model: model ?? null,
    modelParameters: Object.fromEntries(modelParameters),
    messages: messages.map(({ role, content }) => ({ role, content })),
    responseFormat: responseFormat ?? null,
    jsonSchema: jsonSchema ?? null,
    tools,
  });
}

/** Each message under its role, as a reader wants it; scripts take the JSON. */
export function renderedText({ model, modelParameters, messages }: RenderedPrompt, page: Page): string {
  const { style, width } = page;
  const settings = [...modelParameters].map(([name, value]) => `${name} ${JSON.stringify(value)}`);
  const head = [...(model === undefined ? [] : [model]), ...settings].join('  ');
  const lines = [
    ...(head === '' ? [] : [...wrap([span(head, style.dim)], width), '']),
    ...messages.flatMap(({ role, content }, index) => [
      ...(index === 0 ? [] : ['']),
      ...wrap([span(role, style.strong)], width),
      ...content
        .replace(/\n$/, '')
        .split('\n')
        .flatMap((line) => (line === '' ? [''] : hangFileLine([], [span(line)], page.fileWidth))),
    ]),
  ];
  return lines.map((line) => `${line}\n`).join('');
}
