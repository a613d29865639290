import { search } from '../../calls/search/search.ts';
import { callsCsv, callsJson, callsJsonLines } from '../../report/calls/documents.ts';
import { callsText } from '../../report/calls/listing.ts';
import { exportTo } from '../callexport.ts';
import { askedFor, openQuery, tellNone } from '../callquery.ts';
import { withText } from '../calltext.ts';
import type { Run } from '../command.ts';
import { UsageError } from '../usage.ts';

const DEFAULT_LIMIT = 50;

export const run: Run<'calls search'> = async (context, _arguments, options) => {
  const { output, format } = options;
  if (output !== undefined) {
    if (format === 'text' || format === 'json')
      throw new UsageError(`a file holds jsonl, csv or parquet, not ${format}: leave --output away`);
    return exportTo(context, output, { ...options, format });
  }
  if (format === 'parquet') throw new UsageError('Parquet goes to a file: name it with --output');
  const { filter, query } = askedFor(context, options);
  const question = await openQuery(context, options);
  try {
    const { reader, engine, sources } = question;
    const limit = options.limit ?? DEFAULT_LIMIT;
    const lines = await reader.look({ action: 'search', query, purpose: options.purpose }, async () => {
      const scope = await withText(context, question, filter, options.identity);
      const order = options.oldest ? 'oldest' : 'newest';
      const found: string[] = [];
      const wanted = { ...scope, order, ...(limit === 0 ? {} : { limit: limit + 1 }) } as const;
      for await (const line of search(engine, sources, filter, wanted)) found.push(line);
      const shown = limit === 0 ? found : found.slice(0, limit);
      return { value: { shown, more: found.length > shown.length }, rows: shown.length };
    });
    switch (format) {
      case 'jsonl':
        await context.print(callsJsonLines(lines.shown));
        break;
      case 'csv':
        await context.print(callsCsv(lines.shown));
        break;
      default:
        await context.answer(
          () => callsJson(lines.shown),
          (page) => callsText(lines.shown, page),
        );
    }
    if (lines.shown.length === 0) await tellNone(context, filter);
    if (lines.more) await context.note(() => `there are more than ${limit}: ask for them with --limit\n`);
    return lines.shown.length === 0 ? 1 : 0;
  } finally {
    question.close();
  }
};
