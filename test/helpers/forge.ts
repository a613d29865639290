import { createHash } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { openNativeStore } from '../../src/git/native/store.ts';
import type { Oid } from '../../src/git/object.ts';
import type { Detail, EventDetail, RegistryId, Sha256 } from '../../src/ledger/event.ts';
import { Builder, type LedgerPosition } from '../../src/registry/builder.ts';
import { openSigner } from '../../src/signing/signer.ts';
import { eventsOf, type Hospital } from './hospital.ts';
import { run } from './sandbox.ts';
import type { Person } from './team.ts';

export const LEDGER = 'refs/notes/promptaudit';

type Head = NonNullable<LedgerPosition['head']>;

interface Forgery {
  /** Whose name stands on it; the signer's own unless given. */
  readonly as?: Person;
  /** Where the forger says that the ledger stands. */
  readonly head?: Partial<Head>;
  readonly registry?: string;
  readonly policy?: number;
  /** Seconds by which the forger's clock is off. */
  readonly late?: number;
}

/** An insider with one key at work: adds to the ledger what the command line would have refused. */
export async function forge(
  { team }: Hospital,
  signer: Person,
  work: (builder: Builder) => Promise<void>,
  { as = signer, head = {}, registry, policy = 2, late = 0 }: Forgery = {},
): Promise<void> {
  const store = await openNativeStore({ cwd: team.repo, env: team.sandbox.env });
  try {
    const who = { name: as.name, email: as.email, time: team.clock + 60 + late, zone: '+0000' };
    const key = await openSigner({
      config: store.config,
      env: { PROMPTAUDIT_SIGNING_KEY: signer.key },
      cwd: team.repo,
      workTree: team.repo,
    });
    const present = await positionOf(team.repo, team.sandbox.env);
    const position: LedgerPosition = {
      registry: (registry ?? present.registry) as RegistryId,
      head: { ...present.head, ...head },
      policy,
    };
    const builder = new Builder(store, key, { author: who, committer: who }, position);
    await work(builder);
    await store.write(builder.objects);
    await team.git('update-ref', LEDGER, builder.tip ?? '');
  } finally {
    await store.close();
  }
}

/** One event, as `forge` makes it. */
export function forgeEvent(
  h: Hospital,
  signer: Person,
  detail: EventDetail,
  more: Forgery & { readonly subject?: Oid; readonly reason?: string } = {},
): Promise<void> {
  const { subject, reason = '', ...forgery } = more;
  return forge(h, signer, (builder) => builder.append(detail, reason, subject), forgery);
}

/** The ledger's end, read with nothing but git. */
async function positionOf(
  repo: string,
  env: Readonly<Record<string, string>>,
): Promise<{ registry: string; head: Head }> {
  const { stdout } = await run('git', ['cat-file', 'commit', LEDGER], { cwd: repo, env });
  const oid = await run('git', ['rev-parse', LEDGER], { cwd: repo, env });
  const text = stdout.toString();
  const found = (pattern: RegExp) => pattern.exec(text)?.[1] ?? '';
  return {
    registry: found(/^Registry: (.*)$/m),
    head: {
      sequence: Number(found(/^Sequence: (.*)$/m)),
      commit: oid.stdout.toString().trim() as Oid,
      digest: `sha256:${createHash('sha256').update(stdout).digest('hex')}` as Sha256,
      time: Number(found(/^committer .*> (\d+) /m)),
      tree: found(/^tree (.*)$/m) as Oid,
    },
  };
}

/** The deployment that an insider would like: of the version that a `version` event registered. */
export async function deploymentOf(
  h: Hospital,
  sequence: number,
  more: Partial<Detail<'deployment'>> = {},
): Promise<Detail<'deployment'>> {
  const version = (await eventsOf(h))[sequence - 1];
  return {
    event: 'deployment',
    commit: version?.commit as Oid,
    prompt: version?.prompt ?? '',
    version: version?.version ?? 0,
    contentDigest: version?.contentDigest as Sha256,
    environment: 'production',
    replaces: undefined,
    kind: 'rollout',
    reference: undefined,
    ...more,
  };
}

/** What this clone pinned, verified and indexed is gone: it looks at the registry for the first time. */
export async function forget({ team }: Hospital): Promise<void> {
  await rm(join(team.repo, '.git/promptaudit'), { recursive: true });
}
