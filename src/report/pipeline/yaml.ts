/** A text as a double-quoted scalar, which every reader of YAML takes for that text and for nothing else. */
export function quoted(text: string): string {
  return JSON.stringify(text);
}

/** Texts as a list on one line. */
export function list(texts: readonly string[]): string {
  return `[${texts.map(quoted).join(', ')}]`;
}

/** Lines as a literal block, one step further in than `indent`, with its mark. */
export function block(lines: readonly string[], indent: string): string {
  return `|\n${lines.map((line) => `${indent}  ${line}`).join('\n')}`;
}
