import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { promptText } from '../helpers/clinic.ts';
import {
  addRemote,
  chainOf,
  cloneOf,
  inClone,
  onServer,
  pushAll,
  tagsIn,
  tagsOf,
} from '../helpers/clones.ts';
import { sandbox } from '../helpers/sandbox.ts';
import { type GitServer, serve, sweepLocks } from '../helpers/servers.ts';
import { sync } from '../helpers/syncing.ts';
import { type Person, Team } from '../helpers/team.ts';

const NAMES = ['Ann', 'Ben', 'Cleo', 'Dev'] as const;
/** How often each makes the same changes: before each has heard of anybody, in between, and once all have. */
const ROUNDS = 3;
/** Prompts that are there for everybody to review, one each round. */
const FORMS = ROUNDS;
/** What the registry has before anybody shares it: genesis, policy v1, the forms, policy v2. */
const FOUNDED = 3 + FORMS;

const fileOf = (prompt: string) => `prompts/${prompt}.prompt.yml`;

/** Somebody with a clone of their own. */
interface Hand {
  readonly person: Person;
  readonly team: Team;
  /** What nobody else writes. */
  readonly prompts: readonly [string, string, string];
  /** Whose versions they review. */
  readonly neighbour: string;
}

interface Ward {
  readonly server: GitServer;
  readonly olga: Person;
  readonly hands: readonly Hand[];
}

/** A registry of the forms on a server, and so many people who each cloned it. */
async function foundWard(people: number): Promise<Ward> {
  const names = NAMES.slice(0, people);
  const box = await sandbox();
  const server = await serve(box, 'git');
  onTestFinished(() => server.stop());
  const founder = new Team(box, 'native', join(box.dir, 'founder'));
  founder.everyday = 'embedded';
  await founder.initRepository('--template=');
  await founder.git('config', 'maintenance.auto', 'false');
  await addRemote(founder, server);
  const olga = await founder.person('Olga');
  for (let form = 1; form <= FORMS; form += 1)
    await founder.write(fileOf(`form-${form}`), promptText(`form-${form}`, 'One'));
  await founder.ok(olga, ['init', '--name', 'ward']);
  for (const name of names) {
    const { email, key } = await founder.person(name);
    const roles = ['author', 'approver', 'deployer'].flatMap((role) => ['--role', role]);
    await founder.ok(olga, ['policy', 'add', email, '--name', name, ...roles, '--key', `${key}.pub`]);
  }
  await founder.ok(olga, ['policy', 'commit', '-m', 'Everybody']);
  await pushAll(founder);
  server.clock.stands = true;
  const hands: Hand[] = [];
  for (const [index, name] of names.entries()) {
    const team = await cloneOf(server, name.toLowerCase());
    const person = await team.person(name);
    await sync(team, person);
    const promptsOf = (name = ''): Hand['prompts'] => {
      const of = name.toLowerCase();
      return [`notes-${of}`, `plan-${of}`, `summary-${of}`];
    };
    const [neighbour] = promptsOf(names[(index + 1) % names.length]);
    hands.push({ person, team, prompts: promptsOf(name), neighbour });
  }
  return { server, olga, hands };
}

/** Five changes, none of which anybody else's can forbid. */
async function makeChanges({ person, team, prompts, neighbour }: Hand, round: number): Promise<void> {
  const version = round + 1;
  for (const prompt of prompts) await team.write(fileOf(prompt), promptText(prompt, `Version ${version}`));
  await team.ok(person, ['commit', '--all', '-m', `Version ${version}`]);
  await team.ok(person, ['deploy', `${prompts[0]}@${version}`, '-e', 'staging']);
  const { code } = await team.cli(person, ['approve', neighbour, '-m', 'Reviewed']);
  // There is nothing new of theirs to review.
  if (code !== 0) await team.ok(person, ['approve', `form-${version}@1`, '-m', 'Reviewed']);
}

/** Everybody works at their own pace, and syncs once on the way, half of them a round later, and all at once at the end. */
async function workAtOnce(hands: readonly Hand[], share: (hand: Hand) => Promise<void>): Promise<void> {
  await Promise.all(
    hands.map(async (hand, index) => {
      for (let round = 0; round < ROUNDS; round += 1) {
        await makeChanges(hand, round);
        if (round === index % 2 || round === ROUNDS - 1) await share(hand);
      }
    }),
  );
  for (const { team, person } of hands) {
    const { sent, behind } = await sync(team, person);
    expect({ sent, behind }).toEqual({ sent: { events: 0, tags: 0, branch: false }, behind: 0 });
  }
}

