import { appendFile, chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { builtBin } from './built.ts';
import { run, type Sandbox } from './sandbox.ts';

/** What a job printed, on both streams, and whether it was green. */
export interface JobResult {
  readonly green: boolean;
  readonly output: string;
  /** The exit code of each step or script that ran. */
  readonly codes: readonly number[];
}

type Texts = Readonly<Record<string, string>>;

/** A machine of a host: a clone in a folder of its own, and on its PATH an `npx` that knows promptaudit of one version. */
export interface Machine {
  readonly sandbox: Sandbox;
  readonly folder: string;
  readonly clone: string;
  readonly env: Texts;
}

/** Clones as the hosts' own checkouts do: whole history, HEAD on no branch unless one is named, no ledger. */
export async function provision(
  sandbox: Sandbox,
  name: string,
  remote: string,
  place: { readonly commit: string; readonly branch?: string },
): Promise<Machine> {
  const folder = join(sandbox.dir, name);
  const clone = join(folder, 'clone');
  const bin = join(folder, 'bin');
  await mkdir(bin, { recursive: true });
  await mkdir(clone);
  const npx = join(bin, 'npx');
  const refuse = 'echo "npx was asked for $*" >&2; exit 64';
  await writeFile(
    npx,
    `#!/bin/sh\n[ "$1 $2" = "--yes promptaudit@0.0.0" ] || { ${refuse}; }\nshift 2\nexec "${process.execPath}" "${builtBin()}" "$@"\n`,
  );
  await chmod(npx, 0o755);
  const git = (...args: readonly string[]) => sandbox.git(args, { cwd: clone });
  await git('init', '-q', '-b', 'elsewhere');
  await git('config', 'maintenance.auto', 'false');
  await git('remote', 'add', 'origin', remote);
  await git('fetch', '-q', '--no-tags', 'origin', '+refs/heads/*:refs/remotes/origin/*', place.commit);
  const { branch } = place;
  await git('checkout', '-q', ...(branch === undefined ? ['--detach'] : ['-B', branch]), place.commit);
  const env = { ...sandbox.env, PATH: `${bin}:${sandbox.env.PATH}` };
  return { sandbox, folder, clone, env };
}

interface Step {
  readonly name?: string;
  readonly uses?: string;
  readonly run?: string;
  readonly if?: string;
  readonly env?: Texts;
}

interface Workflow {
  readonly env: Texts;
  readonly jobs: Readonly<Record<string, { readonly env?: Texts; readonly steps: readonly Step[] }>>;
}

/**
 * Runs one job of the workflow that stands in the clone, as GitHub's runner does: expressions replaced, each `run` a file
 * for `bash -e`, what it appends to GITHUB_ENV given to the next. Steps that use an action were done by `provision`.
 */
export async function runGithubJob(
  machine: Machine,
  job: string,
  context: Readonly<Record<string, string>>,
): Promise<JobResult> {
  const text = await readFile(join(machine.clone, '.github/workflows/promptaudit.yml'), 'utf8');
  const workflow: Workflow = parse(text);
  const temp = join(machine.folder, 'temp');
  await mkdir(temp, { recursive: true });
  const environmentFile = join(machine.folder, 'github-env');
  await writeFile(environmentFile, '');
  const { steps, env: jobEnv = {} } = workflow.jobs[job] ?? { steps: [] };
  const codes: number[] = [];
  let output = '';
  for (const step of steps) {
    const failed = codes.some((code) => code !== 0);
    if (step.run === undefined || !isDue(step.if, failed, context)) continue;
    const given = evaluated({ ...workflow.env, ...jobEnv, ...step.env }, context);
    const env = { ...machine.env, ...given, ...(await variablesIn(environmentFile)) };
    const script = join(machine.folder, 'step.sh');
    await writeFile(script, replaced(step.run, context));
    const result = await run('bash', ['-e', script], {
      cwd: machine.clone,
      env: { ...env, RUNNER_TEMP: temp, GITHUB_ENV: environmentFile },
    });
    codes.push(result.code);
    output += `${result.stdout.toString()}${result.stderr}`;
  }
  return { green: codes.every((code) => code === 0), output, codes };
}

/** The conditions that our workflow has. */
function isDue(condition: string | undefined, failed: boolean, context: Texts): boolean {
  if (condition === undefined) return !failed;
  const text = condition.replace(/^\$\{\{ (.*) \}\}$/, '$1');
  if (text === 'always()' || text === '!cancelled()') return true;
  const found = /^([\w.]+) == '([^']*)'$/.exec(text);
  if (found === null)
    throw new Error(`a condition that GitHub may know and this runner does not: ${condition}`);
  return !failed && context[found[1] ?? ''] === found[2];
}

function evaluated(env: Texts, context: Texts): Texts {
  return Object.fromEntries(Object.entries(env).map(([name, value]) => [name, replaced(value, context)]));
}

function replaced(text: string, context: Texts): string {
  return String(text).replace(/\$\{\{ (?:'([^']*)'|([\w.]+)) \}\}/g, (_, literal, path) => {
    if (literal !== undefined) return literal;
    return context[path] ?? '';
  });
}

async function variablesIn(file: string): Promise<Texts> {
  const lines = (await readFile(file, 'utf8')).split('\n').filter((line) => line !== '');
  return Object.fromEntries(lines.map((line) => [line.split('=', 1)[0] ?? '', line.replace(/^[^=]*=/, '')]));
}

type Variable = string | { readonly value: string };

interface GitlabJob {
  readonly extends?: string;
  readonly variables?: Texts;
  readonly before_script?: readonly string[];
  readonly script?: readonly string[];
  readonly after_script?: readonly string[];
}

/** Runs one job of the pipeline in the clone as GitLab's runner does: one bash for what comes before and the script, one after. */
export async function runGitlabJob(machine: Machine, name: string, variables: Texts): Promise<JobResult> {
  const text = await readFile(join(machine.clone, '.gitlab/promptaudit.gitlab-ci.yml'), 'utf8');
  const pipeline: Readonly<Record<string, GitlabJob>> & {
    readonly variables?: Readonly<Record<string, Variable>>;
  } = parse(text);
  const job: GitlabJob = pipeline[name] ?? {};
  const base: GitlabJob = pipeline[job.extends ?? ''] ?? {};
  const globals = Object.fromEntries(
    Object.entries(pipeline.variables ?? {}).map(([key, value]) => [
      key,
      typeof value === 'string' ? value : value.value,
    ]),
  );
  const own = { ...base.variables, ...job.variables };
  const expanded = Object.fromEntries(
    Object.entries(own).map(([key, value]) => [key, value.replaceAll('$$', '$')]),
  );
  const env = { ...machine.env, ...globals, ...expanded, ...variables };
  const codes: number[] = [];
  let output = '';
  for (const lines of [[...(base.before_script ?? []), ...(job.script ?? [])], job.after_script ?? []]) {
    if (lines.length === 0) continue;
    const script = join(machine.folder, 'script.sh');
    await writeFile(script, 'set -eo pipefail\n');
    for (const line of lines) await appendFile(script, `${line}\n`);
    const result = await run('bash', [script], { cwd: machine.clone, env });
    codes.push(result.code);
    output += `${result.stdout.toString()}${result.stderr}`;
  }
  return { green: codes[0] === 0, output, codes };
}
