import { type Access, AccessDenied, type Accessed, onRecord, systemUser } from '../calls/access/accesslog.ts';
import { recorderName } from '../calls/capture/recorder.ts';
import { readIdentity } from '../git/identity.ts';
import type { GitStore } from '../git/store.ts';
import { LEDGER_REF } from '../ledger/event.ts';
import { roleReasons } from '../policy/evaluate.ts';
import type { PrincipalId } from '../policy/model.ts';
import type { Trail } from '../trail/trail.ts';
import { existingStore, storeFolder } from './callstore.ts';
import type { Context } from './context.ts';
import { openTrail } from './opentrail.ts';

/** A store of calls that somebody looks at. */
export interface Reader {
  readonly folder: string;
  /** Who looks: the email that git would commit under, or the name that the system knows. */
  readonly actor: string;
  /** The trail of the registry that the store is looked at from; `undefined` outside of one. */
  readonly trail: Trail | undefined;

  /** Does it, and puts it on the record before anybody sees what came of it. */
  look<T>(access: Access, work: () => Promise<Accessed<T>>): Promise<T>;

  /** @throws Refusal for whoever may not see what was said in calls */
  demandContent(): void;
}

export interface ReaderOptions {
  readonly store: string | undefined;
  /** Not there for a verb that has no such option. */
  readonly accessStore?: string | undefined;
}

/** What is left where a verb can record nowhere but in the store itself. */
export const MAKE_WRITABLE = 'run this as somebody who may write the store';

/** @throws Failure where there is no store */
export async function openReader(context: Context, options: ReaderOptions): Promise<Reader> {
  const folder = await existingStore(context, options.store);
  const repository = await context.openStore().catch(() => undefined);
  const trail = repository && (await trailOf(context, repository));
  const actor = actorOf(context, repository);
  const store = options.accessStore === undefined ? folder : await storeFolder(context, options.accessStore);
  const remedy = 'accessStore' in options ? 'name a store for that with --access-store' : MAKE_WRITABLE;
  const log = { store, recorder: recorderName(undefined), actor, now: context.now, remedy };
  return {
    folder,
    actor,
    trail,
    look: (access, work) => onRecord(log, access, work),
    demandContent: () => demandContent(trail, actor),
  };
}

async function trailOf(context: Context, repository: GitStore): Promise<Trail | undefined> {
  if ((await repository.resolveRef(LEDGER_REF)) === undefined) return undefined;
  return (await openTrail(context)).trail;
}

function actorOf(context: Context, repository: GitStore | undefined): string {
  if (repository === undefined) return systemUser();
  try {
    return readIdentity(repository.config, context.env, context.now()).committer.email;
  } catch {
    return systemUser();
  }
}

function demandContent(trail: Trail | undefined, actor: string): void {
  if (trail === undefined)
    throw new AccessDenied(
      'what was said in calls is shown to the auditors and admins of a registry only: run this in a clone of it',
    );
  const reasons = roleReasons(
    trail.policy.policy,
    actor as PrincipalId,
    ['auditor', 'admin'],
    'see what was said',
  );
  if (reasons.length > 0) throw new AccessDenied('cannot show what was said in calls', reasons);
}
