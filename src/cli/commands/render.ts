import { Failure } from '../../failure.ts';
import type { Prompt, RenderedPrompt } from '../../prompts/model.ts';
import { parseReference } from '../../prompts/reference.ts';
import { renderPrompt, Unrenderable } from '../../prompts/render.ts';
import { readVariables } from '../../prompts/variables.ts';
import { renderedJson, renderedText } from '../../report/rendered.ts';
import type { Run } from '../command.ts';
import type { Context } from '../context.ts';
import { readGiven } from '../input.ts';
import { openTrail } from '../opentrail.ts';
import { parseSource, readSource } from '../promptsource.ts';
import { UsageError } from '../usage.ts';

const MAX_VARIABLES = 16 * 1024 * 1024;

export const run: Run<'render'> = async (context, [ref], options) => {
  const { name, ...point } = parseReference(ref);
  const variables = await variablesOf(context, options);
  const source = await readSource(await openTrail(context), name, point);
  const rendered = filledIn(parseSource(source), variables);
  await context.answer(
    () => renderedJson(source, rendered),
    (page) => renderedText(rendered, page),
  );
  return 0;
};

function filledIn(prompt: Prompt, variables: ReadonlyMap<string, string>): RenderedPrompt {
  try {
    return renderPrompt(prompt, variables);
  } catch (error) {
    if (!(error instanceof Unrenderable) || error.missing.length === 0) throw error;
    const flags = error.missing.map((name) => `--var ${name}=…`).join(' ');
    throw new Failure(`${error.message}; give ${flags}, or --vars-file`);
  }
}

async function variablesOf(
  context: Context,
  options: { readonly var: readonly string[]; readonly varsFile: string | undefined },
): Promise<ReadonlyMap<string, string>> {
  const variables = new Map<string, string>(
    options.varsFile === undefined ? [] : await fileVariables(context, options.varsFile),
  );
  for (const pair of options.var) {
    const at = pair.indexOf('=');
    if (at < 1)
      throw new UsageError(
        `--var ${JSON.stringify(pair)} is no name=value: write --var ${at === 0 ? 'name' : pair}=…`,
      );
    variables.set(pair.slice(0, at), pair.slice(at + 1));
  }
  return variables;
}

async function fileVariables(context: Context, file: string): Promise<ReadonlyMap<string, string>> {
  const piped = file === '-';
  const bytes = piped ? await context.input.read(MAX_VARIABLES) : await readGiven(context, file);
  const source = piped ? 'standard input' : file;
  if (bytes.length > MAX_VARIABLES) throw new Failure(`${source} is longer than ${MAX_VARIABLES} bytes`);
  return readVariables(bytes, source);
}
