import { userInfo } from 'node:os';
import { Failure, Refusal } from '../../failure.ts';
import { openIntake, orStoreFailure } from '../capture/openintake.ts';
import type { AccessInput } from '../record/model.ts';
import { MAX_TEXT } from '../record/values.ts';
import type { RecorderName } from '../store/names.ts';

/** What somebody is about to do with the records. */
export interface Access {
  /** `search`, `show`, `export`, `stats`, `decrypt`, … */
  readonly action: string;
  /** What it is done to, e.g. a call's id; the whole store otherwise. */
  readonly object?: string | undefined;
  /** The filter, as canonical JSON. */
  readonly query?: string | undefined;
  readonly purpose?: string | undefined;
}

export interface AccessLogOptions {
  /** The store that the accesses are recorded in. */
  readonly store: string;
  readonly recorder: RecorderName;
  /** Who does it: the email that git would commit under, or the name that the system knows. A claim, as in git. */
  readonly actor: string;
  readonly now: () => Date;
  /** What to do where the store cannot be written. */
  readonly remedy: string;
}

/** Whoever asks may not see it, by no rule that could be named. */
export class AccessDenied extends Refusal {}

/** What an access came to. */
export interface Accessed<T> {
  readonly value: T;
  /** Records that were shown. */
  readonly rows: number;
}

/**
 * Does something with the records and puts it on the record before anybody sees what came of it: what was shown, what the
 * asker may not see (`denied`), and what could not be done (`failed`).
 * @throws what `work` throws, and Failure where the access cannot be recorded: then nothing is shown
 */
export async function onRecord<T>(
  options: AccessLogOptions,
  access: Access,
  work: () => Promise<Accessed<T>>,
): Promise<T> {
  const { store, recorder, now } = options;
  const { intake } = await orNoLook(options, () => openIntake({ store, recorder, now }));
  try {
    const { value } = await attempt(access, options.actor, work, async (record) => {
      const { rejected } = await orNoLook(options, () =>
        intake.submit([{ kind: 'access', incoming: { fields: { ...record }, content: new Map() } }]),
      );
      const [problem] = rejected;
      if (problem !== undefined)
        throw new Failure(`this access cannot be recorded: ${problem.problems.join('; ')}`);
    });
    return value;
  } finally {
    await orNoLook(options, () => intake.close());
  }
}

/** @throws Failure that says what to do where the store cannot be written */
async function orNoLook<T>({ store, remedy }: AccessLogOptions, work: () => Promise<T>): Promise<T> {
  try {
    return await orStoreFailure(store, work);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    throw new Failure(`looking at records is recorded, and here it cannot be (${error.message}): ${remedy}`);
  }
}

async function attempt<T>(
  access: Access,
  actor: string,
  work: () => Promise<Accessed<T>>,
  put: (record: AccessInput) => Promise<void>,
): Promise<Accessed<T>> {
  let done: Accessed<T>;
  try {
    done = await work();
  } catch (error) {
    const outcome = isDenial(error) ? 'denied' : 'failed';
    const reason = error instanceof Error ? error.name : 'error';
    await put({ ...recordOf(access, actor, outcome), 'error.type': reason });
    throw error;
  }
  await put({ ...recordOf(access, actor, 'allowed'), 'promptaudit.access.rows': done.rows });
  return done;
}

/** A rule that is not met; a refusal without one says that there is nothing to do. */
function isDenial(error: unknown): boolean {
  return error instanceof AccessDenied || (error instanceof Refusal && error.reasons.length > 0);
}

function recordOf(
  { action, object, query, purpose }: Access,
  actor: string,
  outcome: 'allowed' | 'denied' | 'failed',
): AccessInput {
  return {
    'promptaudit.access.action': action,
    'promptaudit.access.actor': actor,
    'promptaudit.access.outcome': outcome,
    'promptaudit.access.object': shortened(object) ?? 'calls',
    'promptaudit.access.query': shortened(query),
    'promptaudit.access.purpose': shortened(purpose),
    'service.name': 'promptaudit',
  };
}

/** As a record takes it: what was asked must not keep the asking from the record. */
function shortened(text = ''): string | undefined {
  const plain = text
    .replace(/\p{Cc}+/gu, ' ')
    .trim()
    .slice(0, MAX_TEXT);
  // The end may have cut a pair in two.
  return plain === '' ? undefined : plain.replace(/\p{Surrogate}/gu, '\ufffd');
}

/** Whom the system knows, where git knows nobody. */
export function systemUser(): string {
  try {
    return `user:${userInfo().username}`;
  } catch {
    return 'user:unknown';
  }
}
