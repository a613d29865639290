import { listJson, listText } from '../../report/list.ts';
import type { Run } from '../command.ts';
import { openTrail } from '../opentrail.ts';
import { activeNumbers, emergencyPlaces } from '../rows.ts';

export const run: Run<'list'> = async (context) => {
  const { trail } = await openTrail(context);
  const summaries = await trail.summaries();
  const rows = summaries.flatMap((summary) => {
    const { name, latest, retired } = summary;
    if (latest === undefined) return [];
    const { number, author, time } = latest;
    const where = { active: activeNumbers(trail, summary), emergencies: emergencyPlaces(summary) };
    return [{ prompt: name, latest: number, author, time, ...where, retired: retired !== undefined }];
  });
  await context.answer(
    () => listJson(rows),
    (page) => listText(rows, page),
  );
  return 0;
};
