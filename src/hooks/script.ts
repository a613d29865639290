import { createHash } from 'node:crypto';

export const HOOKS = ['pre-commit', 'pre-push', 'pre-receive'] as const;
export type HookName = (typeof HOOKS)[number];

/** How promptaudit is started: absolute paths of node and of the script that it runs. */
export interface Program {
  readonly node: string;
  readonly script: string;
}

/** What a hook that was there before is called while ours stands in its place. */
export const KEPT_SUFFIX = '.before-promptaudit';

const OURS = /^#!\/bin\/sh\n# promptaudit hook install wrote this: sha256 ([0-9a-f]{64}) of what follows\n/;

/**
 * The file that git runs. It starts promptaudit as whoever installed it did, otherwise by the PATH; where neither can be
 * done nothing gets past it.
 */
export function hookScript(hook: HookName, { node, script }: Program): string {
  const run = `hook run --after "$0${KEPT_SUFFIX}" ${hook} -- "$@"`;
  const body = `node=${quoted(node)}
script=${quoted(script)}
if test -x "$node" && test -f "$script"; then
  exec "$node" "$script" ${run}
fi
if command -v promptaudit >/dev/null 2>&1; then
  exec promptaudit ${run}
fi
printf '%s\\n' "promptaudit: neither $script nor promptaudit on the PATH can be run: install promptaudit again, or remove the hook $0" >&2
exit 1
`;
  return `#!/bin/sh\n# promptaudit hook install wrote this: sha256 ${digestOf(body)} of what follows\n${body}`;
}

/** Whether a hook is as some release of promptaudit wrote it, and nobody changed it since. */
export function isHookScript(bytes: Uint8Array): boolean {
  const text = Buffer.from(bytes).toString('latin1');
  const [head = '', digest] = OURS.exec(text) ?? [];
  return digest !== undefined && digest === digestOf(bytes.subarray(head.length));
}

function digestOf(body: string | Uint8Array): string {
  return createHash('sha256').update(body).digest('hex');
}

/** One word of a POSIX shell, whatever is in it. Source: POSIX, Shell Command Language, 2.2.2. */
function quoted(path: string): string {
  return `'${path.replaceAll("'", "'\\''")}'`;
}
