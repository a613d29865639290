import { listJson, listText } from '../../report/list.ts';
import type { Run } from '../command.ts';
import { activeNumbers } from '../rows.ts';
import { openTrail } from '../session.ts';

export const run: Run<'list'> = async (context) => {
  const { trail } = await openTrail(context);
  const rows = trail.summaries.flatMap((summary) => {
    const { name, latest, retired } = summary;
    if (latest === undefined) return [];
    const { number, author, time } = latest;
    return [{ prompt: name, latest: number, author, time, active: activeNumbers(trail, summary), retired: retired !== undefined }];
  });
  await context.answer(
    () => listJson(rows),
    (page) => listText(rows, page),
  );
  return 0;
};
