import type { VerifyReport } from '../../report/rows.ts';
import { verifyJson, verifyText } from '../../report/verify.ts';
import { verifyRegistry } from '../../verify/verify.ts';
import type { Run } from '../command.ts';
import { givenRoot, tellUnkept } from '../session.ts';

export const run: Run<'verify'> = async (context, _arguments, options) => {
  const store = await context.openStore();
  const bar = context.progress('Verifying');
  const report = await verifyRegistry({
    store,
    root: givenRoot(options.root ?? context.env.PROMPTAUDIT_ROOT),
    now: Math.floor(context.now().getTime() / 1000),
    progress: (done, total) => bar.update(done, total),
    unkept: tellUnkept(context),
  });
  bar.end();
  if (options.format === 'json') await context.print(verifyJson(report));
  else
    await context.answer(
      () => verifyJson(report),
      (page) => verifyText(report, page),
    );
  return report.ok ? 0 : couldNotTell(report) ? 2 : 1;
};

/** History that is cut short proves nothing, neither way. */
function couldNotTell({ findings }: VerifyReport): boolean {
  return findings.every(({ code, severity }) => code === 'repo/shallow' || severity !== 'error');
}
