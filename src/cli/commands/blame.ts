import { blameLines } from '../../prompts/blame.ts';
import { parseReference } from '../../prompts/reference.ts';
import { blameJson, blameText } from '../../report/blame.ts';
import type { PromptVersion } from '../../trail/model.ts';
import { resolveVersion } from '../../trail/resolve.ts';
import { approversOf } from '../../trail/standing.ts';
import type { Run } from '../command.ts';
import { openTrail } from '../opentrail.ts';
import { readTexts } from '../promptsource.ts';

export const run: Run<'blame'> = async (context, [ref]) => {
  parseReference(ref);
  const { store, trail } = await openTrail(context);
  const { history, version } = await resolveVersion({ trail }, ref);
  const versions = history.versions.slice(0, version.number);
  const texts = await readTexts(store, versions);
  const lines = blameLines(versions.map(({ number }, index) => ({ number, text: texts[index] ?? '' })));
  const rows = lines.map(({ line, version: number }, index) => {
    const { sequence, author, time, decisions } = history.versions[number - 1] as PromptVersion;
    return {
      line: index + 1,
      text: line,
      version: number,
      sequence,
      author,
      time,
      approvedBy: approversOf(decisions),
    };
  });
  await context.answer(
    () => blameJson(history.name, version.number, rows),
    (page) => blameText(rows, page),
  );
  return 0;
};
