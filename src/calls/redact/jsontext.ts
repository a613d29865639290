import { arrivedBy, type Reach, stepInto } from './keypath.ts';

/** A key, a string or a number of a JSON text, at its place in the text. */
export interface Leaf {
  readonly start: number;
  readonly end: number;
  readonly kind: 'key' | 'string' | 'number';
  /** What it says: of a number, its digits. */
  readonly says: string;
  readonly reach: Reach;
}

/** A value that a key path leads to. */
interface Removal {
  readonly start: number;
  readonly end: number;
  readonly rule: string;
}

export interface JsonLeaves {
  /** In the order of the text; none inside of a removal. */
  readonly leaves: readonly Leaf[];
  readonly removals: readonly Removal[];
}

interface Frame {
  readonly reach: Reach;
  readonly list: boolean;
  /** The next place in a list. */
  place: number;
  /** The key whose value comes next. */
  key: string | undefined;
}

const SPACE = /[ \t\n\r]*/y;
const BARE = /[^\s,:{}[\]"]+/y;

/** Where the keys, strings and numbers of a JSON object, list or string are; `undefined` where the text is none. */
export function leavesOf(text: string, root: Reach): JsonLeaves | undefined {
  if (!/^[ \t\n\r]*[{["]/.test(text) || !isJson(text)) return undefined;
  return new LeafReader(text, root).read();
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch (error) {
    if (error instanceof SyntaxError) return false;
    throw error;
  }
}

/** Walks a text that is known to be JSON, without recursion: it may be nested as deep as it is long. */
class LeafReader {
  readonly #text: string;
  readonly #root: Reach;
  readonly #leaves: Leaf[] = [];
  readonly #removals: Removal[] = [];
  readonly #frames: Frame[] = [];
  #at = 0;

  constructor(text: string, root: Reach) {
    this.#text = text;
    this.#root = root;
  }

  read(): JsonLeaves {
    for (this.#skip(SPACE); this.#at < this.#text.length; this.#skip(SPACE)) this.#token();
    return { leaves: this.#leaves, removals: this.#removals };
  }

  #token(): void {
    const character = this.#text[this.#at];
    const frame = this.#frames.at(-1);
    if (character === ',' || character === ':') {
      this.#at += 1;
    } else if (character === '}' || character === ']') {
      this.#frames.pop();
      this.#at += 1;
    } else if (frame !== undefined && !frame.list && frame.key === undefined) {
      frame.key = this.#leaf('key', []);
    } else {
      this.#value(character, this.#reachOf(frame));
    }
  }

  #reachOf(frame: Frame | undefined): Reach {
    if (frame === undefined) return this.#root;
    const taken = frame.list ? frame.place : (frame.key ?? '');
    frame.place += 1;
    frame.key = undefined;
    return stepInto(frame.reach, taken);
  }

  #value(character: string | undefined, reach: Reach): void {
    const path = arrivedBy(reach);
    if (path !== undefined) {
      const start = this.#at;
      this.#passOver();
      this.#removals.push({ start, end: this.#at, rule: path.rule });
    } else if (character === '{' || character === '[') {
      this.#frames.push({ reach, list: character === '[', place: 0, key: undefined });
      this.#at += 1;
    } else if (character === '"') {
      this.#leaf('string', reach);
    } else if (character === 't' || character === 'f' || character === 'n') {
      this.#skip(BARE);
    } else {
      this.#leaf('number', reach);
    }
  }

  #leaf(kind: Leaf['kind'], reach: Reach): string {
    const start = this.#at;
    if (kind === 'number') this.#skip(BARE);
    else this.#skipString();
    const raw = this.#text.slice(start, this.#at);
    const says: string = kind === 'number' ? raw : JSON.parse(raw);
    this.#leaves.push({ start, end: this.#at, kind, says, reach });
    return says;
  }

  /** To behind a value, whatever is in it. */
  #passOver(): void {
    let depth = 0;
    do {
      this.#skip(SPACE);
      const character = this.#text[this.#at];
      if (character === '"') this.#skipString();
      else if (character === ',' || character === ':') this.#at += 1;
      else if (character === '{' || character === '[') {
        depth += 1;
        this.#at += 1;
      } else if (character === '}' || character === ']') {
        depth -= 1;
        this.#at += 1;
      } else this.#skip(BARE);
    } while (depth > 0);
  }

  /** To behind the closing quotation mark: the first with an even number of reverse solidi before it. */
  #skipString(): void {
    let escapes: number;
    let close = this.#at;
    do {
      close = this.#text.indexOf('"', close + 1);
      for (escapes = 0; this.#text[close - 1 - escapes] === '\\'; ) escapes += 1;
    } while (escapes % 2 === 1);
    this.#at = close + 1;
  }

  #skip(pattern: RegExp): void {
    pattern.lastIndex = this.#at;
    this.#at += pattern.exec(this.#text)?.[0].length ?? 0;
  }
}
