import { mkdtemp, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ContentWriter } from '../../../src/calls/content/writer.ts';
import type { ContentDigest, Part } from '../../../src/calls/record/model.ts';
import { contentPath, parseSegmentName, type SegmentParts } from '../../../src/calls/store/names.ts';
import { sandbox } from '../../helpers/sandbox.ts';

export function segmentOf(name: string): SegmentParts {
  const parts = parseSegmentName(name);
  if (parts === undefined) throw new Error(`${name} is no segment`);
  return parts;
}

export const SEGMENT = segmentOf('intake-api-calls-20261121t101112z9f2c1a');

export function idOf(number: number): string {
  return `019aa5c1-0000-7000-8000-${String(number).padStart(12, '0')}`;
}

export type Said = ReadonlyMap<string, ReadonlyMap<Part, string>>;

/** What was said in some calls: `{input: …}` by the call's number. */
export function said(calls: Readonly<Record<number, Partial<Record<Part, string>>>>): Said {
  return new Map(
    Object.entries(calls).map(([number, parts]) => [
      idOf(Number(number)),
      new Map(Object.entries(parts) as [Part, string][]),
    ]),
  );
}

export type Digests = Map<string, readonly ContentDigest[]>;

/** A store in a folder that goes with the running test. */
export async function newStore(): Promise<string> {
  const { dir } = await sandbox();
  return mkdtemp(join(dir, 'store-'));
}

/** Writes with a writer of its own, in one commit. */
export async function write(
  store: string,
  content: Said,
  recipients: readonly string[] = [],
): Promise<Digests> {
  const writer = await ContentWriter.open({ store, segment: SEGMENT, recipients });
  const digests: Digests = new Map();
  for (const [id, parts] of content) digests.set(id, writer.add(id, parts));
  await writer.commit();
  await writer.close();
  return digests;
}

export function contentFile(store: string): string {
  return contentPath(store, SEGMENT);
}

/** Every byte of every file of a store, and of all that is beside it in the test's folder. */
export async function everyByte(store: string): Promise<Buffer> {
  const folder = join(store, '..');
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return Buffer.concat(await Promise.all(files.map((file) => readFile(join(file.parentPath, file.name)))));
}
