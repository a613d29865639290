import { randomBytes } from 'node:crypto';
import { rename, rm } from 'node:fs/promises';
import { basename, dirname, extname, join, resolve } from 'node:path';
import { type ExportForm, exportRecords } from '../calls/search/export.ts';
import { Failure } from '../failure.ts';
import { kindOf } from '../git/files.ts';
import { callsCsv } from '../report/calls/documents.ts';
import { jsonDocument } from '../report/json.ts';
import { count } from '../report/time.ts';
import { askedFor, openQuery } from './callquery.ts';
import { withText } from './calltext.ts';
import type { Context } from './context.ts';
import type { ExitCode } from './exit.ts';
import { UsageError } from './usage.ts';
import type { VerbOptions } from './verbs.ts';

const FORMS: Readonly<Record<string, ExportForm>> = { jsonl: 'lines', csv: callsCsv, parquet: 'parquet' };

type Options = VerbOptions<'calls export'>;

/** Writes the records that are meant to a file, which is there only once that is on the record. */
export async function exportTo(context: Context, file: string, options: Options): Promise<ExitCode> {
  const form = formOf(file, options);
  const { filter, query } = askedFor(context, options);
  const question = await openQuery(context, options);
  try {
    const { reader, engine, sources } = question;
    const target = resolve(context.cwd, file);
    await demandPlace(file, target, options.force);
    // It gets its name once the look is on the record.
    const temporary = join(
      dirname(target),
      `.${basename(target)}.${randomBytes(6).toString('hex')}.unrecorded`,
    );
    const exported = await reader
      .look({ action: 'export', query, purpose: options.purpose }, async () => {
        const scope = await withText(context, question, filter, options.identity);
        const value = await exportRecords(engine, sources, filter, form, temporary, scope);
        return { value, rows: value.records };
      })
      .then(async (written) => {
        await demandPlace(file, target, options.force);
        await rename(temporary, target);
        return written;
      })
      .finally(() => rm(temporary, { force: true }));
    await context.answer(
      () => jsonDocument({ schema: 'promptaudit/exported@1', file: target, ...exported }),
      () => `wrote ${count(exported.records, 'record')} to ${file}\n`,
    );
    return exported.records === 0 ? 1 : 0;
  } finally {
    question.close();
  }
}

/** @throws Failure where no file can be at that place, or one is that is to stay */
async function demandPlace(file: string, target: string, force: boolean): Promise<void> {
  const kind = await kindOf(target);
  if (kind === 'folder') throw new Failure(`${file} is a folder: name a file`);
  if (kind === 'other') throw new Failure(`${file} is no file that could be written anew: name another`);
  if (kind === 'file' && !force)
    throw new Failure(`${file} is there already: name another, or write over it with --force`);
  if ((await kindOf(dirname(target))) !== 'folder')
    throw new Failure(`${file} cannot be written: there is no folder ${dirname(target)}`);
}

/** @throws UsageError where neither the option nor the name tells */
function formOf(file: string, { format }: Pick<Options, 'format'>): ExportForm {
  const form = FORMS[format ?? extname(file).slice(1)];
  if (form !== undefined) return form;
  throw new UsageError(`${file} could be anything: name it .jsonl, .csv or .parquet, or say --format`);
}
