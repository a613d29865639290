import { jsonDocument } from '../json.ts';
import { span, wrap, wrapAdvice } from '../layout.ts';
import type { Page } from '../style.ts';
import type { Host } from './facts.ts';
import { GITLAB_INCLUDE } from './gitlab.ts';

/** What became of a file of a pipeline. */
export type FileState =
  /** It was not there. */
  | 'written'
  /** It was there, and is written anew. */
  | 'renewed'
  /** It is there as it should be. */
  | 'unchanged'
  /** It is there, is not what promptaudit wrote, and is left alone. */
  | 'kept'
  /** It is the repository's own, and lacks the lines that make the pipeline part of it. */
  | 'lacking';

export interface WrittenPipeline {
  readonly host: Host;
  readonly dryRun: boolean;
  readonly files: readonly { readonly path: string; readonly state: FileState }[];
  /** What is left for people to do, in order. */
  readonly todo: readonly string[];
}

/** `{schema: "promptaudit/ci@1", host, dryRun, files: [{path, state}], todo: [text]}` */
export function pipelineJson(pipeline: WrittenPipeline): string {
  return jsonDocument({ schema: 'promptaudit/ci@1', ...pipeline });
}

export function pipelineText({ files, todo, dryRun }: WrittenPipeline, page: Page): string {
  const { style, width } = page;
  const lines = [
    ...files.flatMap(({ path, state }) => fileLines(path, state, dryRun, page)),
    ...(todo.length === 0 ? [] : ['', style.strong('Left to do')]),
    ...todo.flatMap((text, index) => {
      const number = `${index + 1}. `;
      const [first = '', ...rest] = wrapAdvice(text, width, ' '.repeat(number.length));
      return [number + first.slice(number.length), ...rest];
    }),
  ];
  return lines.map((line) => `${line}\n`).join('');
}

function fileLines(path: string, state: FileState, dryRun: boolean, { style, width }: Page): string[] {
  const line = (before: string, after: string) =>
    wrap([span(before), span(path, style.strong), span(after)], width);
  switch (state) {
    case 'written':
      return line(dryRun ? 'would write ' : 'wrote ', '');
    case 'renewed':
      return line(dryRun ? 'would write ' : 'wrote ', ' anew');
    case 'unchanged':
      return line('', ' is as it should be');
    case 'kept':
      return line('left ', ' alone: it is not what promptaudit wrote; --force writes over it');
    case 'lacking':
      return [...line('left ', ' alone: add to it'), '', ...GITLAB_INCLUDE.map((text) => `    ${text}`)];
  }
}
