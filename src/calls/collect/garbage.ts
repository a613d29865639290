import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Bytes that heap and buffers may have before it is worth looking what of them is garbage. */
const AMPLE = 160 << 20;
/** By how much it may grow beyond what was still in use when it was looked at last. */
const GROWTH = 1.5;

/** What is asked of the engine; another one than ours in tests. */
export interface Heap {
  /** In bytes, garbage included. */
  readonly used: () => number;
  readonly collect: () => void;
}

/**
 * Has garbage collected before the engine would: V8 lets a heap grow to several times what is alive in it, and a few bodies
 * that are made of nothing but tiny values would take the process beyond its memory before it looks.
 */
export function garbageCollector(heap: Heap = ours()): () => void {
  let bound = AMPLE;
  return () => {
    if (heap.used() <= bound) return;
    heap.collect();
    bound = Math.max(AMPLE, GROWTH * heap.used());
  };
}

function ours(): Heap {
  let collect: (() => void) | undefined;
  return {
    used: () => {
      // The bodies that were read lie beside the heap, and go with it.
      const { used_heap_size: heap, external_memory: beside } = getHeapStatistics();
      return heap + beside;
    },
    collect: () => {
      collect ??= exposed();
      collect();
    },
  };
}

/** V8's own function: contexts that are made from now on have it. */
function exposed(): () => void {
  setFlagsFromString('--expose-gc');
  const gc: unknown = runInNewContext('gc');
  return typeof gc === 'function' ? () => void gc() : () => {};
}
