import { hash } from 'node:crypto';

/** A first line that tells whether the rest of a file is as it was written. Any YAML reader takes it for a comment. */
const SEAL = /^# promptaudit ci: sha256:([0-9a-f]{64})\n/;

export function sealed(body: string): string {
  return `# promptaudit ci: sha256:${hash('sha256', body)}\n${body}`;
}

/** Whether nobody changed it since promptaudit, of any version, wrote it. */
export function isSealed(text: string): boolean {
  const found = SEAL.exec(text);
  return found !== null && hash('sha256', text.slice(found[0].length)) === found[1];
}
