import { assertNever } from '../../failure.ts';
import type { VerifyReport } from '../../report/rows.ts';
import { verifyJson, verifyText } from '../../report/verify.ts';
import { verifyRegistry } from '../../verify/verify.ts';
import { ownStore } from '../callstore.ts';
import type { Run } from '../command.ts';
import type { Context } from '../context.ts';
import type { OptionsOf } from '../declare.ts';
import { fitHeapToReplay } from '../heap.ts';
import { chosenRoot, tellUnkept } from '../opentrail.ts';
import type { Progress } from '../progress.ts';
import { UsageError } from '../usage.ts';
import type { proving } from '../verbs/proving.ts';

export const run: Run<'verify'> = async (context, _arguments, { root, ref, since, format }) => {
  if (ref !== undefined && !ref.startsWith('refs/'))
    throw new UsageError(
      `--ref takes a full ref, such as refs/notes/promptaudit, not ${JSON.stringify(ref)}`,
    );
  fitHeapToReplay();
  const store = await context.openStore();
  const progress = barsOf(context);
  const report = await verifyRegistry({
    store,
    root: chosenRoot(context, root),
    ref,
    since,
    calls: ref === undefined ? ownStore(store) : undefined,
    now: Math.floor(context.now().getTime() / 1000),
    progress: progress.update,
    unkept: tellUnkept(context),
  });
  progress.end();
  await show(context, report, format);
  return report.ok ? 0 : couldNotTell(report) ? 2 : 1;
};

const LABELS = {
  ledger: 'Verifying the ledger',
  branches: 'Reading protected branches',
  calls: 'Checking sealed calls',
} as const;

/** One bar for each work, one after the other. */
function barsOf(context: Context) {
  let at: keyof typeof LABELS | undefined;
  let bar: Progress | undefined;
  return {
    update: (work: keyof typeof LABELS, done: number, total: number | undefined): void => {
      if (work !== at) {
        bar?.end();
        bar = context.progress(LABELS[work]);
      }
      at = work;
      bar?.update(done, total);
    },
    end: (): void => bar?.end(),
  };
}

async function show(
  context: Context,
  report: VerifyReport,
  format: OptionsOf<typeof proving.verify>['format'],
): Promise<void> {
  switch (format) {
    case 'json':
      return context.print(verifyJson(report));
    case undefined:
    case 'text':
      return context.answer(
        () => verifyJson(report),
        (page) => verifyText(report, page),
      );
    case 'sarif': {
      const { verifySarif } = await import('../../report/sarif.ts');
      return context.print(verifySarif(report, context.version));
    }
    case 'junit': {
      const { verifyJunit } = await import('../../report/junit.ts');
      return context.print(verifyJunit(report));
    }
    case 'github': {
      const { verifyGithub } = await import('../../report/github.ts');
      return context.print(verifyGithub(report));
    }
    default:
      return assertNever(format);
  }
}

/** History that is cut short proves nothing, neither way. */
function couldNotTell({ findings }: VerifyReport): boolean {
  return findings.every(({ code, severity }) => code === 'repo/shallow' || severity !== 'error');
}
