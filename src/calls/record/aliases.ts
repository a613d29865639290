/**
 * Names that older conventions and other instrumentations give to what a record says under another name.
 * Sources: OpenTelemetry's semantic conventions before 1.37 (`gen_ai.system`, token counts), OpenLLMetry (`traceloop.*`),
 * OpenInference (`llm.*`).
 */
const ALIASES: Readonly<Record<string, string>> = {
  'gen_ai.system': 'gen_ai.provider.name',
  'gen_ai.usage.prompt_tokens': 'gen_ai.usage.input_tokens',
  'gen_ai.usage.completion_tokens': 'gen_ai.usage.output_tokens',
  'traceloop.prompt.key': 'gen_ai.prompt.name',
  'traceloop.prompt.version': 'gen_ai.prompt.version',
  'llm.prompt_template.version': 'gen_ai.prompt.version',
};

/** What a record calls it; `undefined` where the name is no older one. */
export function currentName(name: string): string | undefined {
  return Object.hasOwn(ALIASES, name) ? ALIASES[name] : undefined;
}
