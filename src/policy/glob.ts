const MAX_LENGTH = 200;

/**
 * What is wrong with a rule's pattern, in words that complete "the pattern …"; `undefined` when nothing is. A pattern that
 * no prompt's name can match is refused: its rule would seem to protect and would not.
 */
export function globProblem(glob: string): string | undefined {
  if (glob === '') return 'is empty';
  if (glob.length > MAX_LENGTH) return `is longer than ${MAX_LENGTH} characters`;
  if (!/^[a-z0-9._*?/-]+$/.test(glob)) {
    return "can match no prompt: names have a-z, 0-9, '.', '_', '-' and '/'; '*', '**' and '?' are the wildcards";
  }
  return /^\/|\/$|\/\//.test(glob) ? 'can match no prompt: it has an empty segment' : undefined;
}

type Step =
  | { readonly kind: 'one'; readonly char: string | undefined }
  | { readonly kind: 'run'; readonly across: boolean }
  | { readonly kind: 'folders' };

// A `**` that fills a segment, with the slash after it, is any number of whole segments; any other is any run of characters.
const TOKENS = /(?<=^|\/)\*{2,}\/|\*+|[^*]/g;

function compile(glob: string): readonly Step[] {
  return Array.from(glob.matchAll(TOKENS), ([token]): Step => {
    if (token.endsWith('*/')) return { kind: 'folders' };
    if (token.startsWith('*')) return { kind: 'run', across: token.length > 1 };
    return { kind: 'one', char: token === '?' ? undefined : token };
  });
}

/**
 * Whether a whole name matches: `*` and `?` within a segment, `**` across segments. Walks the name once for every step of
 * the pattern, so that no pattern is slow.
 */
export function matchesGlob(glob: string, name: string): boolean {
  let reached: readonly boolean[] = Array.from({ length: name.length + 1 }, (_, index) => index === 0);
  for (const step of compile(glob)) {
    reached = advance(step, reached, name);
    if (!reached.includes(true)) return false;
  }
  return reached[name.length] ?? false;
}

/** From the positions of the name that the pattern has reached, those that it reaches with one step more. */
function advance(step: Step, reached: readonly boolean[], name: string): readonly boolean[] {
  const next: boolean[] = [];
  let inside = false;
  for (const [index, here] of reached.entries()) {
    const before = name[index - 1];
    switch (step.kind) {
      case 'one':
        next.push(fits(step.char, before) && (reached[index - 1] ?? false));
        break;
      case 'run':
        inside = here || (inside && (step.across || before !== '/'));
        next.push(inside);
        break;
      case 'folders':
        next.push(here || (inside && before === '/'));
        inside ||= here;
        break;
    }
  }
  return next;
}

function fits(wanted: string | undefined, char: string | undefined): boolean {
  return char !== undefined && (wanted === undefined ? char !== '/' : char === wanted);
}
