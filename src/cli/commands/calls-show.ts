import { type ContentAnswer, readContent } from '../../calls/content/read.ts';
import type { CallRecord } from '../../calls/record/model.ts';
import { type Located, locateRecord } from '../../calls/search/locate.ts';
import { Failure } from '../../failure.ts';
import { callJson, callText, contentText } from '../../report/calls/show.ts';
import { proofOf } from '../callproof.ts';
import { type CallQuery, openQuery } from '../callquery.ts';
import { identitiesOf } from '../calltext.ts';
import type { Run } from '../command.ts';
import type { Context } from '../context.ts';
import { UsageError } from '../usage.ts';
import type { VerbOptions } from '../verbs.ts';

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

export const run: Run<'calls show'> = async (context, [given], options) => {
  const id = given.toLowerCase();
  if (!UUID.test(id)) throw new UsageError(`${JSON.stringify(given)} is no id of a record: it is a UUID`);
  if (options.proof && options.content)
    throw new UsageError('--proof and --content cannot be given together');
  if (options.proof && context.json)
    throw new UsageError('a proof is a text of its own form, and no JSON: leave --json away');
  const question = await openQuery(context, options);
  try {
    const action = options.content ? 'decrypt' : options.proof ? 'prove' : 'show';
    const shown = await question.reader.look({ action, object: id, purpose: options.purpose }, async () => {
      const located = await locateRecord(question.engine, question.sources, id, question.scope.ranges);
      if (located === undefined)
        throw new Failure(
          `there is no record ${id} in ${question.reader.folder}: see records with promptaudit calls search`,
        );
      const proof = options.proof ? await proofOf(context, question, located) : undefined;
      const content = options.content ? await contentOf(context, question, located, options) : undefined;
      return { value: { located, proof, content }, rows: 1 };
    });
    const { line } = shown.located;
    if (shown.proof !== undefined) {
      await context.print(shown.proof);
      return 0;
    }
    await context.answer(
      () => callJson(line, shown.content),
      (page) =>
        [
          callText(line, page),
          ...(shown.content === undefined ? [] : [contentText(shown.content, page)]),
        ].join('\n'),
    );
    return shown.content?.some(({ state }) => state !== 'valid') ? 1 : 0;
  } finally {
    question.close();
  }
};

async function contentOf(
  context: Context,
  { reader }: CallQuery,
  { line, segment }: Located,
  { identity }: VerbOptions<'calls show'>,
): Promise<readonly ContentAnswer[]> {
  reader.demandContent();
  const { id, content = [] }: CallRecord = JSON.parse(line);
  const identities = await identitiesOf(context, identity);
  const wanted = new Map([[id, content]]);
  const answers = await readContent({ store: reader.folder, segment, wanted, ...identities });
  return answers.get(id) ?? [];
}
