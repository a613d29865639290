import { createHash } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openEmbeddedStore } from '../../src/git/embedded/store.ts';
import type { Oid } from '../../src/git/object.ts';
import type { Detail, EventDetail, RegistryId, Sha256 } from '../../src/ledger/event.ts';
import { Builder, type LedgerPosition } from '../../src/registry/builder.ts';
import { openSigner } from '../../src/signing/signer.ts';
import type { Hospital } from './hospital.ts';
import { run } from './sandbox.ts';
import type { Person } from './team.ts';

export const LEDGER = 'refs/notes/promptaudit';

type Head = NonNullable<LedgerPosition['head']>;

interface Name {
  /** Whose name stands on it; the signer's own unless given. */
  readonly as?: Person;
  /** Seconds by which the forger's clock is off. */
  readonly late?: number;
}

interface Forgery extends Name {
  /** Where the forger says that the ledger stands; `none`: an event before all others. */
  readonly head?: Partial<Head> | 'none';
  readonly registry?: string;
  readonly policy?: number;
  /** The commit that the event brings in. */
  readonly subject?: Oid;
  readonly reason?: string;
}

/** An insider with one key at work: adds one event to the ledger that the command line would have refused. */
export async function forgeEvent(
  h: Hospital,
  signer: Person,
  detail: EventDetail,
  forgery: Forgery = {},
): Promise<void> {
  const { head = {}, policy = 2, subject, reason = '' } = forgery;
  const present = await positionOf(h);
  const position: LedgerPosition = {
    registry: (forgery.registry ?? present.registry) as RegistryId,
    head: head === 'none' ? undefined : { ...present.head, ...head },
    policy,
  };
  const tip = await withBuilder(h, signer, forgery, position, async (builder) => {
    await builder.append(detail, reason, subject);
    return builder.tip;
  });
  await writeFile(join(h.team.repo, '.git', LEDGER), `${tip}\n`);
}

/** A signed commit that no ref names. */
export function signCommit(
  h: Hospital,
  signer: Person,
  fields: { readonly tree: string; readonly parents: readonly string[]; readonly message: string },
  name: Name = {},
): Promise<Oid> {
  return withBuilder(h, signer, name, NOWHERE, async (builder) => {
    const { oid } = await builder.commit({
      tree: fields.tree as Oid,
      parents: fields.parents as readonly Oid[],
      message: fields.message,
    });
    return oid;
  });
}

/** A signed tag object that no ref names. */
export function signTag(
  h: Hospital,
  signer: Person,
  fields: { readonly object: Oid; readonly name: string; readonly message: string },
  name: Name = {},
): Promise<Oid> {
  return withBuilder(h, signer, name, NOWHERE, (builder) => builder.tag(fields));
}

/** For objects that are no events. */
const NOWHERE: LedgerPosition = { registry: '' as RegistryId, head: undefined, policy: 0 };

async function withBuilder<T>(
  { team }: Hospital,
  signer: Person,
  { as = signer, late = 0 }: Name,
  position: LedgerPosition,
  work: (builder: Builder) => Promise<T>,
): Promise<T> {
  const store = await openEmbeddedStore({ cwd: team.repo, env: team.sandbox.env });
  try {
    const who = { name: as.name, email: as.email, time: team.clock + 60 + late, zone: '+0000' };
    const env = { PROMPTAUDIT_SIGNING_KEY: signer.key };
    const key = await openSigner({ config: store.config, env, cwd: team.repo, workTree: team.repo });
    const builder = new Builder(store, key, { author: who, committer: who }, position);
    const made = await work(builder);
    await store.write(builder.objects);
    return made;
  } finally {
    await store.close();
  }
}

/** The ledger's end, read with nothing but git. */
async function positionOf({ team }: Hospital): Promise<{ registry: string; head: Head }> {
  const options = { cwd: team.repo, env: team.sandbox.env, input: LEDGER };
  const { stdout } = await run('git', ['cat-file', '--batch'], options);
  const start = stdout.indexOf('\n') + 1;
  const body = stdout.subarray(start, -1);
  const text = body.toString();
  const found = (pattern: RegExp) => pattern.exec(text)?.[1] ?? '';
  return {
    registry: found(/^Registry: (.*)$/m),
    head: {
      sequence: Number(found(/^Sequence: (.*)$/m)),
      commit: stdout.toString('latin1', 0, stdout.indexOf(' ')) as Oid,
      digest: `sha256:${createHash('sha256').update(body).digest('hex')}` as Sha256,
      time: Number(found(/^committer .*> (\d+) /m)),
      tree: found(/^tree (.*)$/m) as Oid,
    },
  };
}

/** What an event says of a version, read with nothing but git. */
export async function versionAt(
  { team }: Hospital,
  sequence: number,
): Promise<Pick<Detail<'deployment'>, 'commit' | 'prompt' | 'version' | 'contentDigest'>> {
  const message = await team.git(
    'log',
    '-1',
    '--format=%B',
    '--grep',
    `^Sequence: ${sequence}$`,
    '--first-parent',
    LEDGER,
  );
  const found = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(message)?.[1] ?? '';
  return {
    commit: found('Commit') as Oid,
    prompt: found('Prompt'),
    version: Number(found('Version')),
    contentDigest: found('Content-Digest') as Sha256,
  };
}

/** The deployment that an insider would like: of the version that a `version` event registered. */
export async function deploymentOf(
  h: Hospital,
  sequence: number,
  more: Partial<Detail<'deployment'>> = {},
): Promise<Detail<'deployment'>> {
  return {
    event: 'deployment',
    ...(await versionAt(h, sequence)),
    environment: 'production',
    replaces: undefined,
    kind: 'rollout',
    reference: undefined,
    ...more,
  };
}

/** What this clone pinned, verified and indexed is gone: it looks at the registry for the first time. */
export async function forget({ team }: Hospital): Promise<void> {
  await rm(join(team.repo, '.git/promptaudit'), { recursive: true, force: true });
}
