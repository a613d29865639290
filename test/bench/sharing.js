import { commit } from './daily.js';
import { run } from './processes.js';
import { inTurns, median } from './statistics.js';

/**
 * Work with a remote (a bare repository beside it) against what git itself takes for the same, whole processes, on few events
 * and on many: a sync with nothing to do against `git fetch`; one that sends an event against `git push`; and `git push` of an
 * event into a repository whose pre-receive hook judges it against one that has none.
 * @param {import('./workshop.js').Workshop} workshop
 * @param {import('./registry.js').Registry} few
 * @param {import('./registry.js').Registry} many
 */
export async function measureSharing(workshop, few, many, rounds) {
  const sizes = {
    small: await measureAt(workshop, few, rounds),
    large: await measureAt(workshop, many, rounds),
  };
  const grown = (name) => sizes.large[name].beyond - sizes.small[name].beyond;
  return {
    from: few.events,
    to: many.events,
    ...sizes,
    more: { send: grown('send'), receive: grown('receive') },
  };
}

async function measureAt(workshop, registry, rounds) {
  const open = await sharedCopy(workshop, registry, 'open');
  const guarded = await sharedCopy(workshop, registry, 'guarded');
  await run(process.execPath, [workshop.bin, '-C', guarded.server, 'hook', 'install'], { env: workshop.env });
  const { medians, rounds: taken } = await inTurns(rounds, {
    fetch: () => fetch(workshop, open),
    idle: () => sync(workshop, open),
    push: () => pushOne(workshop, open),
    send: () => sendOne(workshop, open),
    receive: () => pushOne(workshop, guarded),
  });
  const beyond = (name, git) => ({
    milliseconds: medians[name],
    git: medians[git],
    beyond: median(taken.map((round) => round[name] - round[git])),
  });
  return {
    idle: { ...beyond('idle', 'fetch'), times: median(taken.map(({ idle, fetch }) => idle / fetch)) },
    send: beyond('send', 'push'),
    receive: beyond('receive', 'push'),
  };
}

/** A copy and a bare repository that have met. */
async function sharedCopy(workshop, registry, name) {
  const copy = await workshop.copyOf(registry, name);
  const server = `${copy.repo}.git`;
  const { env } = workshop;
  await run('git', ['clone', '-q', '--mirror', copy.repo, server], { env });
  await run('git', ['-C', copy.repo, 'remote', 'add', 'origin', server], { env });
  await workshop.promptaudit(copy, ['sync']);
  return { ...copy, server };
}

async function fetch(workshop, { repo }) {
  const refs = [
    'refs/notes/promptaudit',
    'refs/tags/promptaudit/*:refs/tags/promptaudit/*',
    'refs/heads/main',
  ];
  const args = ['-C', repo, 'fetch', '-q', 'origin', ...refs];
  return (await run('git', args, { env: workshop.env })).milliseconds;
}

async function sync(workshop, registry) {
  return (await workshop.promptaudit(registry, ['sync'], workshop.envOf(registry.people.author)))
    .milliseconds;
}

async function sendOne(workshop, registry) {
  await commit(workshop, registry);
  return sync(workshop, registry);
}

/** The push alone; the sync behind it takes note of it. */
async function pushOne(workshop, registry) {
  await commit(workshop, registry);
  const refs = ['refs/notes/promptaudit', 'refs/heads/main'];
  const args = ['-C', registry.repo, 'push', '-q', '--atomic', 'origin', ...refs];
  const { milliseconds } = await run('git', args, { env: workshop.env });
  await sync(workshop, registry);
  return milliseconds;
}
