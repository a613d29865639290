import type { ContentKeeper } from '../capture/intake.ts';
import type { ContentDigest, Part } from '../record/model.ts';
import type { RedactionOptions } from '../redact/options.ts';
import { openRedactor, type Redactor } from '../redact/redactor.ts';
import { parseSegmentName, type SegmentName } from '../store/names.ts';
import { newBatchKey } from './seal.ts';
import { ContentWriter } from './writer.ts';

/** How what was said is kept. */
export interface ContentOptions {
  /** What is taken out before anything is written; secrets and personal data unless said otherwise. */
  readonly redaction?: RedactionOptions | undefined;
  /** Public keys of age, `age1…`, that what is kept is encrypted to; none: it is not. */
  readonly recipients?: readonly string[] | undefined;
}

/** Keeps what was said in calls beside their segment, redacted. @throws Failure with what is wrong with the options */
export async function openKeeper(store: string, options: ContentOptions): Promise<ContentKeeper> {
  const recipients = options.recipients ?? [];
  // What is wrong with them is told now, not with the first call.
  if (recipients.length > 0) await newBatchKey(recipients);
  return new SegmentKeeper(store, recipients, await openRedactor(options.redaction ?? {}));
}

class SegmentKeeper implements ContentKeeper {
  readonly #store: string;
  readonly #recipients: readonly string[];
  readonly #redactor: Redactor;
  #writer: { readonly segment: SegmentName; readonly file: ContentWriter } | undefined;

  constructor(store: string, recipients: readonly string[], redactor: Redactor) {
    this.#store = store;
    this.#recipients = recipients;
    this.#redactor = redactor;
  }

  async keep(
    segment: SegmentName,
    id: string,
    parts: ReadonlyMap<Part, string>,
  ): Promise<readonly ContentDigest[]> {
    const redacted = await Promise.all(
      Array.from(parts, async ([part, text]) => [part, await this.#redactor.redact(text)] as const),
    );
    const writer = await this.#writerOf(segment);
    const traces = new Map(redacted);
    return writer.add(id, new Map(redacted.map(([part, { text }]) => [part, text]))).map((digest) => {
      const redactions = traces.get(digest.part)?.fired ?? [];
      return redactions.length === 0 ? digest : { ...digest, redactions };
    });
  }

  async #writerOf(segment: SegmentName): Promise<ContentWriter> {
    if (this.#writer?.segment === segment) return this.#writer.file;
    await this.#closeWriter();
    const parts = parseSegmentName(segment);
    if (parts === undefined) throw new TypeError(`${segment} is no segment`);
    const target = { store: this.#store, segment: parts, recipients: this.#recipients };
    const file = await ContentWriter.open(target);
    this.#writer = { segment, file };
    return file;
  }

  async commit(): Promise<void> {
    await this.#writer?.file.commit();
  }

  async close(): Promise<void> {
    await this.#closeWriter();
    await this.#redactor.close();
  }

  async #closeWriter(): Promise<void> {
    const writer = this.#writer?.file;
    this.#writer = undefined;
    try {
      await writer?.commit();
    } finally {
      await writer?.close();
    }
  }
}
