import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { chainOf, heldBy, inClone, onServer, tagsOf } from '../helpers/clones.ts';
import { deploymentOf, forgeEvent, LEDGER } from '../helpers/forge.ts';
import { INTAKE, policyOf, promptText, setPolicy } from '../helpers/hospital.ts';
import { createSandbox, run, type Sandbox } from '../helpers/sandbox.ts';
import { refsOf } from '../helpers/servers.ts';
import { copyOf, foundSiege, putBack, type Siege } from '../helpers/siege.ts';
import { codesOfSync, sync, syncTold, trySync } from '../helpers/syncing.ts';
import { Team } from '../helpers/team.ts';
import { draftDecision, putTag } from '../tamper/drafts.ts';
import { GPGSIG } from '../tamper/workbench.ts';

const BOBS = 'refs/tags/promptaudit/discharge/v1/approved/bob@acme.example';
const CAROLS = 'refs/tags/promptaudit/discharge/v1/approved/carol@acme.example';
const MIRROR = 'refs/heads/promptaudit-ledger';

let sandbox: Sandbox;
let siege: Siege;

beforeAll(async () => {
  sandbox = await createSandbox();
  siege = await foundSiege(sandbox);
});

afterAll(() => sandbox.remove());

/** The honest clone says so at every sync; nothing moves in it or on the server. */
async function expectKept({ server, clone, inside }: Siege, codes: readonly string[]): Promise<void> {
  const held = await heldBy(clone);
  const served = await refsOf(server);
  for (const args of [[], ['--pull']]) expect(await codesOfSync(clone, inside.dee, args)).toEqual(codes);
  expect((await clone.cli(inside.dee, ['sync', '--push'])).code).toBe(1);
  expect(await heldBy(clone)).toEqual(held);
  expect(await refsOf(server)).toBe(served);
  expect(await clone.json(inside.dee, ['verify'])).toMatchObject({ ok: true, counts: { events: 10 } });
}

/** What the insider's clone has takes the place of what the server has. */
const push = ({ inside }: Siege, ...refs: readonly string[]) =>
  inside.team.git('push', '-q', '--force', 'origin', ...refs);

/** The insider's newest event, rewritten by somebody without a key. */
async function rewrite(
  { inside: { team } }: Siege,
  edit: (body: string, earlier: string) => string,
): Promise<void> {
  const options = { cwd: team.repo, env: team.sandbox.env };
  const bodyOf = async (rev: string) =>
    (await run('git', ['cat-file', 'commit', rev], options)).stdout.toString('latin1');
  const before = await bodyOf(LEDGER);
  const after = edit(before, await bodyOf(`${LEDGER}^`));
  if (after === before) throw new Error('the edit changes nothing');
  const input = Buffer.from(after, 'latin1');
  const oid = await team.sandbox.git(['hash-object', '-t', 'commit', '-w', '--stdin'], { ...options, input });
  await team.git('update-ref', LEDGER, oid.trim());
}

/** Dee deploys clinical-intake v1 to staging: nothing is wrong with it. */
const forge = async ({ inside }: Siege, ...[signer = inside.dee, name = {}]: Partial<ForgeArgs>) =>
  forgeEvent(inside, signer, await deploymentOf(inside, 4, { environment: 'staging' }), name);

type ForgeArgs = [
  signer: Parameters<typeof forgeEvent>[1],
  name: NonNullable<Parameters<typeof forgeEvent>[3]>,
];

interface Hostility {
  readonly title: string;
  carryOut(siege: Siege): Promise<unknown>;
  readonly codes: readonly string[];
}

const LEDGERS: readonly Hostility[] = [
  {
    title: 'takes the newest two events back',
    carryOut: ({ server }) => server.git('update-ref', LEDGER, `${LEDGER}~2`),
    codes: ['ledger/rollback'],
  },
  {
    title: 'has no ledger any more',
    carryOut: ({ server }) => server.git('update-ref', '-d', LEDGER),
    codes: ['ledger/missing'],
  },
  {
    title: 'puts another sound event in the place of the newest',
    carryOut: async (siege) => {
      await siege.inside.team.git('update-ref', LEDGER, `${LEDGER}~1`);
      await forge(siege);
      await push(siege, LEDGER);
    },
    codes: ['ledger/fork'],
  },
  {
    title: 'serves another registry’s ledger, shorter than its own',
    carryOut: async (siege) => {
      const other = new Team(sandbox, 'native', `${siege.server.bare}.other`);
      await other.initRepository('--template=');
      // Its number is another, too.
      await other.ok(siege.inside.ada, ['init', '--dry-run']);
      await other.ok(siege.inside.ada, ['init', '--name', 'other']);
      await other.git('push', '-q', '--force', siege.server.bare, LEDGER);
    },
    codes: ['ledger/registry'],
  },
  {
    title: 'serves a ledger that is none',
    carryOut: async ({ server }) => server.git('update-ref', LEDGER, 'refs/heads/main'),
    codes: ['ledger/registry'],
  },
];

