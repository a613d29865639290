import type { Oid } from '../git/object.ts';
import { ownText } from '../ledger/owntext.ts';
import type { LedgerEvidence } from '../trail/evidence.ts';
import type { TrailEvent } from '../trail/model.ts';

/** The blobs that version events which took effect registered, by prompt. */
export class RegisteredContent {
  readonly #blobs = new Map<string, Set<Oid>>();

  /** Takes note of what an event registered; `evidence.file` is the blob whose bytes have the event's digest. */
  add({ effective, detail }: TrailEvent, { file }: LedgerEvidence): void {
    if (!effective || detail?.event !== 'version' || file?.state !== 'present') return;
    const blobs = this.#blobs.get(detail.prompt);
    if (blobs === undefined) this.#blobs.set(ownText(detail.prompt), new Set([ownText(file.oid)]));
    else blobs.add(ownText(file.oid));
  }

  has(prompt: string, blob: Oid): boolean {
    return this.#blobs.get(prompt)?.has(blob) === true;
  }
}
