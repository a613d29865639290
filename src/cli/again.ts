import { outcomeOf } from './exit.ts';

/** What is done over and over for as long as a command runs. */
interface Chore {
  /** Milliseconds between the end of one turn and the next. */
  readonly every: number;
  readonly work: () => Promise<void>;
  readonly tell: (trouble: string) => Promise<void>;
}

/** Works at once, and again until the signal fires. What goes wrong is told once, until a turn of this chore goes well again. */
export async function again(signal: AbortSignal, { every, work, tell }: Chore): Promise<void> {
  let told: string | undefined;
  while (!signal.aborted) {
    try {
      await work();
      told = undefined;
    } catch (error) {
      const trouble = troubleOf(error);
      if (trouble !== told) await tell(trouble);
      told = trouble;
    }
    await pause(every, signal);
  }
}

/** A refusal alone says what cannot be done; its reasons say why, and what to do. */
function troubleOf(error: unknown): string {
  const { message, reasons } = outcomeOf(error);
  const whys = reasons.map((reason) => `${reason.message}: ${reason.remedy}`);
  return whys.length === 0 ? message : `${message}: ${whys.join('; ')}`;
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((done) => {
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      done();
    };
    const timer = setTimeout(end, milliseconds);
    signal.addEventListener('abort', end);
    if (signal.aborted) end();
  });
}
