import { hostname } from 'node:os';
import { join } from 'node:path';
import { Failure } from '../../failure.ts';
import { kindOf } from '../files.ts';
import { readIdentity } from '../identity.ts';
import type { LogLine } from '../journalformat.ts';
import type { Oid } from '../object.ts';
import type { GitConfig, RepositoryLayout } from '../store.ts';
import type { Environment } from './configload.ts';
import type { Refs } from './refs.ts';

const NO_OBJECT = '0'.repeat(40);

/** One move of a ref, as its log tells it. */
export interface RefMove {
  readonly from: Oid | undefined;
  readonly to: Oid | undefined;
  readonly message: string;
}

/** Decides which reflogs a move goes into and what they say. Source: git-config(1), `core.logAllRefUpdates`. */
export class Reflog {
  private readonly layout: RepositoryLayout;
  private readonly refs: Refs;
  private readonly config: GitConfig;
  private readonly who: string;

  /** @param now the time of moves for which the environment gives none */
  constructor(layout: RepositoryLayout, refs: Refs, config: GitConfig, env: Environment, now: Date) {
    this.layout = layout;
    this.refs = refs;
    this.config = config;
    this.who = committer(config, env, now);
  }

  /** A log that is there is always continued; whether one is begun is a matter of configuration. */
  async linesFor(name: string, move: RefMove): Promise<readonly LogLine[]> {
    const path = this.refs.logPathOf(name);
    const begun = (await kindOf(join(this.layout.commonDir, path))) === 'file';
    if (!begun && !this.isBegunFor(name)) {
      return [];
    }
    const message = move.message.replace(/\s+/g, ' ').trim();
    const line = `${move.from ?? NO_OBJECT} ${move.to ?? NO_OBJECT} ${this.who}${message === '' ? '' : `\t${message}`}\n`;
    return [{ path, line }];
  }

  private isBegunFor(name: string): boolean {
    const setting = this.config.get('core.logAllRefUpdates');
    if (setting?.toLowerCase() === 'always') {
      return true;
    }
    const on =
      setting === undefined ? !this.layout.bare : this.config.getBool('core.logAllRefUpdates') === true;
    return on && /^(?:HEAD$|refs\/(?:heads|remotes|notes)\/)/.test(name);
  }
}

/** git notes a move even where it does not know who made it. */
function committer(config: GitConfig, env: Environment, now: Date): string {
  try {
    const { name, email, time, zone } = readIdentity(config, env, now).committer;
    return `${name} <${email}> ${time} ${zone}`;
  } catch (error) {
    if (error instanceof Failure) {
      return `unknown <unknown@${hostname()}> ${Math.floor(now.getTime() / 1000)} +0000`;
    }
    throw error;
  }
}
