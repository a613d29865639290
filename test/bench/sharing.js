import { commit } from './daily.js';
import { run } from './processes.js';
import { inTurns, median } from './statistics.js';

/**
 * Work with a remote (a bare repository beside it), on few events and on many: whole processes, in milliseconds. A sync with
 * nothing to do against the `git fetch` of the same refs; a sync that sends one event; and the push of one event by git, into a
 * repository whose pre-receive hook judges it.
 * @param {import('./workshop.js').Workshop} workshop
 * @param {import('./registry.js').Registry} few
 * @param {import('./registry.js').Registry} many
 */
export async function measureSharing(workshop, few, many, rounds) {
  const small = await sharedCopy(workshop, few);
  const large = await sharedCopy(workshop, many);
  const taken = await inTurns(rounds, {
    fetchSmall: () => fetch(workshop, small),
    fetchLarge: () => fetch(workshop, large),
    idleSmall: () => sync(workshop, small),
    idleLarge: () => sync(workshop, large),
    sendSmall: () => sendOne(workshop, small),
    sendLarge: () => sendOne(workshop, large),
  });
  await guard(workshop, small);
  await guard(workshop, large);
  const guarded = await inTurns(rounds, {
    small: () => pushOne(workshop, small),
    large: () => pushOne(workshop, large),
  });
  const more = (name) => median(taken.rounds.map((round) => round[`${name}Large`] - round[`${name}Small`]));
  const { medians } = taken;
  return {
    from: few.events,
    to: many.events,
    idle: {
      small: { milliseconds: medians.idleSmall, git: medians.fetchSmall },
      large: { milliseconds: medians.idleLarge, git: medians.fetchLarge },
      times: {
        small: median(taken.rounds.map((round) => round.idleSmall / round.fetchSmall)),
        large: median(taken.rounds.map((round) => round.idleLarge / round.fetchLarge)),
      },
    },
    send: { milliseconds: { small: medians.sendSmall, large: medians.sendLarge }, more: more('send') },
    receive: {
      milliseconds: guarded.medians,
      more: median(guarded.rounds.map((round) => round.large - round.small)),
    },
  };
}

/** A copy and a bare repository that have met. */
async function sharedCopy(workshop, registry) {
  const copy = await workshop.copyOf(registry, 'shared');
  const server = `${copy.repo}-server.git`;
  const { env } = workshop;
  await run('git', ['clone', '-q', '--mirror', copy.repo, server], { env });
  await run('git', ['-C', copy.repo, 'remote', 'add', 'origin', server], { env });
  await workshop.promptaudit(copy, ['sync']);
  await workshop.promptaudit(copy, ['doctor', '--repair'], workshop.envOf(registry.people.author));
  return { ...copy, server };
}

async function fetch(workshop, { repo }) {
  return (await run('git', ['-C', repo, 'fetch', '-q', 'origin'], { env: workshop.env })).milliseconds;
}

async function sync(workshop, registry) {
  return (await workshop.promptaudit(registry, ['sync'], workshop.envOf(registry.people.author)))
    .milliseconds;
}

async function sendOne(workshop, registry) {
  await commit(workshop, registry);
  return sync(workshop, registry);
}

async function guard(workshop, { server }) {
  await run(process.execPath, [workshop.bin, '-C', server, 'hook', 'install'], { env: workshop.env });
}

/** The push alone; the sync behind it takes note of it. */
async function pushOne(workshop, registry) {
  await commit(workshop, registry);
  const refs = ['refs/notes/promptaudit', 'refs/heads/main'];
  const args = ['-C', registry.repo, 'push', '-q', '--atomic', registry.server, ...refs];
  const { milliseconds } = await run('git', args, { env: workshop.env });
  await sync(workshop, registry);
  return milliseconds;
}
