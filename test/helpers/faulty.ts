import type { GitStore } from '../../src/git/store.ts';

const CHANGES: readonly PropertyKey[] = [
  'write',
  'updateRefs',
  'setConfig',
  'stage',
  'writeFile',
  'removeFile',
];

/** Counts what a store is asked to change, and has one of those changes fail as on a full disk. */
export class Fault {
  /** How many changes the store was asked for. */
  changes = 0;
  private readonly at: number;
  private readonly when: 'before' | 'after';

  /** @param at which change fails, from 1; 0 for none. `after`: it is made all the same. */
  constructor(at: number, when: 'before' | 'after') {
    this.at = at;
    this.when = when;
  }

  readonly wrap = (store: GitStore): GitStore => this.around(store);

  private around<T extends object>(inner: T): T {
    return new Proxy(inner, {
      get: (_, key) => {
        const value: unknown = Reflect.get(inner, key, inner);
        if (key === 'workTree' && typeof value === 'object' && value !== null) return this.around(value);
        if (typeof value !== 'function') return value;
        return (...args: unknown[]) => {
          const call = (): unknown => Reflect.apply(value, inner, args);
          return CHANGES.includes(key) ? this.change(call) : call();
        };
      },
    });
  }

  private async change(call: () => unknown): Promise<unknown> {
    this.changes += 1;
    const fails = this.changes === this.at;
    if (fails && this.when === 'before') throw fullDisk();
    const answer = await call();
    if (fails) throw fullDisk();
    return answer;
  }
}

function fullDisk(): Error {
  return Object.assign(new Error('ENOSPC: no space left on device, write'), {
    code: 'ENOSPC',
    syscall: 'write',
  });
}
