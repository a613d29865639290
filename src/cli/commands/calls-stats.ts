import { MEASURES, stats } from '../../calls/search/stats.ts';
import { statsJson, statsText } from '../../report/calls/stats.ts';
import { askedFor, openQuery, tellNone } from '../callquery.ts';
import { withText } from '../calltext.ts';
import type { Run } from '../command.ts';

export const run: Run<'calls stats'> = async (context, _arguments, options) => {
  const { filter, query } = askedFor(context, options);
  const question = await openQuery(context, options);
  try {
    const { reader, engine, sources } = question;
    const { by, over, limit } = options;
    const rows = await reader.look({ action: 'stats', query, purpose: options.purpose }, async () => {
      const scope = await withText(context, question, filter, options.identity);
      const more = { ...(over && { over }), ...(limit && { limit }) };
      const value = await stats(engine, sources, filter, { ...scope, by, measures: MEASURES, ...more });
      return { value, rows: value.length };
    });
    const shown = { by, over, rows };
    await context.answer(
      () => statsJson(shown),
      (page) => statsText(shown, page),
    );
    if (rows.length === 0) await tellNone(context, filter);
    return rows.some(({ calls }) => calls > 0) ? 0 : 1;
  } finally {
    question.close();
  }
};
