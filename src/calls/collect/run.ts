import { startCollector } from './collector.ts';
import type { CollectorOptions, CollectorStats } from './model.ts';

export interface CollectRequest extends CollectorOptions {
  /** Ends the collector; what is under way is answered first. */
  readonly signal: AbortSignal;
  /** The collector listens, at this URL. */
  readonly listening?: ((url: string) => void | Promise<void>) | undefined;
}

/** What a collector did from its start to its end. */
export interface Collected extends CollectorStats {
  readonly url: string;
}

/**
 * Collects until the signal fires. The intake is left open: it is its owner's to close.
 * @throws Failure where it cannot listen
 * @throws Refusal where others could reach it and it is not guarded
 */
export async function collect(request: CollectRequest): Promise<Collected> {
  const { signal, listening } = request;
  const collector = await startCollector(request);
  try {
    await listening?.(collector.url);
    await fired(signal);
  } finally {
    await collector.close();
  }
  return { url: collector.url, ...collector.stats() };
}

function fired(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
