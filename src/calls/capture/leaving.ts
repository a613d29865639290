/** What has something to do before the process ends. */
export interface Leaving {
  /** Nothing keeps the process but what is started here. */
  beforeExit(): void;
  /** The last moment: what is not done when this returns is not done. */
  leave(): void;
}

/** One pair of listeners for all: Node warns of a leak where there are more than ten. */
const OPEN = new Set<Leaving>();

export function untilExit(one: Leaving): void {
  if (OPEN.size === 0) process.on('beforeExit', beforeExit).on('exit', leave);
  OPEN.add(one);
}

export function notUntilExit(one: Leaving): void {
  OPEN.delete(one);
  if (OPEN.size === 0) process.off('beforeExit', beforeExit).off('exit', leave);
}

function beforeExit(): void {
  for (const one of OPEN) one.beforeExit();
}

function leave(): void {
  for (const one of OPEN) {
    try {
      one.leave();
    } catch {
      // Nobody is left to be told, and the others have their turn.
    }
  }
}