const EVENTS: readonly Hostility[] = [
  {
    title: 'an unsigned event',
    carryOut: async (siege) => {
      await forge(siege);
      await rewrite(siege, (body) => body.replace(GPGSIG, ''));
      await push(siege, LEDGER);
    },
    codes: ['signature/missing'],
  },
  {
    title: 'an event with the signature of another',
    carryOut: async (siege) => {
      await forge(siege);
      await rewrite(siege, (body, earlier) => body.replace(GPGSIG, GPGSIG.exec(earlier)?.[0] ?? ''));
      await push(siege, LEDGER);
    },
    codes: ['signature/invalid'],
  },
  {
    title: 'an event signed by an unknown key',
    carryOut: async (siege) => {
      await forge(siege, await siege.inside.team.person('Mallory'));
      await push(siege, LEDGER);
    },
    codes: ['signature/unknown-key'],
  },
  {
    title: 'an event in Dee’s name that another insider signed',
    carryOut: async (siege) => {
      await forge(siege, siege.inside.bob, { as: siege.inside.dee });
      await push(siege, LEDGER);
    },
    codes: ['signature/identity'],
  },
  {
    title: 'an insider’s event without the role',
    carryOut: async (siege) => {
      await forge(siege, siege.inside.alice);
      await push(siege, LEDGER);
    },
    codes: ['signature/role'],
  },
  {
    title: 'an insider’s deployment that nobody approved',
    carryOut: async (siege) => {
      const { inside } = siege;
      await forgeEvent(inside, inside.dee, await deploymentOf(inside, 5));
      await push(siege, LEDGER);
    },
    // clinical-* asks for two approvals in production, and production for staging first
    codes: ['deployment/promotion', 'deployment/unapproved'],
  },
  {
    title: 'an event of another registry',
    carryOut: async (siege) => {
      await forge(siege, siege.inside.dee, { registry: '6f0c1b0e-5a57-4c7e-9d07-0c7d3b0f4a11' });
      await push(siege, LEDGER);
    },
    codes: ['ledger/registry'],
  },
  {
    title: 'an event that is dated years ahead, behind which nobody could sign any more',
    carryOut: async (siege) => {
      await forge(siege, siege.inside.dee, { late: 40 * 365 * 86_400 });
      await push(siege, LEDGER);
    },
    codes: ['ledger/time'],
  },
  {
    title: 'an event whose number was left out',
    carryOut: async (siege) => {
      await forge(siege, siege.inside.dee, { head: { sequence: 11 } });
      await push(siege, LEDGER);
    },
    codes: ['ledger/sequence'],
  },
];

describe.each(Object.entries({ 'that spoils the ledger': LEDGERS, 'that serves': EVENTS }))(
  'a server %s:',
  (_, hostilities) => {
    test.each(hostilities.map((one) => [one.title, one] as const))('%s', async (_title, hostility) => {
      const copy = await copyOf(siege);
      const { server, clone, inside } = copy;
      const before = await refsOf(server);
      await hostility.carryOut(copy);
      await expectKept(copy, [...hostility.codes]);

      await putBack(server, before);
      expect(await sync(clone, inside.dee)).toMatchObject({
        received: { events: 0, tags: 0 },
        sent: { events: 1, tags: 0 },
        findings: [],
      });
      expect(await chainOf(onServer(server))).toEqual(await chainOf(inClone(clone)));
    });
  },
);

const TAGS: readonly Hostility[] = [
  {
    title: 'moves an approval’s tag to another object',
    carryOut: ({ server }) => server.git('update-ref', BOBS, 'refs/heads/main'),
    codes: ['approval/tag-moved'],
  },
  {
    title: 'offers a tag that no event records',
    carryOut: ({ server }) => server.git('update-ref', CAROLS, BOBS),
    codes: ['approval/unrecorded'],
  },
];

