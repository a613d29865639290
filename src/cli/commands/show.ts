import { parseReference } from '../../prompts/reference.ts';
import { draftJson, draftText } from '../../report/draft.ts';
import { type Stay, showJson, showText } from '../../report/show.ts';
import type { PromptHistory } from '../../trail/model.ts';
import { resolvePrompt } from '../../trail/resolve.ts';
import type { Run } from '../command.ts';
import { openTrail } from '../opentrail.ts';
import { readSource } from '../promptsource.ts';
import { approvalCounts } from '../rows.ts';

export const run: Run<'show'> = async (context, [ref]) => {
  const { name, ...point } = parseReference(ref);
  const opened = await openTrail(context);
  const { version, path, bytes } = await readSource(opened, name, point);
  const content = Buffer.from(bytes).toString('utf8');
  if (version === undefined) {
    await context.answer(
      () => draftJson({ prompt: name, path, content }),
      (page) => draftText({ prompt: name, path, content }, page),
    );
    return 0;
  }
  const history = await resolvePrompt(opened.trail, name);
  const approvals = approvalCounts(opened.trail, name, version);
  const stays = staysOf(history, version.number);
  const { retired, versions } = history;
  const shown = { prompt: name, version, newest: versions.length, retired, approvals, stays, content };
  await context.answer(
    () => showJson(shown),
    (page) => showText(shown, page),
  );
  return 0;
};

function staysOf({ activations }: PromptHistory, version: number): readonly Stay[] {
  return activations.flatMap(({ environment, sequence, time, by, kind, version: number }) => {
    if (number !== version) return [];
    const next = activations.find((later) => later.environment === environment && later.sequence > sequence);
    return [{ environment, from: time, until: next?.time, by, kind, sequence }];
  });
}
