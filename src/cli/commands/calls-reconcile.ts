import type { CallFilter } from '../../calls/search/filter.ts';
import { gatherFacts } from '../../calls/trace/facts.ts';
import { DEFAULT_TOLERANCE, reconcile } from '../../calls/trace/reconcile.ts';
import { Failure } from '../../failure.ts';
import { reconcileJson, reconcileText } from '../../report/calltrace/reconcile.ts';
import { environmentOf, resolvePrompt } from '../../trail/resolve.ts';
import type { Trail } from '../../trail/trail.ts';
import { askedFor, openQuery } from '../callquery.ts';
import type { Run } from '../command.ts';

export const run: Run<'calls reconcile'> = async (context, _arguments, options) => {
  const { filter, query } = askedFor(context, { ...options, text: undefined });
  const question = await openQuery(context, options);
  try {
    const { reader, engine, sources, scope } = question;
    const { trail } = reader;
    if (trail === undefined)
      throw new Failure('calls are reconciled with the ledger: run this in a clone of the registry');
    const { strict } = options;
    const tolerance = options.tolerance === undefined ? DEFAULT_TOLERANCE : options.tolerance * 1000;
    const result = await reader.look({ action: 'reconcile', query, purpose: options.purpose }, async () => {
      const more = scope.ranges && { ranges: scope.ranges };
      const value = await reconcile(engine, sources, await gatherFacts(trail), filter, {
        tolerance,
        strict,
        ...more,
      });
      return { value, rows: value.groups.length };
    });
    if (result.calls === 0) await demandKnown(trail, filter);
    await context.answer(
      () => reconcileJson(result),
      (page) => reconcileText(result, page),
    );
    return result.ok ? 0 : 1;
  } finally {
    question.close();
  }
};

/**
 * Calls may name what the registry has not, and are found by it. Where there are none, a name that is misspelt must not pass for one
 * of which every call is accounted for.
 * @throws Failure with the nearest name
 */
async function demandKnown(trail: Trail, { prompt, environment }: CallFilter): Promise<void> {
  if (prompt !== undefined) await resolvePrompt(trail, prompt);
  if (environment === undefined) return;
  const policies = await trail.policies();
  const known = policies.some(({ policy }) =>
    [...policy.environments.keys()].some((one) => one === environment),
  );
  if (!known) environmentOf(trail.policy.policy, environment);
}
