import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { FindingCode } from '../../src/trail/findings.ts';
import type { VerifyDocument } from '../helpers/documents.ts';
import { copyOf, foundHospital, type Hospital } from '../helpers/hospital.ts';
import { createSandbox, type Sandbox } from '../helpers/sandbox.ts';
import { ADAPTERS, type Adapter } from '../helpers/team.ts';

/** One way to spoil a registry, and all that `verify` has to say of it. */
export interface Attack {
  /** The row of the design's section 5 that it proves. */
  readonly code: FindingCode;
  readonly title: string;
  /** An outsider can push to the repository and has no key of the policy; an insider has one that counts. */
  readonly by: 'outsider' | 'insider';
  /** Spoils the registry; tells which object the finding has to name where the code alone does not say it. */
  carryOut(h: Hospital, accuse: (oid: string) => void): Promise<unknown>;
  /** `code@sequence` of every finding; of those that are about no event, the code alone. Worked out by hand from the design. */
  readonly expected: readonly string[];
  /**
   * All that `calls verify --deep` has to say, where the store is attacked: as `expected`, and the record's id behind it where
   * it names one. Without `--deep` it says what `verify` does.
   */
  readonly deep?: readonly string[];
  /** The adapters that are to find it; one will do where bytes are the same to both. */
  readonly through?: readonly Adapter[];
  /** Of what there are as many that count as there were before. */
  readonly unchanged?: readonly ('versions' | 'approvals' | 'deployments')[];
  /** What has to hold in spite of it. */
  afterwards?(h: Hospital): Promise<void>;
}

/**
 * The registry that is attacked. Events 1 to 6 are `foundHospital`'s; 7: Bob approves discharge v1 for every environment;
 * 8 and 9: Dee deploys it to staging and to production. `verify` ran, so the clone's mark is at event 9. All is in one pack, so
 * that copies are made fast.
 */
async function foundScene(sandbox: Sandbox): Promise<Hospital> {
  const h = await foundHospital(sandbox, 'embedded', '--template=');
  const { team, bob, dee } = h;
  await team.ok(bob, ['approve', 'discharge@1', '-m', 'Read it']);
  await team.ok(dee, ['deploy', 'discharge@1', '-e', 'staging']);
  await team.ok(dee, ['deploy', 'discharge@1', '-e', 'production']);
  await team.ok(undefined, ['verify']);
  await team.git('repack', '-adq');
  await rm(join(team.repo, '.git/promptaudit/index'), { recursive: true, force: true });
  return h;
}

/** What `verify` says, sorted; by this adapter. Its exit code has to go with it. */
export async function verdictOf(h: Hospital, adapter: Adapter, ...args: readonly string[]) {
  const { code, stdout, stderr } = await h.team
    .through(adapter)
    .cli(undefined, ['--json', 'verify', ...args]);
  const { ok, counts, findings }: VerifyDocument = JSON.parse(
    stdout || `{"error": ${JSON.stringify(stderr)}}`,
  );
  const cutShort = findings.length > 0 && findings.every((found) => found.code === 'repo/shallow');
  expect([code, ok]).toEqual([findings.length === 0 ? 0 : cutShort ? 2 : 1, findings.length === 0]);
  for (const { message, hint } of findings) expect([message, hint]).not.toContain('');
  const expected = findings
    .map((found) => (found.sequence === null ? found.code : `${found.code}@${found.sequence}`))
    .sort();
  return { findings, expected, counts };
}

/** What `calls verify` finds, sorted: `code@sequence`, and the id of the record that it names. */
async function checkedStore({ team }: Hospital, ...args: readonly string[]): Promise<readonly string[]> {
  const { code, stdout, stderr } = await team.cli(undefined, ['--json', 'calls', 'verify', ...args]);
  const { ok, findings }: VerifyDocument = JSON.parse(stdout || `{"error": ${JSON.stringify(stderr)}}`);
  expect([code, ok]).toEqual([findings.length === 0 ? 0 : 1, findings.length === 0]);
  const said = findings.map(({ code, sequence, object }) => {
    const id = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f-]{21}$/.test(object ?? '') ? ` ${object}` : '';
    return `${code}${sequence === null ? '' : `@${sequence}`}${id}`;
  });
  return said.sort();
}

/** A healthy registry that the tests of one file work on copies of. */
export interface Scene {
  readonly base: Hospital;
  readonly sandbox: Sandbox;
  copy(adapter?: Adapter): Promise<Hospital>;
}

/** Founds the registry before the calling file's tests; `prepare` may add to it. */
export function tamperScene(prepare: (h: Hospital) => Promise<void> = async () => {}): Scene {
  let sandbox: Sandbox;
  let base: Hospital;
  beforeAll(async () => {
    sandbox = await createSandbox();
    base = await foundScene(sandbox);
    await prepare(base);
  });
  afterAll(() => sandbox.remove());
  test.each(ADAPTERS)('the registry before any attack has no finding, by %s', async (adapter) => {
    expect((await verdictOf(base, adapter)).expected).toEqual([]);
  });
  return {
    get base() {
      return base;
    },
    get sandbox() {
      return sandbox;
    },
    copy: (adapter) => copyOf(base, adapter),
  };
}

/** Carries out each attack on a copy of the same healthy registry. */
export function describeAttacks(family: string, attacks: readonly Attack[], scene: Scene): void {
  const titled = attacks.map(
    (attack) => [`${attack.code}: an ${attack.by} ${attack.title}`, attack] as const,
  );
  describe(family, () => {
    test.each(titled)('%s', async (_, attack) => {
      const h = await scene.copy();
      const accused: string[] = [];
      await attack.carryOut(h, (oid) => accused.push(oid));
      for (const adapter of attack.through ?? ['embedded']) {
        const { findings, expected, counts } = await verdictOf(h, adapter);
        expect([adapter, expected]).toEqual([adapter, [...attack.expected].sort()]);
        const named = findings.filter(({ code }) => code === attack.code).map(({ object }) => object);
        expect(named).toEqual(expect.arrayContaining(accused));
        for (const what of attack.unchanged ?? []) expect([what, counts[what]]).toEqual([what, COUNTS[what]]);
      }
      if (attack.deep !== undefined) {
        const said = (await checkedStore(h)).map((one) => one.split(' ')[0]);
        expect(said).toEqual(attack.expected.filter((one) => one.startsWith('calls/')).sort());
        expect(await checkedStore(h, '--deep')).toEqual([...attack.deep].sort());
      }
      await attack.afterwards?.(h);
    });
  });
}

/** What there is in the registry before any attack. */
const COUNTS = { versions: 3, approvals: 1, deployments: 2 } as const;
