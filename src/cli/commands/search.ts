import { Failure } from '../../failure.ts';
import { searchText as findText, type SearchPattern } from '../../prompts/search.ts';
import type { SearchRow } from '../../report/rows.ts';
import { searchJson, searchText } from '../../report/search.ts';
import type { PromptHistory } from '../../trail/model.ts';
import { resolvePrompt } from '../../trail/resolve.ts';
import type { Trail } from '../../trail/trail.ts';
import type { Run } from '../command.ts';
import { type OpenedTrail, openTrail } from '../opentrail.ts';
import { readTexts } from '../promptsource.ts';

export const run: Run<'search'> = async (context, [text], options) => {
  const pattern: SearchPattern = {
    kind: options.regex ? 'regex' : 'text',
    value: text,
    ignoreCase: options.ignoreCase,
  };
  findText('', pattern);
  const opened = await openTrail(context);
  const histories =
    options.prompt === undefined
      ? await all(opened.trail)
      : [await resolvePrompt(opened.trail, options.prompt)];
  const rows: SearchRow[] = [];
  for (const history of histories) rows.push(...(await searchHistory(opened, history, pattern)));
  await context.answer(
    () => searchJson(rows),
    (page) => searchText(rows, page),
  );
  if (rows.length === 0) await context.note(() => 'no line matches\n');
  return rows.length > 0 ? 0 : 1;
};

async function all(trail: Trail): Promise<readonly PromptHistory[]> {
  const histories: PromptHistory[] = [];
  for (const { name } of await trail.summaries()) {
    const history = await trail.prompt(name);
    if (history === undefined) throw new Failure(`${name} cannot be read: run promptaudit verify`);
    histories.push(history);
  }
  return histories;
}

/** A line that several versions in a row have is one row: where it stands in the newest of them, and since when. */
async function searchHistory(
  { store }: OpenedTrail,
  history: PromptHistory,
  pattern: SearchPattern,
): Promise<readonly SearchRow[]> {
  const texts = await readTexts(store, history.versions);
  const rows: SearchRow[] = [];
  let open = new Map<string, number>();
  for (const [index, { number }] of history.versions.entries()) {
    const still = new Map<string, number>();
    const lines = new Map<string, SearchRow>();
    for (const { line, column, length, text } of findText(texts[index] ?? '', pattern)) {
      const range = [column - 1, column - 1 + length] as const;
      const known = lines.get(text);
      if (known !== undefined && known.line === line)
        lines.set(text, { ...known, ranges: [...known.ranges, range] });
      else if (known === undefined)
        lines.set(text, {
          prompt: history.name,
          since: number,
          version: number,
          line,
          text,
          ranges: [range],
        });
    }
    for (const [text, row] of lines) {
      const at = open.get(text);
      const since = at === undefined ? number : (rows[at]?.since ?? number);
      if (at === undefined) still.set(text, rows.push(row) - 1);
      else {
        rows[at] = { ...row, since };
        still.set(text, at);
      }
    }
    open = still;
  }
  return rows;
}
