import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { GitStore } from '../git/store.ts';
import { LEDGER_REF } from '../ledger/event.ts';
import type { Policy } from '../policy/model.ts';
import { allowedSignersFile } from '../signing/allowedsigners.ts';
import { trackingRef } from '../trail/tracking.ts';
import { writeDurably } from '../trail/trust.ts';

/** One setting that lets stock git show, fetch or check what promptaudit writes. */
export interface GitSetting {
  readonly key: string;
  readonly value: string;
  readonly mode: 'set' | 'add';
  /** Completes "so that …". */
  readonly purpose: string;
}

/** Where the ledger as a remote has it is kept; never forced over this clone's own. */
function trackingRefspec(remote: string): string {
  return `${LEDGER_REF}:${trackingRef(remote)}`;
}

function allowedSignersPath(store: GitStore): string {
  return join(store.layout.commonDir, 'promptaudit', 'allowed_signers');
}

/** Settings that this repository does not have yet; one that the user made otherwise is left alone. */
export function missingSettings(store: GitStore, remotes: readonly string[]): readonly GitSetting[] {
  const { config } = store;
  const settings: GitSetting[] = [];
  if (!config.getAll('notes.displayRef').includes(LEDGER_REF)) {
    settings.push({
      key: 'notes.displayRef',
      value: LEDGER_REF,
      mode: 'add',
      purpose: 'git log shows approvals and deployments',
    });
  }
  if (config.get('gpg.ssh.allowedSignersFile') === undefined) {
    settings.push({
      key: 'gpg.ssh.allowedSignersFile',
      value: allowedSignersPath(store),
      mode: 'set',
      purpose: 'git can check signatures',
    });
  }
  for (const remote of remotes) {
    const key = `remote.${remote}.fetch`;
    if (config.getAll(key).includes(trackingRefspec(remote))) continue;
    settings.push({
      key,
      value: trackingRefspec(remote),
      mode: 'add',
      purpose: `git fetch ${remote} brings the ledger`,
    });
  }
  return settings;
}

/** Remotes that the configuration names. */
export function remotesOf(store: GitStore): readonly string[] {
  const found = store.config.getAll('remote.pushDefault');
  return [...new Set(['origin', ...found])].filter(
    (name) => store.config.get(`remote.${name}.url`) !== undefined,
  );
}

export async function applySettings(store: GitStore, settings: readonly GitSetting[]): Promise<void> {
  for (const { key, value, mode } of settings) await store.setConfig(key, value, mode);
}

/** Keeps the file by which `git verify-commit` and `ssh-keygen` know the policy's people; says whether it changed. */
export async function writeAllowedSigners(store: GitStore, policy: Policy): Promise<boolean> {
  const entries = [...policy.principals.values()].flatMap(({ id, keys }) =>
    keys.map((key) => ({ principal: id, key })),
  );
  const text = allowedSignersFile(entries.filter(({ key }) => !key.startsWith('openpgp:')));
  const file = allowedSignersPath(store);
  if ((await readFile(file, 'utf8').catch(() => undefined)) === text) return false;
  await writeDurably(file, text);
  return true;
}
