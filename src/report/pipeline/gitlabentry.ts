import { parseAllDocuments } from 'yaml';
import { GITLAB_PATH } from './gitlab.ts';

/** What a `.gitlab-ci.yml` that is there already has of what our pipeline needs. */
export interface GitlabEntry {
  readonly includes: boolean;
  /** Those of our jobs' stages that its own list of stages lacks. */
  readonly lackingStages: readonly string[];
}

const STAGES = ['test', 'deploy'];

/** Reads what can be read of it: where it is no YAML, it includes nothing that GitLab would find. */
export function readGitlabEntry(text: string): GitlabEntry {
  const documents = valuesOf(text);
  const included = documents.flatMap(({ include }) => (Array.isArray(include) ? include : [include]));
  const stages: unknown = documents.findLast((document) => document.stages !== undefined)?.stages;
  return {
    includes: included.some((one) => isOurs(isMap(one) ? one.local : one)),
    lackingStages: Array.isArray(stages) ? STAGES.filter((stage) => !stages.includes(stage)) : [],
  };
}

function isOurs(local: unknown): boolean {
  return typeof local === 'string' && local.replace(/^\/+/, '') === GITLAB_PATH;
}

function valuesOf(text: string): Readonly<Record<string, unknown>>[] {
  try {
    const documents = parseAllDocuments(text, { logLevel: 'silent', uniqueKeys: false });
    return Array.from(documents, (document): unknown => document.toJS()).filter(isMap);
  } catch {
    return [];
  }
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
