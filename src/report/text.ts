/**
 * Text that reaches a terminal: made harmless, measured, and cut.
 *
 * Prompts, reasons, names and paths come from git and are hostile. An escape sequence in one could repaint the screen
 * and show a forged verdict; a bidirectional override or an invisible character could show another text than was signed.
 */

const PRINTABLE_ASCII = /^[\x20-\x7e]*$/;

/**
 * What is never shown as it is: controls, lone surrogates, format characters (the bidirectional ones among them), line
 * separators, and everything that Unicode says has no visible glyph (tags, variation selectors, fillers).
 */
const HOSTILE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu;

/**
 * Joiners and presentation selectors: needed within emoji and several scripts, and only a disguise after ASCII. Two in a row
 * are needed only where an emoji with a selector is joined to another; longer runs could spell what nobody sees.
 */
const JOINING = new Set(['\u200c', '\u200d', '\ufe0e', '\ufe0f']);

const SHORT_ESCAPES = new Map([
  ['\n', '\\n'],
  ['\r', '\\r'],
  ['\t', '\\t'],
]);

/** One line of text that cannot move the cursor, change colours, reorder its neighbours or hide: `ESC` becomes `\x1b`. */
export function sanitize(text: string): string {
  if (PRINTABLE_ASCII.test(text)) return text;
  return text.replace(HOSTILE, (char, offset: number) => {
    if (JOINING.has(char) && joins(text, offset)) return char;
    return escapeChar(char);
  });
}

/** Whether what stands at `offset` joins what is before it. */
function joins(text: string, offset: number): boolean {
  const [before, earlier] = [text.charAt(offset - 1), text.charAt(offset - 2)];
  if (!JOINING.has(before)) return before > '\x7f';
  const joinsEmoji = text.charAt(offset) === '\u200d' && before === '\ufe0f';
  return joinsEmoji && earlier > '\x7f' && !JOINING.has(earlier);
}

function escapeChar(char: string): string {
  const short = SHORT_ESCAPES.get(char);
  if (short !== undefined) return short;
  const code = char.codePointAt(0) ?? 0;
  if (code <= 0xff) return `\\x${code.toString(16).padStart(2, '0')}`;
  return code <= 0xffff ? `\\u${code.toString(16).padStart(4, '0')}` : `\\u{${code.toString(16)}}`;
}

/** The lines of a text as written (`\n` or `\r\n`), without one last empty line. Not sanitised. */
export function linesOf(text: string): string[] {
  const lines = text.split(/\r?\n/);
  if (lines.length > 1 && lines.at(-1) === '') lines.pop();
  return lines;
}

/** What a reader sees as one character, and how many columns a terminal gives it. */
export interface Glyph {
  readonly text: string;
  readonly width: number;
}

let segmenter: Intl.Segmenter | undefined;

/** The glyphs of a sanitised text. */
export function glyphsOf(text: string): Glyph[] {
  if (PRINTABLE_ASCII.test(text)) return Array.from(text, (char) => ({ text: char, width: 1 }));
  segmenter ??= new Intl.Segmenter('en', { granularity: 'grapheme' });
  return Array.from(segmenter.segment(text), ({ segment }) => ({
    text: segment,
    width: glyphWidth(segment),
  }));
}

/** Whether every character of a sanitised text is one glyph of one column. */
export function isPlain(text: string): boolean {
  return PRINTABLE_ASCII.test(text);
}

/** How many columns a sanitised text takes. */
export function visibleWidth(text: string): number {
  if (PRINTABLE_ASCII.test(text)) return text.length;
  return glyphsOf(text).reduce((sum, glyph) => sum + glyph.width, 0);
}

/** A sanitised text in at most `width` columns; what was cut off is shown as `…`. */
export function truncate(text: string, width: number): string {
  if (visibleWidth(text) <= width) return text;
  let kept = '';
  let used = 0;
  for (const glyph of glyphsOf(text)) {
    if (used + glyph.width > width - 1) break;
    kept += glyph.text;
    used += glyph.width;
  }
  return width < 1 ? '' : `${kept}…`;
}

const ZERO_WIDTH = /^[\p{Mn}\p{Me}\p{Default_Ignorable_Code_Point}]+$/u;
const EMOJI = /^\p{Emoji_Presentation}|\ufe0f/u;

function glyphWidth(glyph: string): number {
  if (ZERO_WIDTH.test(glyph)) return 0;
  if (EMOJI.test(glyph)) return 2;
  return isWide(glyph.codePointAt(0) ?? 0) ? 2 : 1;
}

/** First and last code points of the blocks that are wide or full-width: Unicode's EastAsianWidth.txt, classes W and F. */
const WIDE: readonly (readonly [number, number])[] = [
  [0x1100, 0x115f],
  [0x2329, 0x232a],
  [0x2e80, 0x303e],
  [0x3041, 0x3247],
  [0x3250, 0x33ff],
  [0x3400, 0x4dbf],
  [0x4e00, 0xa4cf],
  [0xa960, 0xa97c],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe10, 0xfe19],
  [0xfe30, 0xfe6f],
  [0xff01, 0xff60],
  [0xffe0, 0xffe6],
  [0x16fe0, 0x18d08],
  [0x1aff0, 0x1b2ff],
  [0x1f200, 0x1f265],
  [0x20000, 0x3fffd],
];

function isWide(code: number): boolean {
  return code >= 0x1100 && WIDE.some(([first, last]) => code >= first && code <= last);
}