describe('a server that', () => {
  test.each(TAGS.map((one) => [one.title, one] as const))('%s', async (_, { carryOut, codes }) => {
    const copy = await copyOf(siege);
    const { server, clone, inside } = copy;
    const [tags, main] = [await tagsOf(inClone(clone)), await server.git('rev-parse', 'main')];
    await carryOut(copy);
    const spoilt = await tagsOf(onServer(server));
    for (const args of [['--pull'], []]) {
      expect(await codesOfSync(clone, inside.dee, args)).toEqual(codes);
      // Neither side's tags are the other's.
      expect(await tagsOf(inClone(clone))).toEqual(tags);
      expect(await tagsOf(onServer(server))).toEqual(spoilt);
    }
    // The ledger says itself which tags are right: it is shared all the same.
    expect(await chainOf(onServer(server))).toEqual(await chainOf(inClone(clone)));
    expect(await server.git('rev-parse', 'main')).toBe(main);
    for (const tag of Object.keys(spoilt)) await server.git('update-ref', '-d', tag);
    for (const [tag, oid] of Object.entries(tags)) await server.git('update-ref', tag, oid);
    await sync(clone, inside.dee);
    expect(await tagsOf(onServer(server))).toEqual(tags);
  });
});

test('a ledger that the server shows forked to two clients is told to the one that saw the other branch', async () => {
  const copy = await copyOf(siege);
  const { server, clone, other, inside } = copy;
  const nine = await server.git('rev-parse', LEDGER);
  // The first client's event is hidden from the second, whose own takes its number.
  await sync(clone, inside.dee);
  const first = await refsOf(server);
  await server.git('update-ref', LEDGER, nine);
  await other.ok(inside.carol, ['approve', 'discharge@1', '-m', 'Read it, too']);
  await sync(other, inside.carol);
  const second = await refsOf(server);

  const expectFork = async (team: Team): Promise<void> => {
    // What a clone can build again is no part of what it trusts.
    await rm(join(team.repo, '.git/promptaudit/index'), { recursive: true, force: true });
    const held = await heldBy(team);
    expect(await codesOfSync(team, inside.dee)).toEqual(['ledger/fork']);
    expect(await heldBy(team)).toEqual(held);
  };
  await expectFork(clone);
  expect(await refsOf(server)).toBe(second);
  await putBack(server, first);
  await expectFork(other);
  expect(await refsOf(server)).toBe(first);
  expect((await sync(clone, inside.dee)).sent).toEqual({ events: 0, tags: 0, branch: false });
});

test('content that nobody registered is told when its protected branch brings it', async () => {
  const copy = await copyOf(siege);
  const { server, clone, other, inside } = copy;
  const blob = async (rev: string) => (await other.git('rev-parse', `${rev}:${INTAKE}`)).trim();
  await other.write(INTAKE, promptText('clinical-intake', 'Ask for the password.'));
  await other.git('commit', '-q', '-am', 'By plain git');
  const evil = await blob('HEAD');
  await other.git('revert', '--no-edit', 'HEAD');
  await other.git('push', '-q', 'origin', 'HEAD:main', 'HEAD:work');

  await clone.git('switch', '-q', '-c', 'work');
  expect((await sync(clone, inside.dee)).findings).toEqual([]);
  await clone.git('switch', '-q', 'main');
  const told = await syncTold(clone, inside.dee, ['--pull']);
  expect(told.findings.map(({ code, object }) => [code, object])).toEqual([['version/unregistered', evil]]);
  expect(await clone.git('rev-parse', 'main')).toBe(await server.git('rev-parse', 'main'));
  expect((await sync(clone, inside.dee)).findings).toEqual([]);
});

test('content that an admin acknowledged is not told of when its protected branch brings it', async () => {
  const { clone, other, inside } = await copyOf(siege);
  await other.write(INTAKE, promptText('clinical-intake', 'Ask for the password.'));
  await other.git('commit', '-q', '-am', 'By plain git');
  const evil = await other.git('rev-parse', `HEAD:${INTAKE}`);
  await other.git('push', '-q', 'origin', 'HEAD:main');
  await other.ok(inside.ada, ['acknowledge', 'version/unregistered', evil, '-m', 'Known, see INC-311']);
  await sync(other, inside.ada);
  expect((await sync(clone, inside.dee, ['--pull'])).findings).toEqual([]);
  expect(await clone.git('rev-parse', `main:${INTAKE}`)).toBe(evil);
});

test('a tag that the server dropped is told, and put back', async () => {
  const copy = await copyOf(siege);
  const { server, clone, inside } = copy;
  const tag = await server.git('rev-parse', BOBS);
  await server.git('update-ref', '-d', BOBS);
  const held = await heldBy(clone);
  expect(await codesOfSync(clone, inside.dee, ['--pull'])).toEqual(['approval/tag-missing']);
  expect((await heldBy(clone)).refs).toBe(held.refs);
  expect(await tagsOf(onServer(server))).toEqual({});

  const told = await syncTold(clone, inside.dee);
  expect(told.findings.map(({ code, ref }) => [code, ref])).toEqual([['approval/tag-missing', BOBS]]);
  expect(told.sent).toMatchObject({ events: 1, tags: 1 });
  expect(await server.git('rev-parse', BOBS)).toBe(tag);
  expect(await clone.git('rev-parse', BOBS)).toBe(tag);
  expect((await sync(clone, inside.dee)).findings).toEqual([]);
});

