import { createHash } from 'node:crypto';
import { appendFile, mkdir, open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { PromptName } from '../../prompts/name.ts';
import { promptOf } from '../fold.ts';
import type { TrailEvent } from '../model.ts';
import { checkedText, withChecksum } from './checksum.ts';

/**
 * Judged events, a line of JSON behind a checksum each: all of them in `events`, each prompt's own again in
 * `prompts/<hash>`.
 *
 * The files are only appended to, by processes that do not wait for each other. So a line may stand twice, out of
 * order, beyond the head that `core` names, or be cut short by a crash: readers go by sequence numbers alone.
 */
const CHUNK = 256 * 1024;

/** The index does not hold what it should: delete it, and build it again from the ledger. */
export class IndexDamaged extends Error {
  override readonly name = 'IndexDamaged';
}

export async function appendRows(folder: string, events: readonly TrailEvent[]): Promise<void> {
  const byPrompt = new Map<PromptName, string[]>();
  const all: string[] = [];
  for (const event of events) {
    const line = `${withChecksum(JSON.stringify(event))}\n`;
    all.push(line);
    const prompt = event.detail && promptOf(event.detail);
    if (prompt === undefined) continue;
    const lines = byPrompt.get(prompt) ?? [];
    lines.push(line);
    byPrompt.set(prompt, lines);
  }
  await mkdir(join(folder, 'prompts'), { recursive: true });
  await appendFile(join(folder, 'events'), all.join(''));
  for (const [prompt, lines] of byPrompt) await appendFile(promptFile(folder, prompt), lines.join(''));
}

function promptFile(folder: string, prompt: PromptName): string {
  const name = createHash('sha256').update(prompt).digest('hex').slice(0, 32);
  return join(folder, 'prompts', name);
}

/** A prompt's events up to the head, in ledger order. @throws IndexDamaged when there are not `count` of them */
export async function readPromptRows(
  folder: string,
  prompt: PromptName,
  head: number,
  count: number,
): Promise<readonly TrailEvent[]> {
  const text = await readFile(promptFile(folder, prompt), 'utf8').catch(() => '');
  const rows = new Map<number, TrailEvent>();
  for (const line of text.split('\n')) keepRow(line, head, rows);
  const events = [...rows.values()].filter((event) => event.detail && promptOf(event.detail) === prompt);
  if (events.length !== count) throw new IndexDamaged(`${prompt}: ${events.length} rows, not ${count}`);
  return events.sort((a, b) => a.sequence - b.sequence);
}

function keepRow(line: string, head: number, rows: Map<number, TrailEvent>): void {
  const text = checkedText(line);
  // A line that a crash cut short: its event was appended again by whoever came next. Any other leaves a gap, which tells.
  if (text === undefined) return;
  const event: TrailEvent = JSON.parse(text);
  if (event.sequence <= head) rows.set(event.sequence, event);
}

/** All events from the head down to genesis, reading the file from its end. @throws IndexDamaged at a gap */
export async function* readRowsBackwards(folder: string, head: number): AsyncGenerator<TrailEvent> {
  let next = head;
  const waiting = new Map<number, TrailEvent>();
  for await (const lines of linesFromEnd(join(folder, 'events'))) {
    for (const line of lines) keepRow(line, next, waiting);
    for (let event = waiting.get(next); event !== undefined; event = waiting.get(next)) {
      waiting.delete(next);
      next -= 1;
      yield event;
    }
    if (next === 0) return;
  }
  if (next > 0) throw new IndexDamaged(`event ${next} is not in the index`);
}

/** A file's whole lines, the last chunk's first. */
async function* linesFromEnd(file: string): AsyncGenerator<readonly string[]> {
  const handle = await open(file, 'r').catch(() => undefined);
  if (handle === undefined) return;
  try {
    let end = (await handle.stat()).size;
    let rest: Buffer = Buffer.alloc(0);
    while (end > 0) {
      const start = Math.max(0, end - CHUNK);
      const chunk = Buffer.alloc(end - start);
      await handle.read(chunk, 0, chunk.length, start);
      const joined = Buffer.concat([chunk, rest]);
      const first = start === 0 ? 0 : joined.indexOf(0x0a) + 1 || joined.length;
      rest = joined.subarray(0, first);
      yield joined.subarray(first).toString('utf8').split('\n');
      end = start;
    }
  } finally {
    await handle.close();
  }
}
