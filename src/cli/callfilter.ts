import { type CallFilter, parseFilter } from '../calls/search/filter.ts';
import { UsageError } from './usage.ts';
import { FILTER, type FilterOptions } from './verbs/callfilter.ts';

/** @throws UsageError, Failure naming what is wrong in it */
export function filterOf(options: FilterOptions): CallFilter {
  const { prompt, since, until, ...rest } = options;
  const [name, version] = prompt === undefined ? [] : splitPrompt(prompt);
  if (version !== undefined && options.version !== undefined)
    throw new UsageError(`--prompt ${prompt} names a version: leave --prompt-version away`);
  const given = {
    ...rest,
    kind: kindOf(options),
    prompt: name,
    version: options.version ?? version,
    id: options.id?.toLowerCase(),
    since: since?.toISOString(),
    until: until?.toISOString(),
  };
  const known = Object.keys(FILTER).map((key) => [key, given[key as keyof typeof given]] as const);
  return parseFilter(Object.fromEntries(known.filter(([, value]) => value !== undefined)), optionOf);
}

function optionOf(field: keyof CallFilter): string {
  return /--[a-z-]+/.exec(FILTER[field].flags)?.[0] ?? field;
}

/** Calls are what most questions are about; an id or who looked tells as well. */
function kindOf({ kind, id, actor }: FilterOptions): CallFilter['kind'] {
  if (kind === 'all' || (kind === undefined && id !== undefined)) return undefined;
  return kind ?? (actor === undefined ? 'call' : 'access');
}

/** `intake@12` and `intake@v12` name a version; any other `@` is part of what some application calls its prompt. */
function splitPrompt(text: string): readonly [string, string | undefined] {
  const [, name, version] = /^(.+)@v?(\d+)$/.exec(text) ?? [];
  return name === undefined ? [text, undefined] : [name, version];
}
