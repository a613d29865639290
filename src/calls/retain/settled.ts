import { join } from 'node:path';
import { Refusal } from '../../failure.ts';
import { namesIn } from '../store/folder.ts';
import { openPath, PLACES, type SegmentName } from '../store/names.ts';

/**
 * A sealed segment whose lines are there too was left by a crash, and may have records that came after its seal.
 * @throws Refusal where there is one among these
 */
export async function demandSettled(store: string, sealed: readonly SegmentName[]): Promise<void> {
  const names = new Set(await namesIn(join(store, PLACES.open)));
  const unsettled = sealed.find((segment) => names.has(`${segment}.jsonl`));
  if (unsettled === undefined) return;
  throw new Refusal(
    `segment ${unsettled} is sealed, and ${openPath(store, unsettled)} is there still: run promptaudit calls seal, which clears it away or says why not`,
  );
}
