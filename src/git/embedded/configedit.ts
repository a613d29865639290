import { Failure } from '../../failure.ts';
import { parseConfigFile } from './configfile.ts';

/**
 * The text of a configuration file in which `key` has `value`; all other lines stay as they are.
 * `set` replaces every value of the key, `add` appends one unless it is there.
 *
 * @param file its name, for messages
 * @throws Failure for a key or a value that cannot be written
 */
export function editConfig(
  text: string,
  file: string,
  key: string,
  value: string,
  mode: 'set' | 'add',
): string {
  const { section, subsection, name } = splitKey(key);
  if (value.includes('\0')) {
    throw new Failure(`the value of ${key} holds a NUL, which no git configuration can`);
  }
  const wanted = subsection === undefined ? section : `${section}.${subsection}`;
  const full = `${wanted}.${name.toLowerCase()}`;
  const { lines, sections } = parseConfigFile(text, file);
  const present = lines.filter((line) => line.key === full);
  if (mode === 'add' && present.some((line) => line.value === value)) {
    return text;
  }
  const written = `${name} = ${quote(value)}`;
  if (mode === 'set' && present.length > 0) {
    return present.reduceRight((edited, line, index) => {
      const kept = index === present.length - 1 ? written : '';
      return edited.slice(0, line.start) + kept + edited.slice(line.end);
    }, text);
  }
  const place = sections.findLast((each) => each.name === wanted);
  if (place !== undefined) {
    const lineEnd = text.indexOf('\n', place.end);
    const at = lineEnd === -1 ? text.length : lineEnd;
    return `${text.slice(0, at)}\n\t${written}${text.slice(at)}`;
  }
  const before = text === '' || text.endsWith('\n') ? text : `${text}\n`;
  const header =
    subsection === undefined ? `[${section}]` : `[${section} "${subsection.replace(/["\\]/g, '\\$&')}"]`;
  return `${before}${header}\n\t${written}\n`;
}

interface KeyParts {
  /** Lower case. */
  readonly section: string;
  readonly subsection: string | undefined;
  readonly name: string;
}

function splitKey(key: string): KeyParts {
  const match = /^([A-Za-z0-9-]+)(?:\.([^\n\0]*))?\.([A-Za-z][A-Za-z0-9-]*)$/.exec(key);
  if (match === null) {
    throw new Failure(`${JSON.stringify(key)} is no key of git's configuration`);
  }
  return { section: (match[1] ?? '').toLowerCase(), subsection: match[2], name: match[3] ?? '' };
}

const ESCAPES: Readonly<Record<string, string>> = {
  '\n': '\\n',
  '\t': '\\t',
  '\b': '\\b',
  '"': '\\"',
  '\\': '\\\\',
};

function quote(value: string): string {
  const escaped = value.replace(/[\n\t\b"\\]/g, (char) => ESCAPES[char] ?? char);
  return /^ | $|[;#\r]/.test(value) ? `"${escaped}"` : escaped;
}
