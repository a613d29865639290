import { Failure } from '../../failure.ts';

/** One `name = value` line. Offsets count UTF-16 units of the text it was parsed from. */
interface ConfigLine {
  /** `section.subsection.name`, section and name in lower case. */
  readonly key: string;
  /** `undefined` for a name with no `=`, which a boolean reads as true. */
  readonly value: string | undefined;
  /** Where the name begins and where the value's text ends (before the line break). */
  readonly start: number;
  readonly end: number;
}

/** A `[section "subsection"]` header. */
interface ConfigSection {
  /** `section` or `section.subsection`, the section in lower case. */
  readonly name: string;
  /** Where new lines of this section go: after its header, or its last line. */
  readonly end: number;
}

export interface ParsedConfig {
  readonly lines: readonly ConfigLine[];
  readonly sections: readonly ConfigSection[];
}

/**
 * Parses one configuration file. Source: git-config(1), "Syntax".
 *
 * @param file its name, for the message
 * @throws Failure that names the file and the line
 */
export function parseConfigFile(text: string, file: string): ParsedConfig {
  return new ConfigParser(text, file).parse();
}

/** The white space of git's own character table, which has no vertical tab, no form feed, nothing beyond ASCII. */
const BLANK = /[ \t\r\n]/;

const ESCAPES: Readonly<Record<string, string>> = { t: '\t', b: '\b', n: '\n', '\\': '\\', '"': '"' };

class ConfigParser {
  private readonly text: string;
  private readonly file: string;
  private at = 0;

  constructor(text: string, file: string) {
    this.text = text;
    this.file = file;
  }

  parse(): ParsedConfig {
    const lines: ConfigLine[] = [];
    const sections: { name: string; end: number }[] = [];
    this.at = this.text.startsWith('\ufeff') ? 1 : 0;
    for (let char = this.peek(); char !== ''; char = this.peek()) {
      if (BLANK.test(char)) {
        this.at += 1;
      } else if (char === '#' || char === ';') {
        this.skipLine();
      } else if (char === '[') {
        sections.push({ name: this.header(), end: this.at });
      } else {
        const section = sections.at(-1);
        const line = this.line(section);
        if (section !== undefined) {
          section.end = line.end;
        }
        lines.push(line);
      }
    }
    return { lines, sections };
  }

  /** The character here, or `''` at the end of the text. */
  private peek(): string {
    return this.text.charAt(this.at);
  }

  private failure(what: string): Failure {
    const line = this.text.slice(0, this.at).split('\n').length;
    return new Failure(`bad git configuration in ${this.file}, line ${line}: ${what}`);
  }

  private skipLine(): void {
    const end = this.text.indexOf('\n', this.at);
    this.at = end === -1 ? this.text.length : end;
  }

  private atLineEnd(): boolean {
    return this.peek() === '' || this.peek() === '\n' || this.text.startsWith('\r\n', this.at);
  }

  private header(): string {
    const match = /^\[([A-Za-z0-9.-]+)(?:[ \t]+"((?:[^"\\\n]|\\[^\n])*)")?\]/.exec(this.restOfLine());
    if (match === null) {
      throw this.failure('a section is written [name] or [name "subsection"]');
    }
    this.at += match[0].length;
    const section = (match[1] ?? '').toLowerCase();
    return match[2] === undefined ? section : `${section}.${match[2].replace(/\\(.)/g, '$1')}`;
  }

  private restOfLine(): string {
    const end = this.text.indexOf('\n', this.at);
    return this.text.slice(this.at, end === -1 ? undefined : end);
  }

  private line(section: ConfigSection | undefined): ConfigLine {
    const start = this.at;
    const name = /^[A-Za-z][A-Za-z0-9-]*/.exec(this.restOfLine())?.[0];
    if (name === undefined) {
      throw this.failure('a name begins with a letter');
    }
    this.at += name.length;
    const key = `${section === undefined ? '' : `${section.name}.`}${name.toLowerCase()}`;
    let end = this.at;
    while (this.peek() === ' ' || this.peek() === '\t') {
      this.at += 1;
    }
    if (this.atLineEnd()) {
      return { key, value: undefined, start, end };
    }
    if (this.peek() !== '=') {
      throw this.failure(`"=" expected after ${name}`);
    }
    this.at += 1;
    const value = this.value();
    end = this.at;
    return { key, value, start, end };
  }

  /** The rest of the line, and of the lines that a trailing backslash joins to it; ends before the line break. */
  private value(): string {
    let value = '';
    /** Length without the blanks at the end, which do not count unless something follows them. */
    let trimmed = 0;
    let quoted = false;
    while (!this.atLineEnd()) {
      const char = this.peek();
      if (char === '\\') {
        this.at += 1;
        if (this.atLineEnd()) {
          this.at += this.peek() === '\r' ? 2 : 1;
        } else {
          const meant = ESCAPES[this.peek()];
          if (meant === undefined) {
            throw this.failure(`\\${this.peek()} is not an escape`);
          }
          value += meant;
          this.at += 1;
        }
        trimmed = value.length;
        continue;
      }
      if (!quoted && (char === '#' || char === ';')) {
        this.skipLine();
        break;
      }
      this.at += 1;
      if (char === '"') {
        quoted = !quoted;
        trimmed = value.length;
      } else if (quoted || !BLANK.test(char)) {
        value += char;
        trimmed = value.length;
      } else if (value !== '') {
        value += char;
      }
    }
    if (quoted) {
      throw this.failure('a quote is not closed');
    }
    return value.slice(0, trimmed);
  }
}
