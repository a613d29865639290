import type { PromptProblem } from '../prompts/model.ts';
import { jsonDocument } from './json.ts';
import { hang, span } from './layout.ts';
import type { Page } from './style.ts';
import { count } from './time.ts';

/** `{schema: "promptaudit/lint@1", files, problems: [{path, line, column, severity, code, message}]}` */
export function problemsJson(files: number, problems: readonly PromptProblem[]): string {
  return jsonDocument({ schema: 'promptaudit/lint@1', files, problems });
}

/** `path:line:column: error: message (code)`, as compilers write it, and a last line that counts. */
export function problemsText(files: number, problems: readonly PromptProblem[], page: Page): string {
  const { style } = page;
  const lines = problems.flatMap(({ path, line, column, severity, code, message }) => {
    const place = span(`${path}:${line}:${column}: `, style.strong);
    const paint = severity === 'error' ? style.bad : style.caution;
    return hang(
      [],
      [place, span(`${severity}: `, paint), span(message), span(` (${code})`, style.dim)],
      page.width,
    );
  });
  const errors = problems.filter((problem) => problem.severity === 'error').length;
  const found = `${count(errors, 'error')}, ${count(problems.length - errors, 'warning')}`;
  return [...lines, `${count(files, 'file')} checked: ${found}`].map((line) => `${line}\n`).join('');
}
