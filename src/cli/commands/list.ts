import { listJson, listText } from '../../report/list.ts';
import type { Run } from '../command.ts';
import { registeredPrompts } from '../namedprompts.ts';
import { openTrail } from '../opentrail.ts';
import { namedFromTop } from '../promptfiles.ts';
import { activeNumbers, emergencyPlaces } from '../rows.ts';

export const run: Run<'list'> = async (context, [names]) => {
  const { store, trail } = await openTrail(context);
  const isNamed = await registeredPrompts(namedFromTop(context, store, names), trail);
  const summaries = await trail.summaries();
  const rows = summaries.flatMap((summary) => {
    const { name, latest, retired } = summary;
    if (latest === undefined || !isNamed(name)) return [];
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
