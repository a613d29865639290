import { setFlagsFromString } from 'node:v8';

/**
 * Has V8 look for garbage when the heap has grown by so much beyond what was alive in it when it looked last, and not only when
 * it is several times that: much of what a long replay makes is garbage by then.
 * @param percent of what was alive
 */
export function limitHeapGrowth(percent: number): void {
  setFlagsFromString(`--heap-growing-percent=${percent}`);
}
