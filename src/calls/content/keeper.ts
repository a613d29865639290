import type { ContentKeeper } from '../capture/intake.ts';
import type { ContentDigest, Part } from '../record/model.ts';
import type { RedactionOptions } from '../redact/options.ts';
import { openRedactor, type Redactor } from '../redact/redactor.ts';
import { parseSegmentName, type SegmentName } from '../store/names.ts';
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
  const redactor = await openRedactor(options.redaction ?? {});
  return new SegmentKeeper(store, options.recipients ?? [], redactor);
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
    const texts = new Map<Part, string>();
    const traces = new Map<Part, ContentDigest['redactions']>();
    for (const [part, text] of parts) {
      const { text: kept, fired } = await this.#redactor.redact(text);
      texts.set(part, kept);
      if (fired.length > 0) traces.set(part, fired);
    }
    const writer = await this.#writerOf(segment);
    return writer.add(id, texts).map((digest) => {
      const redactions = traces.get(digest.part);
      return redactions === undefined ? digest : { ...digest, redactions };
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
