import {
  Document,
  isAlias,
  isCollection,
  isMap,
  isNode,
  isPair,
  isScalar,
  isSeq,
  type Node,
  parseDocument,
  type Scalar,
  visit,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml';
import { Failure } from '../failure.ts';

type Path = readonly (string | number)[];

const LAYOUT = { lineWidth: 0, flowCollectionPadding: false } as const;

/**
 * A YAML text whose parts are changed in place, so that comments and layout stay as somebody wrote them. Where a part is
 * written in a way that cannot be added to in place, the whole text is written anew, comments kept.
 */
export class YamlEdit {
  #text: string;
  #document: Document.Parsed;

  /** @throws Failure where the text is not YAML */
  constructor(text: string) {
    this.#text = text;
    this.#document = parse(text);
  }

  get text(): string {
    return this.#text;
  }

  /** The plain value at a path; `undefined` where there is none. */
  get(path: Path): unknown {
    const node = this.#node(path);
    return node === undefined ? undefined : node.toJS(this.#document);
  }

  /** Adds a key, which is not there yet, at the end of a map; makes the map where it is missing. */
  addKey(path: Path, key: string, value: unknown): void {
    const map = this.#node(path);
    const last = isMap(map) ? map.items.at(-1) : undefined;
    if (isMap(map) && map.flow) {
      this.#addToFlow(map, last && (endOf(last.value) ?? endOf(last.key)), `${flow(key)}: ${flow(value)}`);
    } else if (isMap(map) && last !== undefined) {
      this.#insertLines(endOf(map) ?? 0, render({ [key]: value }), this.#column(map));
    } else {
      this.#rewrite((document) => document.setIn([...path, key], value));
    }
  }

  /** Adds an item at the end of a list; makes the list where it is missing. */
  addItem(path: Path, value: unknown): void {
    const list = this.#node(path);
    if (list === undefined) {
      this.addKey(path.slice(0, -1), String(path.at(-1)), [value]);
    } else if (isSeq(list) && list.flow) {
      this.#addToFlow(list, endOf(list.items.at(-1)), flow(value));
    } else if (isSeq(list) && list.items.length > 0) {
      this.#insertLines(endOf(list) ?? 0, render([value]), this.#column(list));
    } else {
      this.#rewrite((document) => document.setIn(path, [value]));
    }
  }

  /** Puts another value in the place of a scalar. */
  replace(path: Path, value: unknown): void {
    const node = this.#node(path);
    if (isScalar(node) && node.range) this.#splice(node.range[0], node.range[1], inline(value));
    else this.#rewrite((document) => document.setIn(path, value));
  }

  #node(path: Path): Node | undefined {
    let node: unknown = this.#document.contents;
    for (const step of path) {
      if (isAlias(node)) break;
      node = isCollection(node) ? node.get(step, true) : undefined;
    }
    if (isAlias(node))
      throw new Failure('the part of the file to change is an alias of another part: edit it by hand');
    return isNode(node) ? node : undefined;
  }

  #column(node: Node): number {
    const offset = node.range?.[0] ?? 0;
    return offset - (this.#text.lastIndexOf('\n', offset - 1) + 1);
  }

  /** `lastEnd`: where the last of the collection's parts ends; `undefined` where it is empty. */
  #addToFlow(collection: Node, lastEnd: number | undefined, part: string): void {
    const start = (collection.range?.[0] ?? 0) + 1;
    if (lastEnd === undefined) this.#splice(start, start, part);
    else this.#splice(lastEnd, lastEnd, `, ${part}`);
  }

  /** Puts lines after the line that ends at `offset` or goes on there. */
  #insertLines(offset: number, block: string, indent: number): void {
    const eol = this.#text.includes('\r\n') ? '\r\n' : '\n';
    const lines = block
      .trimEnd()
      .split('\n')
      .map((line) => `${' '.repeat(indent)}${line}${eol}`);
    const newline = this.#text.indexOf('\n', Math.max(0, offset - 1));
    const at = newline < 0 ? this.#text.length : newline + 1;
    this.#splice(at, at, `${newline < 0 ? eol : ''}${lines.join('')}`);
  }

  #splice(from: number, to: number, insert: string): void {
    this.#set(`${this.#text.slice(0, from)}${insert}${this.#text.slice(to)}`);
  }

  #rewrite(change: (document: Document) => void): void {
    change(this.#document);
    this.#set(this.#document.toString(LAYOUT));
  }

  #set(text: string): void {
    this.#text = text;
    this.#document = parse(text);
  }
}

function parse(text: string): Document.Parsed {
  const document = parseDocument(text, { prettyErrors: false, logLevel: 'error' });
  const [error] = document.errors;
  if (error === undefined) return document;
  throw new Failure(`the file is not valid YAML, so it is left as it is: ${error.message}`);
}

/** Where the text of a value ends: of a collection in block style, its last value's. */
function endOf(node: unknown): number | undefined {
  if (isCollection(node) && !node.flow) {
    const last: unknown = (node as YAMLMap | YAMLSeq).items.at(-1);
    return isPair(last) ? (endOf(last.value) ?? endOf(last.key)) : endOf(last);
  }
  return isNode(node) && node.range ? node.range[1] : undefined;
}

/** A value as block YAML: words in lists on one line, other texts in lists in quotes. */
function render(value: unknown): string {
  const document = new Document(value);
  visit(document, {
    Seq: (_, list) => {
      list.flow = list.items.every((item) => isScalar(item) && isWord(item));
      for (const item of list.items) {
        if (isScalar(item) && typeof item.value === 'string' && !isWord(item)) item.type = 'QUOTE_DOUBLE';
      }
    },
  });
  return document.toString(LAYOUT);
}

function isWord({ value }: Scalar): boolean {
  return typeof value === 'string' && /^[a-z]+$/.test(value);
}

function inline(value: unknown): string {
  return typeof value === 'string' ? render(value).trimEnd() : flow(value);
}

/** A value on one line, for anywhere. */
function flow(value: unknown): string {
  if (typeof value === 'string') return /^[A-Za-z]+$/.test(value) ? value : JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(flow).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  return `{ ${Object.entries(value)
    .map(([key, one]) => `${flow(key)}: ${flow(one)}`)
    .join(', ')} }`;
}
