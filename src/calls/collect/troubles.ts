/**
 * - `store`: records cannot be written
 * - `room`: more comes in than is written
 * - `sender`: what senders send is not taken
 * - `records`: what senders send is taken in part
 * - `defect`: ours
 */
export type Area = 'store' | 'room' | 'sender' | 'records' | 'defect';

/** How long nothing may have gone wrong before it counts as over, in milliseconds: what comes and goes is told once. */
const QUIET: Readonly<Record<Area, number>> = {
  store: 1_000,
  room: 10_000,
  sender: 60_000,
  records: 60_000,
  defect: 60_000,
};

interface Trouble {
  readonly area: Area;
  readonly text: string;
  requests: number;
  last: number;
}

/** What goes wrong while requests are served, told once a kind until it is over. */
export class Troubles {
  readonly #tell: (text: string) => void;
  readonly #now: () => Date;
  readonly #open = new Map<string, Trouble>();

  constructor(tell: (text: string) => void, now: () => Date) {
    this.#tell = tell;
    this.#now = now;
  }

  /** A request was refused, wholly or in part. @param kind which of its area; one of few */
  happened(area: Area, kind: string, text: string): void {
    const known = this.#open.get(`${area} ${kind}`);
    const last = this.#now().getTime();
    if (known === undefined) {
      this.#open.set(`${area} ${kind}`, { area, text, requests: 1, last });
      this.#tell(text);
    } else {
      known.requests += 1;
      known.last = last;
    }
  }

  /** A request was taken. @param wrote whether records of it were written */
  worked(wrote: boolean): void {
    if (this.#open.size === 0) return;
    const now = this.#now().getTime();
    for (const [key, trouble] of this.#open) {
      // Either way: the clock may have been set back since.
      if (Math.abs(now - trouble.last) < QUIET[trouble.area] || (trouble.area === 'store' && !wrote))
        continue;
      this.#open.delete(key);
      this.#tell(`recovered after ${refused(trouble)}: ${trouble.text}`);
    }
  }

  /** The collector ends: what was not over is told with its count. */
  end(): void {
    for (const trouble of this.#open.values()) this.#tell(`${refused(trouble)} in the end: ${trouble.text}`);
    this.#open.clear();
  }
}

function refused({ area, requests }: Trouble): string {
  const noun = requests === 1 ? 'request' : 'requests';
  return area === 'records' ? `${requests} ${noun} refused in part` : `${requests} refused ${noun}`;
}
