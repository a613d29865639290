/**
 * Characters that JSON lets stand as they are and a terminal or an editor may act upon: DEL, the C1 controls, and those
 * that reorder, hide or break a line. `JSON.stringify` escapes the others itself.
 */
const UNSAFE = /[\x7f-\x9f\p{Cf}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu;

/** One JSON document, indented, ended by a newline. The same value as ever, with unsafe characters written as `\uXXXX`. */
export function jsonDocument(document: object): string {
  return `${escapeUnsafe(JSON.stringify(document, null, 2))}\n`;
}

/** A JSON value on one line, without a newline. */
export function jsonLine(value: object): string {
  return escapeUnsafe(JSON.stringify(value));
}

function escapeUnsafe(json: string): string {
  return json.replace(UNSAFE, (char) => {
    let escaped = '';
    for (let unit = 0; unit < char.length; unit++) {
      escaped += `\\u${char.charCodeAt(unit).toString(16).padStart(4, '0')}`;
    }
    return escaped;
  });
}
