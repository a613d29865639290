import {
  type Alias,
  Composer,
  type CST,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  Lexer,
  type Node,
  type Pair,
  Parser,
  type Scalar,
  type YAMLMap,
} from 'yaml';
import type { Fault } from './fault.ts';
import { hiddenInEscapes } from './file-text.ts';
import type { PlainValue } from './model.ts';

/** One YAML document that is a tree of plain values, and where each of them stands. */
export interface YamlTree {
  readonly document: Document.Parsed;
  readonly value: PlainValue;
  /** What stands at a path; where the path leads nowhere, the last node on the way. Aliases are followed. */
  locate(path: readonly (string | number)[]): Located;
}

interface Located {
  /** The key of the last step, where that step is in a map. */
  readonly key: Scalar | undefined;
  readonly node: Node | null;
  /** Where the key begins, else the node. */
  readonly offset: number;
}

// The composer recurses and the parser keeps every token: depth and tokens are counted before the composer sees any.
const MAX_DEPTH = 100;
const MAX_TOKENS = 100_000;
const MAX_ALIASES = 100;

/** Reads YAML 1.2 (core schema) strictly. Every fault is an error; with faults of single nodes there is a tree nevertheless. */
export function readYamlTree(text: string): { tree: YamlTree | undefined; faults: readonly Fault[] } {
  const document = compose(text);
  if ('code' in document) return { tree: undefined, faults: [document] };
  const faults = document.errors.map((error) => fault('yaml/syntax', error.pos[0], firstLine(error.message)));
  if (faults.length > 0) return { tree: undefined, faults };
  const { faults: found, targets } = new TreeCheck(document.contents);
  const expansion = new Expansion(targets);
  const value = expansion.plain(document.contents, 0);
  if (expansion.fault !== undefined) return { tree: undefined, faults: [...found, expansion.fault] };
  return { tree: { document, value, locate: locator(document, targets) }, faults: found };
}

function compose(text: string): Document.Parsed | Fault {
  const tokens: CST.Token[] = [];
  const parser = new Parser();
  let count = 0;
  for (const source of new Lexer().lex(text)) {
    for (const token of parser.next(source)) tokens.push(token);
    count += 1;
    if (count > MAX_TOKENS)
      return fault('yaml/too-complex', parser.offset, `more than ${MAX_TOKENS} YAML tokens`);
    if (parser.stack.length > MAX_DEPTH)
      return fault('yaml/too-deep', parser.offset, 'maps and lists are nested too deeply');
  }
  for (const token of parser.end()) tokens.push(token);
  const directive = tokens.find((token) => token.type === 'directive');
  if (directive !== undefined) {
    return fault(
      'yaml/directive',
      directive.offset,
      'a YAML directive changes how the rest is read: remove it',
    );
  }
  const composer = new Composer({
    version: '1.2',
    uniqueKeys: false,
    prettyErrors: false,
    logLevel: 'silent',
  });
  const [document, another] = composer.compose(tokens, true, text.length);
  if (document === undefined) return fault('yaml/syntax', 0, 'there is no YAML document');
  if (another !== undefined) {
    const start = tokens.filter((token) => token.type === 'document')[1]?.offset ?? 0;
    return fault('yaml/multiple-documents', start, 'a second YAML document begins: a prompt file holds one');
  }
  return document;
}

const CORE_TAGS = new Set(
  ['str', 'int', 'float', 'bool', 'null', 'map', 'seq'].map((name) => `tag:yaml.org,2002:${name}`),
);

/** Looks at every node once: keys, tags, anchors and numbers. */
class TreeCheck {
  readonly faults: Fault[] = [];
  /** What each alias stands for. */
  readonly targets = new Map<Alias, Node>();
  readonly #anchors = new Map<string, Node>();
  readonly #open = new Set<Node>();

  constructor(root: Node | null) {
    this.#visit(root);
  }