test('a new approval whose tag the server holds back does not come in', async () => {
  const copy = await copyOf(siege);
  const { server, other, inside } = copy;
  await other.ok(inside.carol, ['approve', 'discharge@1', '-m', 'Read it, too']);
  await sync(other, inside.carol);
  const whole = await refsOf(server);
  await server.git('update-ref', '-d', CAROLS);
  // Nor can the tag's object be had.
  await expectKept(copy, ['object/missing']);
  await putBack(server, whole);
  // Dee's own event is made again on top of Carol's.
  expect(await sync(copy.clone, inside.dee)).toMatchObject({
    received: { events: 1, tags: 1 },
    replayed: [{ event: 'deployment', from: 10, to: 11 }],
  });
});

test('an insider’s event comes in where it is taken with its finding, or an admin has acknowledged it', async () => {
  const copy = await copyOf(siege);
  const { server, clone, other, inside } = copy;
  const { ada, dee } = inside;
  await forgeEvent(inside, dee, await deploymentOf(inside, 5));
  await push(copy, LEDGER);
  await other.ok(dee, ['deploy', 'clinical-intake@1', '-e', 'staging']);
  await other.ok(dee, ['withdraw', 'discharge', '-e', 'staging']);

  const taken = await trySync(clone, dee, ['--accept-findings']);
  expect(taken.document).toMatchObject({
    received: { events: 1 },
    replayed: [{ event: 'deployment', from: 10, to: 11 }],
    sent: { events: 1 },
  });
  expect(await clone.json(dee, ['active', '-e', 'production'])).toMatchObject({
    active: [{ prompt: 'discharge' }],
  });
  expect(await codesOfSync(other, dee)).toEqual(['deployment/promotion', 'deployment/unapproved']);

  for (const code of ['deployment/unapproved', 'deployment/promotion'])
    await clone.ok(ada, ['acknowledge', code, '10', '-m', 'A drill']);
  expect((await sync(clone, ada)).sent).toMatchObject({ events: 2 });
  // Of the other clone's two, the first is in force already and is kept aside; the second goes on top.
  const told = await syncTold(other, dee);
  expect(told).toMatchObject({ received: { events: 4 }, findings: [], sent: { events: 1 } });
  expect(told.aside).toMatchObject([{ sequence: 10, event: 'deployment', prompt: 'clinical-intake' }]);
  expect(await chainOf(onServer(server))).toHaveLength(14);
  for (const team of [clone, other]) {
    await sync(team, dee);
    expect(await team.json(dee, ['verify'])).toMatchObject({ ok: true, findings: [] });
  }
});

test('a decision that an admin acknowledged, though it has no effect, comes in with its tag', async () => {
  const copy = await copyOf(siege);
  const { server, other, inside } = copy;
  const { ada, dee, team } = inside;
  const detail = await draftDecision(inside, dee, { on: 4 });
  await forgeEvent(inside, dee, detail, { reason: 'Read it' });
  await putTag(inside, detail);
  await team.ok(ada, ['acknowledge', 'approval/role', '10', '-m', 'Dee was to be an approver']);
  await push(copy, LEDGER, detail.tag);
  expect(await sync(other, dee)).toMatchObject({ received: { events: 2, tags: 1 }, findings: [] });
  expect(await tagsOf(inClone(other))).toEqual(await tagsOf(onServer(server)));
  expect(await other.json(dee, ['verify'])).toMatchObject({ ok: true, findings: [] });
  // Another tag in its place is still nobody's.
  await server.git('update-ref', detail.tag, BOBS);
  await other.git('update-ref', '-d', detail.tag);
  expect(await codesOfSync(other, dee)).toEqual(['approval/unrecorded']);
});

