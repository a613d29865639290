import { Failure } from '../failure.ts';
import type { GitStore } from '../git/store.ts';
import { parseSha256 } from '../ledger/digest.ts';
import type { Sha256 } from '../ledger/event.ts';
import { wrapText } from '../report/layout.ts';
import type { RegistryRoot } from '../trail/model.ts';
import { Trail } from '../trail/trail.ts';
import type { Context } from './context.ts';
import { outcomeOf } from './exit.ts';
import type { Environment } from './terminal.ts';

export interface OpenedTrail {
  readonly store: GitStore;
  readonly trail: Trail;
}

/** The verified trail of the repository; what is wrong in it is said aloud, once, on standard error. */
export async function openTrail(context: Context): Promise<OpenedTrail> {
  const store = await context.openStore();
  const bar = context.progress('Verifying the ledger');
  let pinned: RegistryRoot | undefined;
  const trail = await Trail.open({
    store,
    root: givenRoot(context.env),
    progress: (done, total) => bar.update(done, total),
    pinned: (root) => {
      pinned = root;
    },
    unkept: tellUnkept(context),
  });
  bar.end();
  if (pinned !== undefined) await tellPinned(context, pinned);
  await warnOfFindings(context, trail);
  return { store, trail };
}

/** Trust on first use is said aloud (design section 2). */
export async function tellPinned(context: Context, { name, digest }: RegistryRoot): Promise<void> {
  const text = `first look at registry ${name}: from now on this clone holds it to the root`;
  await context.note(({ width }) => [...wrapText(text, width), digest].map((line) => `${line}\n`).join(''));
}

/** Says once that this clone could not keep what was verified. */
export function tellUnkept(context: Context): (why: unknown) => Promise<void> {
  let told = false;
  return async (why) => {
    if (told) return;
    told = true;
    await warn(context, `what was verified could not be remembered here: ${outcomeOf(why).message}`);
  };
}

/** A warning on standard error. */
export async function warn(context: Context, what: string): Promise<void> {
  await context.note(({ style }) => `${style.caution('warning:')} ${what}\n`);
}

async function warnOfFindings(context: Context, trail: Trail): Promise<void> {
  const open = trail.openFindings;
  const [first] = open;
  if (first === undefined) return;
  const more = open.length === 1 ? '' : `, and ${open.length - 1} more`;
  await warn(context, `${first.message} (${first.code})${more}: run promptaudit verify`);
}

const ROOT = 'PROMPTAUDIT_ROOT';

/**
 * Of the environment. One that came out empty, as in a pipeline without its variable, asked for a root all the same.
 * @throws Failure when it is no digest
 */
export function givenRoot(env: Environment): Sha256 | undefined {
  const text = env[ROOT];
  return text === undefined ? undefined : rootFrom(text, ROOT);
}

/** By a flag, or else the environment. @throws as `givenRoot` */
export function chosenRoot({ env }: Context, flag: string | undefined): Sha256 | undefined {
  return flag === undefined ? givenRoot(env) : rootFrom(flag, '--root');
}

function rootFrom(text: string, giver: string): Sha256 {
  const root = parseSha256(text);
  if (root === undefined)
    throw new Failure(`${giver} is ${JSON.stringify(text)}: a root is written as sha256: and 64 hex digits`);
  return root;
}
