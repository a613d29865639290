import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import type { PipelineFacts } from '../../../src/report/pipeline/facts.ts';
import { githubFiles } from '../../../src/report/pipeline/github.ts';
import { gitlabFiles } from '../../../src/report/pipeline/gitlab.ts';

const VECTORS = join(import.meta.dirname, '../../vectors');

function validator(name: string): (text: string) => unknown {
  const ajv = new Ajv({ strict: false, validateFormats: false });
  const validate = ajv.compile(JSON.parse(readFileSync(join(VECTORS, name), 'utf8')));
  return (text) => (validate(parse(text)) ? 'valid' : validate.errors);
}

const FACTS: PipelineFacts = {
  version: '1.2.3',
  root: `sha256:${'ab'.repeat(32)}`,
  deployment: {
    environments: ['staging', 'production'],
    environment: 'production',
    service: { id: 'deploy-bot@acme.example', name: 'Deploy pipeline', listed: true },
  },
};
const WITHOUT: PipelineFacts = { ...FACTS, deployment: undefined };

/** The value at a path of keys. */
function at(value: unknown, ...path: readonly string[]): unknown {
  return path.reduce<unknown>((inner, key) => (inner as Record<string, unknown> | undefined)?.[key], value);
}

describe('the workflow for GitHub', () => {
  const validate = validator('github-workflow.json');
  const textOf = (facts: PipelineFacts) => githubFiles(facts)[0]?.text ?? '';

  test('is what the schema of workflows says', () => {
    expect(validate(textOf(FACTS))).toBe('valid');
    expect(validate(textOf(WITHOUT))).toBe('valid');
    expect(validate(textOf(FACTS).replace('runs-on', 'runs_on'))).not.toBe('valid');
  });

  test('may read, and only its deploy job write; nothing that it runs or uses is left open', () => {
    const text = textOf(FACTS);
    const workflow: unknown = parse(text);
    expect(at(workflow, 'permissions')).toEqual({ contents: 'read' });
    expect(at(workflow, 'jobs', 'verify', 'permissions')).toBeUndefined();
    expect(at(workflow, 'jobs', 'deploy', 'permissions')).toEqual({ contents: 'write' });
    const steps = ['verify', 'deploy'].flatMap(
      (job) => at(workflow, 'jobs', job, 'steps') as readonly { uses?: string; run?: string }[],
    );
    for (const { uses, run = '' } of steps) {
      if (uses !== undefined) expect(uses).toMatch(/^actions\/[a-z-]+@v\d+$/);
      expect(run).not.toContain('${{');
      for (const [, what] of run.matchAll(/npx (.*?@\S+)/g)) expect(what).toBe('--yes promptaudit@1.2.3');
    }
    expect(at(workflow, 'env', 'PROMPTAUDIT_ROOT')).toBe(FACTS.root);
    expect(at(workflow, 'on', 'workflow_dispatch', 'inputs', 'environment')).toMatchObject({
      options: ['staging', 'production'],
      default: 'production',
    });
    expect(at(workflow, 'jobs', 'deploy', 'concurrency')).toEqual({
      group: 'promptaudit-deploy',
      'cancel-in-progress': false,
    });
    expect(at(workflow, 'jobs', 'deploy', 'needs')).toBe('verify');
  });

  test('has nothing to deploy with where there is nowhere to deploy to', () => {
    const workflow: unknown = parse(textOf(WITHOUT));
    expect(Object.keys(at(workflow, 'jobs') as object)).toEqual(['verify']);
    expect(at(workflow, 'on', 'workflow_dispatch')).toBeUndefined();
  });

  test('gives a name as it is, whatever is in it, and GitHub finds no expression there', () => {
    fc.assert(
      fc.property(names(), (name) => {
        const workflow: unknown = parse(textOf(named(name)));
        const value = String(at(workflow, 'jobs', 'deploy', 'env', 'GIT_AUTHOR_NAME'));
        const literals = value.replaceAll(`\${{ '\${{' }}`, '');
        expect(literals).not.toContain('${{');
        expect(value.replaceAll(`\${{ '\${{' }}`, '${{')).toBe(name);
      }),
    );
  });
});

describe('the pipeline for GitLab', () => {
  const validate = validator('gitlab-ci.json');
  const textsOf = (facts: PipelineFacts) => gitlabFiles(facts).map(({ text }) => text);

  test('is what the schema of pipelines says', () => {
    for (const facts of [FACTS, WITHOUT]) expect(textsOf(facts).map(validate)).toEqual(['valid', 'valid']);
    expect(validate((textsOf(FACTS)[0] ?? '').replace('stage: test', 'stage: 7'))).not.toBe('valid');
  });

  test('fetches all history, deploys only when it is started by hand, one at a time', () => {
    const pipeline: unknown = parse(textsOf(FACTS)[0] ?? '');
    expect(at(pipeline, '.promptaudit', 'variables')).toEqual({
      GIT_STRATEGY: 'clone',
      GIT_DEPTH: '0',
      PROMPTAUDIT_ROOT: FACTS.root,
    });
    const deploy = at(pipeline, 'promptaudit-deploy');
    expect(at(deploy, 'rules')).toEqual([
      { if: '$CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH && $DEPLOY_PROMPT', when: 'manual' },
    ]);
    expect(at(deploy, 'resource_group')).toBe('promptaudit-deploy');
    expect(at(deploy, 'environment')).toEqual({ name: '$DEPLOY_ENVIRONMENT' });
    expect(at(pipeline, 'variables', 'DEPLOY_ENVIRONMENT')).toMatchObject({
      value: 'production',
      options: ['staging', 'production'],
    });
    expect(at(pipeline, 'promptaudit-verify', 'artifacts')).toEqual({
      when: 'always',
      reports: { junit: 'promptaudit.xml' },
    });
    expect(Object.keys(parse(textsOf(WITHOUT)[0] ?? '') as object)).toEqual([
      '.promptaudit',
      'promptaudit-verify',
    ]);
  });

  test('includes its file from the one that GitLab begins with', () => {
    const [file, entry] = gitlabFiles(FACTS);
    expect(parse(entry?.text ?? '')).toEqual({ include: [{ local: file?.path }] });
  });

  test('gives a name as it is, and GitLab finds no variable in it', () => {
    fc.assert(
      fc.property(names(), (name) => {
        const pipeline: unknown = parse(textsOf(named(name))[0] ?? '');
        const value = String(at(pipeline, 'promptaudit-deploy', 'variables', 'GIT_AUTHOR_NAME'));
        expect(value.replaceAll('$$', '')).not.toContain('$');
        expect(value.replaceAll('$$', '$')).toBe(name);
      }),
    );
  });
});

function named(name: string): PipelineFacts {
  if (FACTS.deployment === undefined) throw new Error('no deployment');
  return { ...FACTS, deployment: { ...FACTS.deployment, service: { id: 'a@b', name, listed: true } } };
}

/** One line of any characters, with what hosts and YAML take for their own more often than by chance. */
function names(): fc.Arbitrary<string> {
  const piece = fc.oneof(
    fc.constantFrom('${{', '}}', '$', '$$', '${', '"', "'", ': ', ' #', '- ', '%', '&', '*', '\\', '@'),
    fc.string({ unit: 'grapheme', minLength: 1, maxLength: 4 }),
  );
  return fc.array(piece, { minLength: 1, maxLength: 8 }).map((pieces) => pieces.join(''));
}
