import { resolve } from 'node:path';
import { type Identities, readIdentities } from '../calls/content/seal.ts';
import { searchContent } from '../calls/content/search.ts';
import type { CallFilter } from '../calls/search/filter.ts';
import type { Scope } from '../calls/search/search.ts';
import { count } from '../report/time.ts';
import type { CallQuery } from './callquery.ts';
import type { Context } from './context.ts';
import { warn } from './opentrail.ts';

/**
 * The scope of a question, with the calls in which the filter's words were said, where it asks for words.
 * @throws Refusal for whoever may not see what was said; Failure
 */
export async function withText(
  context: Context,
  { reader, sources, scope }: CallQuery,
  { text }: CallFilter,
  identityFile: string | undefined,
): Promise<Scope> {
  if (text === undefined) return scope;
  reader.demandContent();
  const identities = await identitiesOf(context, identityFile);
  const segments = [...sources.sealed, ...sources.open].map(({ segment }) => segment);
  const ids = new Set<string>();
  let unread = 0;
  for await (const hit of searchContent({ store: reader.folder, segments, text, ...identities })) {
    if (hit.kind === 'found') ids.add(hit.id);
    else unread += hit.items;
  }
  if (unread > 0)
    await warn(context, `${count(unread, 'text')} could not be looked into: encrypted to others, or damaged`);
  return { ...scope, ids: [...ids] };
}

/** @throws Failure where the file has no identity */
export async function identitiesOf(
  context: Context,
  file: string | undefined,
): Promise<{ readonly identities?: Identities }> {
  return file === undefined ? {} : { identities: await readIdentities(resolve(context.cwd, file)) };
}
