import { sanitize } from './text.ts';

/** What of the characters that `sanitize` lets stand XML 1.0 forbids (section 2.2, production 2). */
const FORBIDDEN = /[\ufffe\uffff]/g;

const ENTITIES = new Map([
  ['&', '&amp;'],
  ['<', '&lt;'],
  ['>', '&gt;'],
  ['"', '&quot;'],
]);

/**
 * One line of untrusted text as XML 1.0 character data or attribute value. Controls and what else XML has no room for
 * are shown as the terminal shows them (`\x1b`), so that nothing is lost.
 */
function xmlText(raw: string): string {
  return sanitize(raw)
    .replace(FORBIDDEN, (char) => `\\u${char.charCodeAt(0).toString(16)}`)
    .replace(/[&<>"]/g, (char) => ENTITIES.get(char) ?? char);
}

/** `<name a="1" b="2">`; attributes are escaped. */
export function startTag(name: string, attributes: Readonly<Record<string, string | number>>): string {
  const written = Object.entries(attributes).map(([key, value]) => ` ${key}="${xmlText(String(value))}"`);
  return `<${name}${written.join('')}>`;
}

/** A whole element with lines of text in it, or `<name a="1"/>` where there are none. */
export function element(
  name: string,
  attributes: Readonly<Record<string, string | number>>,
  lines: readonly string[] = [],
): string {
  const start = startTag(name, attributes);
  if (lines.length === 0) return `${start.slice(0, -1)}/>`;
  return `${start}${lines.map(xmlText).join('\n')}</${name}>`;
}
