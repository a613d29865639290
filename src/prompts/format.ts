import {
  type Document,
  isMap,
  isScalar,
  isSeq,
  type Node,
  type Pair,
  type Scalar,
  visit,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml';
import { Failure } from '../failure.ts';
import { inspectPrompt } from './parse.ts';
import { samePlain } from './plain-value.ts';
import { FILE_KEYS, INPUT_KEYS, MESSAGE_KEYS } from './schema.ts';

/** Width 0: no line is folded, as folding moves words that nobody changed. */
const LAYOUT = { lineWidth: 0, minContentWidth: 0, indent: 2 } as const;

/**
 * A prompt file in the canonical layout: keys in the schema's order and unknown ones after them, text of several lines
 * as block literals, comments kept, LF, one newline at the end. Says the same as before, and is itself left as it is.
 * @throws Failure where the file has errors, or cannot be laid out anew without changing what it says.
 */
export function formatPrompt(text: string): string {
  const original = inspect(text.replaceAll('\r\n', '\n'));
  let formatted = layOut(original.document);
  // A comment may find its final place only on a second reading.
  for (let round = 0; round < 3; round++) {
    const again = inspect(formatted);
    if (!samePlain(original.value, again.value)) break;
    const next = layOut(again.document);
    if (next === formatted) return formatted;
    formatted = next;
  }
  throw new Failure(
    'the file cannot be formatted without changing what it says: simplify its comments and quoting',
  );
}

function inspect(text: string) {
  const { tree, prompt, faults } = inspectPrompt(new TextEncoder().encode(text));
  if (tree !== undefined && prompt !== undefined) return tree;
  const error = faults.find((fault) => fault.severity === 'error');
  throw new Failure(
    `the file has errors and is left as it is (${error?.message}): promptaudit lint lists them`,
  );
}

function layOut(document: Document.Parsed): string {
  const root = document.contents;
  if (!isMap(root)) return document.toString(LAYOUT);
  if (document.directives !== undefined) document.directives.docStart = null;
  const file = root as YAMLMap<Node, Node | null>;
  settleTopComment(document, file);
  for (const part of knownParts(file)) toBlock(part);
  // An alias must stay behind its anchor.
  if (!hasAlias(document)) {
    arrange(file, FILE_KEYS);
    for (const message of itemsOf(valueAt(file, 'messages'))) arrange(message, MESSAGE_KEYS);
    for (const input of itemsOf(valueAt(file, 'inputs'))) arrange(input, INPUT_KEYS);
  }
  visit(document, {
    Scalar: (key, scalar) => {
      if (key !== 'key' && readsBetterAsBlock(scalar)) scalar.type = 'BLOCK_LITERAL';
    },
  });
  return document.toString(LAYOUT);
}

/**
 * The reader gives all comments at the top to the first key, which may be about to move. What stands above a blank line
 * is the file's, and so is a lone comment; what stands directly above the first key, below another comment, is the key's.
 */
function settleTopComment(document: Document.Parsed, root: YAMLMap<Node, Node | null>): void {
  const first = root.items[0]?.key;
  if (first === undefined) return;
  const comments = [root.commentBefore, first.commentBefore].filter(Boolean).join('\n');
  const blank = comments.lastIndexOf('\n\n');
  if (blank !== -1) {
    document.commentBefore = [document.commentBefore, comments.slice(0, blank)].filter(Boolean).join('\n\n');
  }
  const isFiles = blank === -1 && !document.commentBefore;
  root.commentBefore = isFiles ? comments : null;
  first.commentBefore = isFiles ? null : comments.slice(blank === -1 ? 0 : blank + 2);
}

/** The collections that the format itself is made of. */
function knownParts(file: YAMLMap<Node, Node | null>): readonly (YAMLMap | YAMLSeq)[] {
  const parts = ['modelParameters', 'inputs', 'messages'].map((key) => valueAt(file, key));
  return [file, ...parts.filter((part) => isMap(part) || isSeq(part)), ...itemsOf(valueAt(file, 'messages'))];
}

/** A comment behind the closing bracket would be taken for one about what follows. */
function toBlock(part: YAMLMap | YAMLSeq): void {
  if (part.flow !== true) return;
  part.flow = false;
  if (typeof part.comment !== 'string') return;
  part.commentBefore = [part.commentBefore, part.comment].filter(Boolean).join('\n');
  part.comment = null;
}

function valueAt(map: YAMLMap<Node, Node | null>, key: string): Node | null | undefined {
  return map.items.find((pair) => isScalar(pair.key) && pair.key.value === key)?.value;
}

/** The maps among the items of a list, or among the values of a map. */
function itemsOf(node: Node | null | undefined): readonly YAMLMap<Node, Node | null>[] {
  const items = isSeq(node) ? node.items : isMap(node) ? node.items.map((pair) => pair.value) : [];
  return items.filter((item): item is YAMLMap<Node, Node | null> => isMap(item));
}

function arrange(map: YAMLMap<Node, Node | null>, order: readonly string[]): void {
  const rank = (pair: Pair<Node, Node | null>): number => {
    const place = isScalar(pair.key) ? order.indexOf(String(pair.key.value)) : -1;
    return place === -1 ? order.length : place;
  };
  map.items.sort((one, other) => rank(one) - rank(other));
  const first = map.items[0]?.key;
  if (first !== undefined) first.spaceBefore = false;
}

function hasAlias(document: Document.Parsed): boolean {
  let found = false;
  visit(document, {
    Alias: () => {
      found = true;
      return visit.BREAK;
    },
  });
  return found;
}

/**
 * Quoted text is left quoted where a block would hide what it holds: spaces at the ends of lines, odd characters; and any
 * text is left as it is where its comment has several lines, as a block's header has room for one.
 */
function readsBetterAsBlock({ value, type, comment, commentBefore }: Scalar): boolean {
  if (typeof value !== 'string' || commentBefore || comment?.includes('\n')) return false;
  if (type === 'BLOCK_FOLDED') return true;
  return value.includes('\n') && !/[ \t](?:\n|$)|^[ \t\n]|(?!\n)\p{Cc}|\p{Cf}|\p{Zl}|\p{Zp}/u.test(value);
}