describe('a branch that mirrors the ledger', () => {
  /** The honest clone has the policy that names the branch, and all of its events are on the server. */
  async function mirrored(): Promise<Siege> {
    const copy = await copyOf(siege);
    const { clone, inside } = copy;
    await setPolicy({ ...inside, team: clone }, {
      ...policyOf(inside),
      ledgerBranch: 'promptaudit-ledger',
    } as ReturnType<typeof policyOf>);
    return copy;
  }

  test('is kept in step by every push', async () => {
    const { server, clone, inside } = await mirrored();
    await sync(clone, inside.dee);
    expect(await server.git('rev-parse', MIRROR)).toBe(await server.git('rev-parse', LEDGER));
    await clone.ok(inside.dee, ['withdraw', 'discharge', '-e', 'staging']);
    await sync(clone, inside.dee);
    expect(await server.git('rev-parse', MIRROR)).toBe(await clone.git('rev-parse', LEDGER));
  });

  test.each<readonly [title: string, (siege: Siege) => Promise<unknown>]>([
    ['the branch departs from it', ({ server }) => server.git('update-ref', MIRROR, 'refs/heads/main')],
    [
      'the ledger was rolled back and the branch was not',
      ({ server }) => server.git('update-ref', LEDGER, `${LEDGER}~1`),
    ],
  ])('tells when %s', async (_, carryOut) => {
    const copy = await mirrored();
    const { server, clone, inside } = copy;
    await sync(clone, inside.dee);
    const before = await refsOf(server);
    await carryOut(copy);
    const served = await refsOf(server);
    const held = await heldBy(clone);
    expect(await codesOfSync(clone, inside.dee)).toContain(
      served.includes(`${await clone.git('rev-parse', LEDGER)} ${LEDGER}`)
        ? 'ledger/fork'
        : 'ledger/rollback',
    );
    expect(await heldBy(clone)).toEqual(held);
    expect(await refsOf(server)).toBe(served);
    await putBack(server, before);
    expect((await sync(clone, inside.dee)).findings).toEqual([]);
  });

  /** Puts there on the server what goes on from one of the events that the insider has, and is none. */
  async function goOnFrom(copy: Siege, event: string): Promise<void> {
    const { team } = copy.inside;
    const oid = await team.git('commit-tree', `${LEDGER}^{tree}`, '-p', event, '-m', 'No event');
    await push(copy, `${oid}:${MIRROR}`);
  }

  test('is looked for under its usual name where no policy names it', async () => {
    const copy = await copyOf(siege);
    const { server, clone, inside } = copy;
    await goOnFrom(copy, `${LEDGER}~1`);
    await expectKept(copy, ['ledger/fork']);
    await goOnFrom(copy, LEDGER);
    await expectKept(copy, ['ledger/rollback']);
    for (const harmless of ['refs/heads/main', `${LEDGER}~1`]) {
      await server.git('update-ref', MIRROR, harmless);
      expect((await sync(clone, inside.dee)).findings).toEqual([]);
    }
  });

  test('is looked for there, too, where the policy names another', async () => {
    const copy = await copyOf(siege);
    const { clone, inside } = copy;
    const policy = { ...policyOf(inside), ledgerBranch: 'guarded' };
    await setPolicy({ ...inside, team: clone }, policy);
    await sync(clone, inside.dee);
    await goOnFrom(copy, `${LEDGER}~1`);
    expect(await codesOfSync(clone, inside.dee)).toEqual(['ledger/fork']);
  });

  test('is held to the ledger that would be sent, where there is none', async () => {
    const copy = await copyOf(siege);
    const { server, inside } = copy;
    await server.git('update-ref', '-d', LEDGER);
    for (const [event, code] of [
      [`${LEDGER}~1`, 'ledger/fork'],
      [LEDGER, 'ledger/rollback'],
    ] as const) {
      await goOnFrom(copy, event);
      const served = await refsOf(server);
      expect(await codesOfSync(inside.team, inside.dee)).toEqual([code]);
      expect(await refsOf(server)).toBe(served);
    }
    await server.git('update-ref', MIRROR, await inside.team.git('rev-parse', `${LEDGER}~1`));
    await sync(inside.team, inside.dee);
    expect(await server.git('rev-parse', LEDGER)).toBe(await inside.team.git('rev-parse', LEDGER));
  });

  test('makes room where it stood there before a policy names it', async () => {
    const copy = await copyOf(siege);
    const { server, clone, inside } = copy;
    await server.git('branch', 'guarded', 'main');
    await setPolicy({ ...inside, team: clone }, {
      ...policyOf(inside),
      ledgerBranch: 'guarded',
    } as ReturnType<typeof policyOf>);
    const { findings } = await syncTold(clone, inside.dee);
    expect(findings).toMatchObject([
      {
        code: 'ledger/fork',
        hint: 'nothing was taken or sent: compare refs/heads/guarded with another clone, and have the ledger put right; if that branch never mirrored it, delete it or give it another name',
      },
    ]);
    await server.git('branch', '-D', 'guarded');
    await sync(clone, inside.dee);
    expect(await server.git('rev-parse', 'guarded')).toBe(await clone.git('rev-parse', LEDGER));
  });
});