  #visit(node: Node | null): void {
    if (node === null) return;
    if (isAlias(node)) {
      this.#alias(node);
      return;
    }
    if (node.tag !== undefined && !CORE_TAGS.has(node.tag)) {
      this.#report(
        'yaml/tag',
        node,
        `the tag ${node.tag} is not known: only those of YAML's core schema are`,
      );
    }
    if ((isScalar(node) || isMap(node) || isSeq(node)) && node.anchor !== undefined)
      this.#anchors.set(node.anchor, node);
    this.#open.add(node);
    if (isScalar(node)) this.#scalar(node);
    else if (isMap(node)) this.#map(node);
    else if (isSeq(node)) for (const item of node.items) this.#visit(item as Node | null);
    this.#open.delete(node);
  }

  #alias(alias: Alias): void {
    const target = this.#anchors.get(alias.source);
    if (target === undefined)
      this.#report('yaml/alias', alias, `*${alias.source} has no &${alias.source} before it`);
    else if (this.#open.has(target))
      this.#report('yaml/alias', alias, `*${alias.source} stands within what it stands for`);
    else this.targets.set(alias, target);
  }

  #scalar(scalar: Scalar): void {
    const { value } = scalar;
    if (typeof value === 'number' && !Number.isFinite(value)) {
      this.#report('yaml/number', scalar, 'a number must be finite');
    } else if (typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value)) {
      this.#report('yaml/number', scalar, 'the number is too large to be kept exactly: put it in quotes');
    }
    if (typeof value !== 'string' || scalar.type !== 'QUOTE_DOUBLE') return;
    const hidden = hiddenInEscapes(value);
    if (hidden !== undefined) this.#report('text/escape', scalar, hidden);
  }

  #map(map: YAMLMap): void {
    const seen = new Set<string>();
    for (const pair of map.items as Pair<Node | null, Node | null>[]) {
      this.#visit(pair.key);
      this.#key(pair.key, pair.key ?? map, seen);
      this.#visit(pair.value);
    }
  }

  #key(key: Node | null, place: Node, seen: Set<string>): void {
    if (!isScalar(key) || typeof key.value !== 'string') {
      const found = isScalar(key) && key.value !== null ? `the ${typeof key.value} ${key.value}` : 'no text';
      this.#report('yaml/key', place, `a key must be a string and this one is ${found}: put it in quotes`);
      return;
    }
    if (key.value === '__proto__') this.#report('yaml/key', place, 'no key may be called __proto__');
    if (seen.has(key.value))
      this.#report('yaml/duplicate-key', place, `the key ${key.value} stands here a second time`);
    seen.add(key.value);
  }

  #report(code: string, node: Node, message: string): void {
    this.faults.push(fault(code, node.range?.[0] ?? 0, message));
  }
}

/** Turns nodes into plain values, aliases followed, and gives up where few aliases stand for much. */
class Expansion {
  fault: Fault | undefined;
  readonly #targets: ReadonlyMap<Alias, Node>;
  #aliases = 0;

  constructor(targets: ReadonlyMap<Alias, Node>) {
    this.#targets = targets;
  }

  plain(node: Node | null, depth: number): PlainValue {
    if (node === null || this.fault !== undefined) return null;
    if (isAlias(node)) {
      this.#aliases += 1;
      if (this.#aliases > MAX_ALIASES || depth > MAX_DEPTH) {
        this.fault = fault(
          'yaml/alias-expansion',
          node.range?.[0] ?? 0,
          'aliases of aliases stand for too much',
        );
        return null;
      }
      return this.plain(this.#targets.get(node) ?? null, depth + 1);
    }
    if (isScalar(node)) return node.value as PlainValue;
    if (isSeq(node)) return node.items.map((item) => this.plain(item as Node | null, depth + 1));
    const map: Record<string, PlainValue> = {};
    for (const pair of (node as YAMLMap<Node | null, Node | null>).items) {
      const key = isScalar(pair.key) ? pair.key.value : undefined;
      if (typeof key === 'string' && key !== '__proto__') map[key] = this.plain(pair.value, depth + 1);
    }
    return map;
  }
}

function locator(document: Document.Parsed, targets: ReadonlyMap<Alias, Node>): YamlTree['locate'] {
  const indexes = new WeakMap<YAMLMap, Map<unknown, Pair>>();
  const pairOf = (map: YAMLMap, step: string | number): Pair | undefined => {
    const index =
      indexes.get(map) ??
      new Map(map.items.map((pair) => [isScalar(pair.key) ? pair.key.value : undefined, pair]));
    indexes.set(map, index);
    return index.get(step);
  };
  return (path) => {
    let node: Node | null = document.contents;
    let key: Scalar | undefined;
    let offset = node?.range?.[0] ?? 0;
    for (const step of path) {
      const pair = isMap(node) ? pairOf(node, step) : undefined;
      const next = isSeq(node) && typeof step === 'number' ? node.items[step] : pair?.value;
      if (next === undefined) break;
      key = pair?.key as Scalar | undefined;
      offset = (key ?? (next as Node | null))?.range?.[0] ?? offset;
      node = isAlias(next) ? (targets.get(next) ?? null) : (next as Node | null);
    }
    return { key, node, offset };
  };
}

function fault(code: string, offset: number, message: string): Fault {
  return { offset, severity: 'error', code, message };
}

function firstLine(message: string): string {
  return message.split('\n', 1)[0] ?? message;
}
