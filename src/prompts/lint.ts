import type { Node } from 'yaml';
import { contentPlaces } from './content-place.ts';
import { type Fault, placeFaults } from './fault.ts';
import { type Breach, type LintRule, PROMPT_RULES, TEXT_RULES } from './lint-rules.ts';
import type { PlainValue } from './model.ts';
import { promptNameProblem } from './name.ts';
import { inspectPrompt, type ParsedPrompt } from './parse.ts';
import { isPlainList, isPlainMap } from './plain-value.ts';
import { parseTemplate } from './template.ts';
import type { YamlTree } from './yaml-tree.ts';

/**
 * All that is wrong with a prompt file: what parsing finds, and what breaks the rules of `lint-rules.ts`. `expectedName`
 * is the name that the file's path gives it. The prompt is absent only where parsing found an error.
 */
export function lintPrompt(bytes: Uint8Array, path: string, expectedName?: string): ParsedPrompt {
  const { text, tree, prompt, faults } = inspectPrompt(bytes);
  const misnamed = nameFaults(expectedName);
  if (tree === undefined) return { prompt, problems: placeFaults([...misnamed, ...faults], text, path) };
  const templates = messageTexts(tree.value).map(parseTemplate);
  const places = breachPlaces(tree, text);
  const broken = <Subject>(rules: readonly LintRule<Subject>[], subject: Subject): readonly Fault[] =>
    rules.flatMap(({ code, severity, breaches }) =>
      breaches(subject).map((breach) => ({
        offset: places(breach),
        severity,
        code,
        message: breach.message,
      })),
    );
  const inTexts = broken(TEXT_RULES, { templates });
  const inPrompt = prompt === undefined ? [] : broken(PROMPT_RULES, { prompt, templates, expectedName });
  return { prompt, problems: placeFaults([...misnamed, ...faults, ...inTexts, ...inPrompt], text, path) };
}

/** A file whose path is no prompt's name cannot be committed, whatever it holds. */
function nameFaults(name: string | undefined): readonly Fault[] {
  const problem = name === undefined ? undefined : promptNameProblem(name);
  if (problem === undefined) return [];
  const message = `the file has to be renamed: the name ${JSON.stringify(name)} ${problem}`;
  return [{ offset: 0, severity: 'error', code: 'name/path', message }];
}

/** The text of each message, empty where it has none. */
function messageTexts(file: PlainValue): readonly string[] {
  const messages = isPlainMap(file) && isPlainList(file.messages) ? file.messages : [];
  return messages.map((message) => {
    return isPlainMap(message) && typeof message.content === 'string' ? message.content : '';
  });
}

/** Offsets in the file of what rules report. The map from a message's text to the file is made once a message. */
function breachPlaces(tree: YamlTree, text: string): (breach: Breach) => number {
  const mapped = new Map<Node | null, (offset: number) => number>();
  return ({ path, offset }) => {
    const { node, offset: start } = tree.locate(path);
    if (offset === undefined) return node?.range?.[0] ?? start;
    const places = mapped.get(node) ?? contentPlaces(node, text);
    mapped.set(node, places);
    return places(offset);
  };
}
