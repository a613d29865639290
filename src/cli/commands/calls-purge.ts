import { Refusal } from '../../failure.ts';
import { RETENTION_CLASSES } from '../../ledger/event.ts';
import { purgedJson, purgedText } from '../../report/calls/purged.ts';
import type { Run } from '../command.ts';
import { demandPurger, purgeBefore, purgeSegments, resumePurges } from '../purging.ts';
import { optionalReason } from '../reason.ts';
import { openRetaining, withEngine } from '../retaining.ts';
import { oneOf } from '../usage.ts';

export const run: Run<'calls purge'> = async (context, [given], options) => {
  const kind = oneOf(given, RETENTION_CLASSES);
  const reason = await optionalReason(context, options);
  const retaining = await openRetaining(context, options);
  const query = JSON.stringify({ class: kind, before: options.before?.toISOString() });
  const shown = await retaining.act({ action: 'purge', object: kind, query }, async () => {
    demandPurger(retaining.session);
    const value = await withEngine(async (engine) => {
      const finished = await resumePurges(context, retaining, engine, options);
      const before = purgeBefore(retaining.session, kind, options.before);
      const request = { class: kind, before, reason };
      const purged = await purgeSegments(context, retaining, engine, request, options);
      if (purged === undefined && finished.length === 0)
        throw new Refusal(`there is nothing to purge of ${kind} before ${before}`);
      return { finished, purged, dryRun: options.dryRun };
    });
    return { value, rows: value.purged?.certificate.records ?? 0 };
  });
  await context.answer(
    () => purgedJson(shown),
    (page) => purgedText(shown, page),
  );
  return 0;
};
