import { peakMemory, run } from './processes.js';
import { inTurns, median } from './statistics.js';

/** Ledger commits that `git log` checks: each costs it two processes. */
const SAMPLE = 300;

/**
 * `verify` from genesis against what else checks such signatures: stock git, commit by commit, and OpenSSL alone.
 * @param {import('./workshop.js').Workshop} workshop
 * @param {import('./registry.js').Registry} registry
 */
export async function measureVerify(workshop, registry, rounds) {
  const copy = await workshop.copyOf(registry, 'verify');
  let signatures = 0;
  const taken = await inTurns(
    rounds,
    {
      openssl: () => opensslRate(),
      verify: async () => {
        const { milliseconds, stdout } = await workshop.promptaudit(copy, ['verify', '--json']);
        const report = JSON.parse(stdout);
        if (!report.ok)
          throw new Error(`the generated registry does not verify: ${report.findings[0].message}`);
        signatures = report.counts.signatures;
        return (signatures / milliseconds) * 1000;
      },
      git: () => gitRate(workshop, copy),
    },
    { warmUp: false },
  );
  const ratio = (name) => median(taken.rounds.map((round) => round.verify / round[name]));
  return {
    events: registry.events,
    signatures,
    perSecond: taken.medians,
    timesGit: ratio('git'),
    timesOpenssl: ratio('openssl'),
  };
}

/** Signatures a second that one core verifies. */
async function opensslRate() {
  const { stdout } = await run('openssl', ['speed', '-seconds', '2', 'ed25519']);
  return Number(stdout.trim().split(/\s+/).at(-1));
}

/** Signatures a second that `git log --format=%G?` judges, of the newest ledger commits. */
async function gitRate(workshop, { repo, allowedSigners }) {
  const args = ['log', '--first-parent', '-n', String(SAMPLE), '--format=%G?', 'refs/notes/promptaudit'];
  const config = ['-C', repo, '-c', `gpg.ssh.allowedSignersFile=${allowedSigners}`];
  const { milliseconds, stdout } = await run('git', [...config, ...args], { env: workshop.env });
  const verdicts = stdout.trim().split('\n');
  // U: good, by a key of somebody whom the newest policy no longer lists.
  if (!verdicts.every((verdict) => verdict === 'G' || verdict === 'U'))
    throw new Error(`git does not take every signature for good: ${[...new Set(verdicts)].join(' ')}`);
  return (verdicts.length / milliseconds) * 1000;
}

/**
 * What `verify` and `log` cost on ten times the events: time and peak memory.
 * @param {import('./workshop.js').Workshop} workshop
 * @param {import('./registry.js').Registry} few
 * @param {import('./registry.js').Registry} many
 */
export async function measureGrowth(workshop, few, many, rounds) {
  const small = await workshop.copyOf(few, 'growth');
  const large = await workshop.copyOf(many, 'growth');
  const verbs = { verify: ['verify'], log: ['log'] };
  const growth = {};
  for (const [verb, args] of Object.entries(verbs)) {
    const taken = await inTurns(rounds, {
      small: async () => (await workshop.promptaudit(small, args)).milliseconds,
      large: async () => (await workshop.promptaudit(large, args)).milliseconds,
    });
    growth[verb] = {
      milliseconds: taken.medians,
      times: median(taken.rounds.map((round) => round.large / round.small)),
      peakBytes: {
        small: await memoryOf(workshop, small, args),
        large: await memoryOf(workshop, large, args),
      },
    };
  }
  return { from: few.events, to: many.events, ...growth };
}

async function memoryOf(workshop, { repo }, args) {
  return (await peakMemory([workshop.bin, '-C', repo, ...args], { env: workshop.env })).peakBytes;
}

/**
 * `verify` from genesis on registries of several sizes, once each.
 * @param {import('./workshop.js').Workshop} workshop
 * @param {readonly import('./registry.js').Registry[]} registries
 */
export async function measureSizes(workshop, registries) {
  const sizes = [];
  for (const registry of registries) {
    const { repo } = await workshop.copyOf(registry, 'size');
    const { stdout } = await workshop.promptaudit({ repo }, ['verify', '--json']);
    const { signatures } = JSON.parse(stdout).counts;
    const taken = await peakMemory([workshop.bin, '-C', repo, 'verify'], { env: workshop.env });
    sizes.push({ events: registry.events, signatures, ...taken });
  }
  return sizes;
}
