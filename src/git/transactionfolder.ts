import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Failure } from '../failure.ts';
import { errorCode, isAbsent, kindOf, makeFolders, readIfThere, syncFolder, writeDurably } from './files.ts';
import { isAbandoned, nobody, type Owner, thisProcess } from './owner.ts';

const FOLDER = 'promptaudit/transactions';
const STATES = ['new', 'prepared', 'committed', 'done'] as const;

export type State = (typeof STATES)[number];

/** The folder of one transaction. Its name holds its state and its owner, so that both change by one rename. */
export class TransactionFolder {
  private path: string;

  private constructor(path: string) {
    this.path = path;
  }

  static async create(commonDir: string): Promise<TransactionFolder> {
    const parent = join(commonDir, FOLDER);
    await makeFolders(parent);
    for (let serial = 0; ; serial += 1) {
      const path = join(parent, nameOf('new', BigInt(serial), thisProcess()));
      try {
        await mkdir(path);
        return new TransactionFolder(path);
      } catch (error) {
        if (errorCode(error) !== 'EEXIST') {
          throw error;
        }
      }
    }
  }

  /** The folders whose processes are gone; each is this process's own now. */
  static async *takeOver(commonDir: string): AsyncIterable<{ folder: TransactionFolder; state: State }> {
    const parent = join(commonDir, FOLDER);
    for (const name of await namesIn(parent)) {
      const parsed = parseName(name);
      if (parsed === undefined || !(await isAbandoned(parsed.owner, join(parent, name)))) {
        continue;
      }
      const folder = new TransactionFolder(join(parent, name));
      if (await folder.enter(parsed.state === 'new' ? 'done' : parsed.state)) {
        yield { folder, state: parsed.state };
      }
    }
  }

  /**
   * Goes to the next state, durably; false where another process took this folder over. The folder's own inode number is
   * its serial number from then on: no other that is there has it, so none is ever renamed over.
   */
  async enter(state: State, owner: Owner = thisProcess()): Promise<boolean> {
    const parent = dirname(this.path);
    try {
      const { ino } = await stat(this.path, { bigint: true });
      const next = join(parent, nameOf(state, ino, owner));
      await rename(this.path, next);
      this.path = next;
    } catch (error) {
      if (isAbsent(error)) {
        return false;
      }
      throw error;
    }
    await syncFolder(parent);
    return true;
  }

  /** Lets anybody take it over at once. */
  async disown(state: State): Promise<void> {
    await this.enter(state, nobody());
  }

  async isLost(): Promise<boolean> {
    return (await kindOf(this.path)) === undefined;
  }

  file(name: string): string {
    return join(this.path, name);
  }

  async writeJson(name: string, value: unknown): Promise<void> {
    await writeDurably(this.file(name), Buffer.from(JSON.stringify(value)));
    await syncFolder(this.path);
  }

  async readJson(name: string): Promise<unknown> {
    const bytes = await readIfThere(this.file(name));
    try {
      return JSON.parse(bytes?.toString() ?? '');
    } catch (error) {
      throw new Failure(
        `cannot read ${this.file(name)}, which a command that died left behind: ${String(error)}`,
      );
    }
  }

  /** Nothing depends on it: what is left is cleared away when this process is gone. */
  async remove(): Promise<void> {
    await rm(this.path, { recursive: true, force: true }).catch(() => {});
  }
}

async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (isAbsent(error)) {
      return [];
    }
    throw error;
  }
}

function nameOf(state: State, serial: bigint, owner: Owner): string {
  return `${state}.${serial}.${owner.pid}.${owner.start}.${owner.host}`;
}

function parseName(name: string): { readonly state: State; readonly owner: Owner } | undefined {
  const match = /^([a-z]+)\.\d+\.(\d{1,10})\.(\d+)\.([\w-]+)$/.exec(name);
  const state = STATES.find((known) => known === match?.[1]);
  if (match === null || state === undefined) {
    return undefined;
  }
  return { state, owner: { pid: Number(match[2]), start: match[3] ?? '0', host: match[4] ?? '' } };
}
