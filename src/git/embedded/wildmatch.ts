/** What one place of a pattern accepts. */
type Token =
  | { readonly kind: 'one'; readonly accepts: (char: string) => boolean }
  /** Any run of characters; `deep` ones cross `/`, and `skip` of them also stand for nothing, their `/` included. */
  | { readonly kind: 'run'; readonly deep: boolean; readonly skip: boolean };

const POSIX_CLASSES: Readonly<Record<string, RegExp>> = {
  alnum: /[0-9A-Za-z]/,
  alpha: /[A-Za-z]/,
  blank: /[ \t]/,
  // biome-ignore lint/suspicious/noControlCharactersInRegex: this is what the class `cntrl` means
  cntrl: /[\x00-\x1f\x7f]/,
  digit: /[0-9]/,
  graph: /[!-~]/,
  lower: /[a-z]/,
  print: /[ -~]/,
  punct: /[!-/:-@[-`{-~]/,
  space: /[ \t\n\v\f\r]/,
  upper: /[A-Z]/,
  xdigit: /[0-9A-Fa-f]/,
};

/** UTF-8 bytes, one character each: git's patterns match bytes, so `?` is half an `é`. */
function byteString(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}

/**
 * Compiles one of git's path patterns: `*`, `?` and `[…]` stop at `/`; `**` between slashes does not.
 * All partial matches advance together, so time is bounded by pattern length times text length however many `*` there are.
 * Source: gitignore(5), git's wildmatch with WM_PATHNAME.
 */
export function wildmatch(pattern: string, ignoreCase: boolean): (text: string) => boolean {
  const tokens = tokenize(byteString(pattern), ignoreCase);
  if (tokens === undefined) {
    return () => false;
  }
  return (text) => {
    let places = closure(tokens, new Set([0]));
    for (const char of byteString(text)) {
      const next = new Set<number>();
      for (const place of places) {
        const token = tokens[place];
        if (token?.kind === 'one' && token.accepts(char)) {
          next.add(place + 1);
        } else if (token?.kind === 'run' && (token.deep || char !== '/')) {
          next.add(place);
        }
      }
      places = closure(tokens, next);
    }
    return places.has(tokens.length);
  };
}

/** Every place reachable without reading a character. The set grows while it is walked. */
function closure(tokens: readonly Token[], places: Set<number>): Set<number> {
  for (const place of places) {
    const token = tokens[place];
    if (token?.kind === 'run') {
      places.add(place + 1);
      if (token.skip) {
        places.add(place + 2);
      }
    }
  }
  return places;
}

/** `undefined` for a pattern that can match nothing: an unclosed bracket, a lone backslash at the end. */
function tokenize(pattern: string, ignoreCase: boolean): readonly Token[] | undefined {
  const tokens: Token[] = [];
  for (let at = 0; at < pattern.length; ) {
    const char = pattern.charAt(at);
    if (char === '*') {
      let end = at + 1;
      while (pattern[end] === '*') {
        end += 1;
      }
      const stands = at === 0 || pattern[at - 1] === '/';
      const ends = end === pattern.length || pattern[end] === '/' || pattern.startsWith('\\/', end);
      const deep = end - at >= 2 && stands && ends;
      tokens.push({ kind: 'run', deep, skip: deep && pattern[end] === '/' });
      at = end;
    } else if (char === '[') {
      const set = bracket(pattern, at, ignoreCase);
      if (set === undefined) {
        return undefined;
      }
      tokens.push({ kind: 'one', accepts: set.accepts });
      at = set.end;
    } else if (char === '?') {
      tokens.push({ kind: 'one', accepts: (c) => c !== '/' });
      at += 1;
    } else {
      const literal = char === '\\' ? pattern[at + 1] : char;
      if (literal === undefined) {
        return undefined;
      }
      const wanted = fold(literal, ignoreCase);
      tokens.push({ kind: 'one', accepts: (c) => fold(c, ignoreCase) === wanted });
      at += char === '\\' ? 2 : 1;
    }
  }
  return tokens;
}

function fold(char: string, ignoreCase: boolean): string {
  return ignoreCase && char >= 'A' && char <= 'Z' ? char.toLowerCase() : char;
}

interface Bracket {
  readonly accepts: (char: string) => boolean;
  readonly end: number;
}

/** `[abc]`, `[a-z]`, `[!a]`, `[^a]`, `[[:digit:]]`; a `]` that comes first is itself a member. */
function bracket(pattern: string, start: number, ignoreCase: boolean): Bracket | undefined {
  let at = start + 1;
  const negated = pattern[at] === '!' || pattern[at] === '^';
  at += negated ? 1 : 0;
  const tests: ((char: string) => boolean)[] = [];
  for (let first = true; first || pattern[at] !== ']'; first = false) {
    const named = /^\[:([a-z]*):\]/.exec(pattern.slice(at, at + 12));
    if (named !== null) {
      const test = POSIX_CLASSES[named[1] ?? ''];
      if (test === undefined) {
        return undefined;
      }
      const folded = ignoreCase && named[1] === 'upper' ? /[A-Za-z]/ : test;
      tests.push((c) => folded.test(c));
      at += named[0].length;
      continue;
    }
    const low = member(pattern, at);
    if (low === undefined) {
      return undefined;
    }
    at = low.end;
    let high = low;
    if (pattern[at] === '-' && pattern[at + 1] !== ']') {
      const upper = member(pattern, at + 1);
      if (upper === undefined) {
        return undefined;
      }
      high = upper;
      at = upper.end;
    }
    tests.push(inRange(low.char, high.char, ignoreCase));
  }
  const isIn = (char: string): boolean => tests.some((test) => test(char));
  return { accepts: (char) => char !== '/' && isIn(char) !== negated, end: at + 1 };
}

function member(pattern: string, at: number): { readonly char: string; readonly end: number } | undefined {
  const escaped = pattern[at] === '\\';
  const char = pattern[escaped ? at + 1 : at];
  return char === undefined ? undefined : { char, end: at + (escaped ? 2 : 1) };
}

function inRange(low: string, high: string, ignoreCase: boolean): (char: string) => boolean {
  return (char) => {
    const within = (c: string): boolean => c >= low && c <= high;
    const letter = ignoreCase && /[A-Za-z]/.test(char);
    return within(char) || (letter && (within(char.toLowerCase()) || within(char.toUpperCase())));
  };
}
