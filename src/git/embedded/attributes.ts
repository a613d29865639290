import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { errorCode, isAbsent } from '../files.ts';
import { below, type PathPattern, pathPattern } from './patterns.ts';

/** An attribute's state: set, unset (`-text`), or with a value. Unspecified ones are not there at all. */
export type Attribute = true | false | string;

/** The attributes of one path, by name. */
export type Attributes = ReadonlyMap<string, Attribute>;

/** One assignment of a line; `undefined` for `!text`, which makes it unspecified. */
type Assignment = readonly [name: string, state: Attribute | undefined];

interface Rule {
  readonly pattern: PathPattern;
  readonly assignments: readonly Assignment[];
}

/** One attributes file: `folder` is where its patterns begin, `''` for the top. */
interface AttributeFile {
  readonly folder: string;
  readonly rules: readonly Rule[];
  readonly macros: ReadonlyMap<string, readonly Assignment[]>;
}

/** git reads no longer lines (ATTR_MAX_LINE_LENGTH). */
const LONGEST_LINE = 2048;

const BUILT_IN: AttributeFile = {
  folder: '',
  rules: [],
  macros: new Map([
    [
      'binary',
      [
        ['diff', false],
        ['merge', false],
        ['text', false],
      ],
    ],
  ]),
};

export interface AttributeSources {
  /** The working tree's top. */
  readonly root: string;
  /** Files that count less than any `.gitattributes`, the weakest first. */
  readonly outer: readonly string[];
  /** `info/attributes`, which counts most. */
  readonly info: string;
  readonly ignoreCase: boolean;
}

/** Answers the attributes of paths; each file is read once. Source: gitattributes(5). */
export class AttributeReader {
  private readonly sources: AttributeSources;
  private readonly files = new Map<string, Promise<AttributeFile>>();

  constructor(sources: AttributeSources) {
    this.sources = sources;
  }

  async of(path: string): Promise<Attributes> {
    const { root, outer, info } = this.sources;
    const segments = path.split('/');
    const folders = segments.map((_, index) => segments.slice(0, index).join('/'));
    const files = await Promise.all([
      Promise.resolve(BUILT_IN),
      ...outer.map((file) => this.load(file, '', true, false)),
      ...folders.map((folder) =>
        this.load(join(root, folder, '.gitattributes'), folder, folder === '', true),
      ),
      this.load(info, '', true, false),
    ]);
    return collect(path, files.reverse());
  }

  private load(file: string, folder: string, macros: boolean, inTree: boolean): Promise<AttributeFile> {
    let loaded = this.files.get(file);
    if (loaded === undefined) {
      loaded = readText(file, inTree).then((text) => parse(text, folder, macros, this.sources.ignoreCase));
      this.files.set(file, loaded);
    }
    return loaded;
  }
}

/** A `.gitattributes` that is a symbolic link is not followed. */
async function readText(file: string, inTree: boolean): Promise<string> {
  try {
    const handle = await open(file, constants.O_RDONLY | (inTree ? (constants.O_NOFOLLOW ?? 0) : 0));
    try {
      return await handle.readFile('utf8');
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (isAbsent(error) || ['ELOOP', 'EISDIR'].includes(errorCode(error))) {
      return '';
    }
    throw error;
  }
}

function parse(text: string, folder: string, macrosAllowed: boolean, ignoreCase: boolean): AttributeFile {
  const rules: Rule[] = [];
  const macros = new Map<string, readonly Assignment[]>();
  for (const raw of text.replace(/^\ufeff/, '').split('\n')) {
    const line = raw.replace(/^[ \t\r]+|[ \t\r]+$/g, '');
    if (line === '' || line.startsWith('#') || Buffer.byteLength(raw) >= LONGEST_LINE) {
      continue;
    }
    const macro = /^\[attr\]([^ \t]+)[ \t]*(.*)$/s.exec(line);
    const [pattern, rest] = macro === null ? splitPattern(line) : [macro[1] ?? '', macro[2] ?? ''];
    const assignments = parseAssignments(rest);
    if (assignments === undefined) {
      continue;
    }
    if (macro !== null) {
      if (macrosAllowed && isName(pattern)) {
        macros.set(pattern, assignments);
      }
    } else if (!pattern.startsWith('!')) {
      // git warns of negative patterns and skips them.
      rules.push({ pattern: pathPattern(pattern, ignoreCase), assignments });
    }
  }
  return { folder, rules, macros };
}

const C_ESCAPES: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
};

/** A pattern that begins with a double quote is quoted as in C. */
function splitPattern(line: string): readonly [pattern: string, rest: string] {
  const quoted = /^"((?:[^"\\]|\\(?:[abfnrtv"\\]|[0-3][0-7]{2}))*)"(.*)$/s.exec(line);
  if (quoted === null) {
    const end = line.search(/[ \t\r]/);
    return end === -1 ? [line, ''] : [line.slice(0, end), line.slice(end)];
  }
  const bytes = Buffer.from(quoted[1] ?? '', 'utf8')
    .toString('latin1')
    .replace(/\\([0-3][0-7]{2}|.)/gs, (_, code: string) =>
      code.length === 3 ? String.fromCharCode(Number.parseInt(code, 8)) : (C_ESCAPES[code] ?? code),
    );
  return [Buffer.from(bytes, 'latin1').toString('utf8'), quoted[2] ?? ''];
}

/** `undefined` where one of the names is none: git then leaves the whole line out. */
function parseAssignments(text: string): readonly Assignment[] | undefined {
  const assignments: Assignment[] = [];
  for (const word of text.split(/[ \t\r]+/).filter((each) => each !== '')) {
    const equals = word.indexOf('=');
    const prefix = /^[-!]/.exec(word)?.[0] ?? '';
    const name = word.slice(prefix.length, equals === -1 ? undefined : equals);
    if (!isName(name)) {
      return undefined;
    }
    const value = prefix === '-' ? false : equals === -1 ? true : word.slice(equals + 1);
    assignments.push([name, prefix === '!' ? undefined : value]);
  }
  return assignments;
}

function isName(name: string): boolean {
  return /^[A-Za-z0-9._][A-Za-z0-9._-]*$/.test(name);
}

/** @param files the strongest first; within a file the last line counts most, within a line the last word */
function collect(path: string, files: readonly AttributeFile[]): Attributes {
  const states = new Map<string, Attribute | undefined>();
  const assign = (assignments: readonly Assignment[]): void => {
    for (const [name, state] of [...assignments].reverse()) {
      if (!states.has(name)) {
        states.set(name, state);
        const macro =
          state === true ? files.find((file) => file.macros.has(name))?.macros.get(name) : undefined;
        assign(macro ?? []);
      }
    }
  };
  for (const file of files) {
    const name = below(file.folder, path);
    for (const { pattern, assignments } of [...file.rules].reverse()) {
      if (name !== undefined && !pattern.foldersOnly && pattern.matches(name)) {
        assign(assignments);
      }
    }
  }
  const known = new Map<string, Attribute>();
  for (const [name, state] of states) {
    if (state !== undefined) {
      known.set(name, state);
    }
  }
  return known;
}
