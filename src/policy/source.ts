import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  Lexer,
  LineCounter,
  type Pair,
  parseDocument,
} from 'yaml';
import { quote } from '../ledger/text.ts';
import { LONGEST_POLICY } from './names.ts';
import type { Path, PolicyProblem } from './problem.ts';

const MAX_DEPTH = 32;
/** To resolve one is to walk the file. */
const MAX_ALIASES = 20;
const MAX_NODES = 100_000;
const MAX_TOKENS = 300_000;
const MAX_SYNTAX_PROBLEMS = 100;

/** Runs of control characters, and of those that reorder what stands around them on a screen (UAX #9). */
const DECEPTIVE = /(?:(?![\t\n\r])\p{Cc}|[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069])+/gu;
const DECEPTIVE_WHY = 'has no place in a policy: it makes the file show as something that it is not';

const SECOND = 'a second YAML document begins: a policy file holds one';

/** A policy file's text as plain data, and the way back from each value to its place in the text. */
export interface PolicySource {
  /** null, booleans, numbers, strings, arrays, and objects without a prototype. `undefined` where the text cannot be read. */
  readonly value: unknown;
  readonly problems: readonly PolicyProblem[];
  /** The line and column of a value, or of its key; of the nearest thing around it where the file has no such value. */
  place(path: Path, part: 'key' | 'value'): Pick<PolicyProblem, 'line' | 'column'>;
}

/** Reads YAML 1.2 (core schema) from hostile bytes; never throws. Duplicate keys are problems; aliases are bounded. */
export function readSource(bytes: Uint8Array, path: string): PolicySource {
  if (bytes.length > LONGEST_POLICY) return unreadable(`${path} is longer than ${LONGEST_POLICY} bytes`);
  const text = decode(bytes);
  if (text === undefined) return unreadable(`${path} is not UTF-8 text`);
  if (hasTooManyTokens(text)) return unreadable(`${path} has more than ${MAX_TOKENS} YAML tokens`);
  const lines = new LineCounter();
  const document = compose(text, lines);
  if (document === undefined) return unreadable(`${path} is nested too deeply to be read`);
  const reader = new SourceReader(document, lines);
  for (const found of text.matchAll(DECEPTIVE)) {
    reader.report(found.index, `${quote(found[0])} ${DECEPTIVE_WHY}`);
  }
  const faults = [...document.errors, ...document.warnings].slice(0, MAX_SYNTAX_PROBLEMS);
  // The library quotes the file, characters and all; which of them are out of place is said above.
  for (const { code, pos, message } of faults)
    reader.report(pos[0], code === 'MULTIPLE_DOCS' ? SECOND : message.replace(DECEPTIVE, ' '));
  return faults.length > 0 ? { ...unreadable(''), problems: reader.problems } : reader.read();
}

function decode(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** `undefined` where the stack ends before the nesting does. */
function compose(text: string, lineCounter: LineCounter): Document | undefined {
  try {
    return parseDocument(text, {
      lineCounter,
      // When it is silent, the library passes over all documents but the first.
      logLevel: 'error',
      merge: false,
      // The library looks for duplicates by comparing each key with all before it, and quotes the source for each error.
      prettyErrors: false,
      resolveKnownTags: false,
      schema: 'core',
      uniqueKeys: false,
    });
  } catch {
    return undefined;
  }
}

/** Looked at first: the parser makes an error, with all that it knows, of every token that is out of place. */
function hasTooManyTokens(text: string): boolean {
  let count = 0;
  for (const _ of new Lexer().lex(text)) {
    count += 1;
    if (count > MAX_TOKENS) return true;
  }
  return false;
}

function unreadable(message: string): PolicySource {
  const start = { line: 1, column: 1 };
  return { value: undefined, problems: [{ ...start, message, severity: 'error' }], place: () => start };
}

interface Offsets {
  readonly key: number;
  readonly value: number;
}

class SourceReader {
  readonly problems: PolicyProblem[] = [];
  readonly #document: Document;
  readonly #lines: LineCounter;
  readonly #offsets = new Map<string, Offsets>();
  #nodes = 0;
  #aliases = 0;
  #stopped = false;

  constructor(document: Document, lines: LineCounter) {
    this.#document = document;
    this.#lines = lines;
  }

  read(): PolicySource {
    const value = this.#plain(this.#document.contents, [], 0);
    return {
      value: this.#stopped ? undefined : value,
      problems: this.problems,
      place: (path, part) => this.#place(path, part),
    };
  }

  report(offset: number, message: string): void {
    this.problems.push({ ...this.#at(offset), message, severity: 'error' });
  }

  #at(offset: number): Pick<PolicyProblem, 'line' | 'column'> {
    const { line, col } = this.#lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  }

  #place(path: Path, part: 'key' | 'value'): Pick<PolicyProblem, 'line' | 'column'> {
    const own = this.#offsets.get(path.join('\0'));
    if (own !== undefined) return this.#at(own[part]);
    return path.length === 0 ? this.#at(0) : this.#place(path.slice(0, -1), 'key');
  }

  /** Whatever is wrong with the size of the file is said once, and ends the reading. */
  #stop(offset: number, message: string): undefined {
    if (!this.#stopped) this.report(offset, message);
    this.#stopped = true;
  }

  #plain(node: unknown, path: Path, offset: number): unknown {
    this.#nodes += 1;
    if (this.#stopped) return undefined;
    if (this.#nodes > MAX_NODES) return this.#stop(offset, `the file has more than ${MAX_NODES} values`);
    if (path.length > MAX_DEPTH) return this.#stop(offset, `values are nested more than ${MAX_DEPTH} deep`);
    if (isAlias(node)) {
      this.#aliases += 1;
      if (this.#aliases > MAX_ALIASES)
        return this.#stop(offset, `the file has more than ${MAX_ALIASES} aliases`);
      return this.#plain(node.resolve(this.#document), path, offset);
    }
    if (isSeq(node)) {
      return node.items.map((item, index) => {
        const at = startOf(item) ?? offset;
        return this.#child([...path, index], item, { key: at, value: at });
      });
    }
    if (isMap(node)) return this.#map(node.items, path, offset);
    return isScalar(node) ? node.value : null;
  }

  #map(pairs: readonly Pair[], path: Path, offset: number): unknown {
    const map: Record<string, unknown> = Object.create(null);
    for (const { key, value } of pairs) {
      const at = startOf(key) ?? offset;
      if (!isScalar(key) || typeof key.value !== 'string') {
        this.report(at, 'a key must be text');
      } else if (Object.hasOwn(map, key.value)) {
        this.report(at, `the key ${quote(key.value)} stands here a second time`);
      } else {
        map[key.value] = this.#child([...path, key.value], value, { key: at, value: startOf(value) ?? at });
      }
    }
    return map;
  }

  #child(path: Path, node: unknown, offsets: Offsets): unknown {
    this.#offsets.set(path.join('\0'), offsets);
    return this.#plain(node, path, offsets.value);
  }
}

function startOf(node: unknown): number | undefined {
  return isScalar(node) || isMap(node) || isSeq(node) || isAlias(node) ? node.range?.[0] : undefined;
}
