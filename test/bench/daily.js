import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from './processes.js';
import { inTurns, median } from './statistics.js';

/**
 * The verbs of a working day, on few events and on many: how many milliseconds more they take, whole processes.
 * @param {import('./workshop.js').Workshop} workshop
 * @param {import('./registry.js').Registry} few
 * @param {import('./registry.js').Registry} many
 */
export async function measureDaily(workshop, few, many, rounds) {
  const small = await workshop.copyOf(few, 'daily');
  const large = await workshop.copyOf(many, 'daily');
  const verbs = {
    'log -n 20': (registry) => workshop.promptaudit(registry, ['log', '-n', '20']),
    active: (registry) => workshop.promptaudit(registry, ['active']),
    status: (registry) => workshop.promptaudit(registry, ['status']),
    commit: (registry) => commit(workshop, registry),
    approve: (registry) => approve(workshop, registry),
    deploy: (registry) => deploy(workshop, registry),
  };
  const rows = [];
  for (const [verb, once] of Object.entries(verbs)) {
    const taken = await inTurns(rounds, {
      small: async () => (await once(small)).milliseconds,
      large: async () => (await once(large)).milliseconds,
    });
    rows.push({
      verb,
      milliseconds: taken.medians,
      more: median(taken.rounds.map((round) => round.large - round.small)),
    });
  }
  return { from: few.events, to: many.events, verbs: rows };
}

let edits = 0;

/** One that is changed neither most nor least often. */
function usual({ prompts }) {
  return prompts[Math.floor(prompts.length / 2)];
}

/** Changes the working tree's file of a prompt. */
async function edit(registry) {
  const { repo } = registry;
  const prompt = usual(registry);
  const file = join(repo, 'prompts', `${prompt}.prompt.yml`);
  edits += 1;
  const text = await readFile(file, 'utf8');
  await writeFile(file, text.replace(/summary \(form .*\)/, `summary (form b${edits})`));
  return { prompt, path: join('prompts', `${prompt}.prompt.yml`) };
}

/** Registers one more version. */
export async function commit(workshop, registry, env = workshop.envOf(registry.people.author)) {
  const { prompt } = await edit(registry);
  return workshop.promptaudit(registry, ['commit', prompt, '-m', 'Another form'], env);
}

/** Approves a version that is new; only the approval is timed. */
async function approve(workshop, registry) {
  await commit(workshop, registry);
  const args = ['approve', `${usual(registry)}@latest`, '-m', 'Reviewed for clinical safety'];
  return workshop.promptaudit(registry, args, workshop.envOf(registry.people.approver));
}

/** Deploys a version that is new; only the deployment is timed. */
async function deploy(workshop, registry) {
  await commit(workshop, registry);
  const args = ['deploy', `${usual(registry)}@latest`, '-e', 'staging'];
  return workshop.promptaudit(registry, args, workshop.envOf(registry.people.deployer));
}

/**
 * A version, whole process, against `git commit -S` of the same edit: with the key that git's configuration names for both,
 * and with promptaudit signing in process.
 * @param {import('./workshop.js').Workshop} workshop
 * @param {import('./registry.js').Registry} registry
 */
export async function measureCommit(workshop, registry, rounds) {
  const plain = await workshop.copyOf(registry, 'git');
  const copy = await workshop.copyOf(registry, 'commit');
  const configured = await workshop.configuredEnvOf(registry.people.author);
  const taken = await inTurns(rounds, {
    git: async () => {
      const { path } = await edit(plain);
      const args = ['-C', plain.repo, 'commit', '-q', '-S', '-m', 'Another form', '--', path];
      return (await run('git', args, { env: configured })).milliseconds;
    },
    configured: async () => (await commit(workshop, copy, configured)).milliseconds,
    inProcess: async () => (await commit(workshop, copy)).milliseconds,
  });
  const times = (name) => median(taken.rounds.map((round) => round[name] / round.git));
  return {
    events: registry.events,
    milliseconds: taken.medians,
    times: { configured: times('configured'), inProcess: times('inProcess') },
  };
}

/** `--version` against node doing nothing. @param {import('./workshop.js').Workshop} workshop */
export async function measureStart(workshop, rounds) {
  const { env } = workshop;
  const taken = await inTurns(rounds, {
    node: async () => (await run(process.execPath, ['-e', '0'], { env })).milliseconds,
    version: async () => (await run(process.execPath, [workshop.bin, '--version'], { env })).milliseconds,
  });
  return {
    milliseconds: taken.medians,
    times: median(taken.rounds.map((round) => round.version / round.node)),
  };
}