/** All events of everybody are in one chain, all tags in their places, and it is the same on the server and in every clone. */
async function expectAllThere({ server, hands, olga }: Ward): Promise<void> {
  const chain = await chainOf(onServer(server));
  const times = hands.length * ROUNDS;
  const events = FOUNDED + 5 * times;
  expect(chain).toHaveLength(events);
  const made = (email: string, event: string) =>
    chain.filter((one) => one.actor === email && one.event === event);
  for (const { person, prompts } of hands) {
    const of = (event: string) => made(person.email, event);
    expect([of('approval').length, of('deployment').length]).toEqual([ROUNDS, ROUNDS]);
    const numbers = Array.from({ length: ROUNDS }, (_, round) => round + 1);
    expect(of('version').map((one) => [one.prompt, one.version])).toEqual(
      numbers.flatMap((version) => prompts.map((prompt) => [prompt, version])),
    );
  }
  const tags = tagsIn(chain);
  expect(Object.keys(tags)).toHaveLength(times);
  expect(await tagsOf(onServer(server))).toEqual(tags);
  const counts = {
    events,
    versions: FORMS + 3 * times,
    approvals: times,
    deployments: times,
  };
  const main = await server.git('rev-parse', 'main');
  for (const { team, person } of hands) {
    expect(await chainOf(inClone(team))).toEqual(chain);
    expect(await tagsOf(inClone(team))).toEqual(tags);
    expect(await team.json(person, ['verify'])).toMatchObject({ ok: true, findings: [], counts });
    expect(await team.git('rev-parse', 'main')).toBe(main);
    expect(await team.git('status', '--porcelain')).toBe('');
    for (const prompt of hands.flatMap(({ prompts }) => prompts))
      expect(await readFile(join(team.repo, fileOf(prompt)), 'utf8')).toBe(
        promptText(prompt, `Version ${ROUNDS}`),
      );
  }
  const keeper = server.clock.give(new Team(server.sandbox, 'native', server.bare));
  expect(await keeper.json(olga, ['verify'])).toMatchObject({ ok: true, findings: [], counts });
}

test('four people make 15 changes each at once, and share them through one server', async () => {
  const ward = await foundWard(4);
  await workAtOnce(ward.hands, async ({ team, person }) => {
    await sync(team, person);
  });
  await expectAllThere(ward);
});

/** Kills `git daemon` with everything that it has started, itself among it, when the hook runs for the n-th time. */
async function killAtPush({ bare }: GitServer, hook: 'pre-receive' | 'post-receive', at: number) {
  const file = join(bare, 'hooks', hook);
  await mkdir(join(bare, 'hooks'), { recursive: true });
  const lines = [
    '#!/bin/sh',
    // Hooks run at once: each takes a number of its own.
    'n=1',
    `while ! mkdir ${hook}.$n 2>/dev/null; do n=$((n + 1)); done`,
    `[ $n != ${at} ] || kill -9 "-$(cat daemon.pid)"`,
  ];
  await writeFile(file, `${lines.join('\n')}\n`);
  await chmod(file, 0o755);
}

test('three people do the same with a server that dies twice in the middle of a push, before and after it moved its refs', async () => {
  const ward = await foundWard(3);
  const { server } = ward;
  await killAtPush(server, 'pre-receive', 4);
  await killAtPush(server, 'post-receive', 5);
  const said: string[] = [];
  let restarted: Promise<void> | undefined;
  const restart = async () => {
    await sweepLocks(server);
    await server.start();
    restarted = undefined;
  };
  await workAtOnce(ward.hands, async ({ team, person }) => {
    for (let tries = 1; ; tries += 1) {
      const { code, stdout, stderr } = await team.cli(person, ['sync']);
      if (code === 0) return;
      expect([code, stdout]).toEqual([2, '']);
      expect(stderr).toMatch(/^promptaudit: [^\n]*origin[^\n]*\n$/);
      expect(tries).toBeLessThan(10);
      said.push(stderr);
      restarted ??= restart();
      await restarted;
    }
  });
  // Once for each time that the server died, and more who found it dead.
  expect(said.length).toBeGreaterThanOrEqual(2);
  expect(said.join('')).toContain('could not be sent');
  await expectAllThere(ward);
});
