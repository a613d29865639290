/**
 * Where values lie in JSON: steps from its root, such as `messages[*].content.ssn`.
 *
 * - `name`: the value of that key; `["any name"]`, with JSON's escapes, for one with other than letters, digits, `_`, `-`
 * - `*`: the value of any key
 * - `[3]`, `[*]`: a place in a list, from 0; any place
 * - `**`: any number of steps of either kind, none too: `**.password` is that key wherever it is
 */
export interface KeyPath {
  /** As it was written. */
  readonly text: string;
  /** `path/` and the path with a hyphen for all that is neither letter nor digit. */
  readonly rule: string;
  readonly steps: readonly Step[];
}

type Step =
  | { readonly kind: 'key'; readonly key: string | undefined }
  | { readonly kind: 'place'; readonly place: number | undefined }
  | { readonly kind: 'any' };

/** How far each path has got on the way to a value: pairs of a path and the number of its steps that are behind. */
export type Reach = readonly (readonly [path: KeyPath, behind: number])[];

const MAX_STEPS = 32;
const STEP = /(\.?)(?:(\*\*)|(\*)|([\p{L}\p{N}_-]+)|\[(?:(\*)|(\d{1,9})|("(?:[^"\\]|\\.)*"))\])/uy;

/** `undefined` where the text is no path. */
export function parseKeyPath(text: string): KeyPath | undefined {
  const steps: Step[] = [];
  for (let at = 0; at < text.length; ) {
    STEP.lastIndex = at;
    const found = STEP.exec(text);
    const step = found === null ? undefined : readStep(found);
    if (found === null || step === undefined) return undefined;
    // A dot parts two steps; a bracket needs none.
    const dotted = found[1] === '.';
    if (at === 0 ? dotted : dotted === found[0].startsWith('[')) return undefined;
    if (dotted && found[0].startsWith('.[')) return undefined;
    steps.push(step);
    at = STEP.lastIndex;
  }
  if (steps.length === 0 || steps.length > MAX_STEPS || steps.every(({ kind }) => kind === 'any')) {
    return undefined;
  }
  return { text, rule: ruleOf(text), steps };
}

function readStep(found: RegExpExecArray): Step | undefined {
  const [, , deep, anyKey, key, anyPlace, place, quoted] = found;
  if (deep !== undefined) return { kind: 'any' };
  if (anyKey !== undefined) return { kind: 'key', key: undefined };
  if (key !== undefined) return { kind: 'key', key };
  if (anyPlace !== undefined) return { kind: 'place', place: undefined };
  if (place !== undefined) return { kind: 'place', place: Number(place) };
  return quoted === undefined ? undefined : quotedStep(quoted);
}

function quotedStep(quoted: string): Step | undefined {
  try {
    return { kind: 'key', key: JSON.parse(quoted) };
  } catch {
    return undefined;
  }
}

function ruleOf(text: string): string {
  const slug = text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '');
  return `path/${slug === '' ? 'any' : slug}`;
}

/** At the root of a JSON text. */
export function atRoot(paths: readonly KeyPath[]): Reach {
  return settle(paths.map((path) => [path, 0] as const));
}

/** One step further: into the value of a key, or to a place in a list. */
export function stepInto(reach: Reach, taken: string | number): Reach {
  const next: (readonly [KeyPath, number])[] = [];
  for (const [path, behind] of reach) {
    const step = path.steps[behind];
    if (step === undefined) continue;
    if (step.kind === 'any') next.push([path, behind]);
    else if (takes(step, taken)) next.push([path, behind + 1]);
  }
  return settle(next);
}

function takes(step: Exclude<Step, { kind: 'any' }>, taken: string | number): boolean {
  if (step.kind === 'key') return typeof taken === 'string' && (step.key ?? taken) === taken;
  return typeof taken === 'number' && (step.place ?? taken) === taken;
}

/** Beside each path that stands before a `**`, the same one behind it, which stands for no step at all. */
function settle(reach: Reach): Reach {
  const settled = new Map<string, readonly [KeyPath, number]>();
  for (const [path, behind] of reach) {
    for (let at = behind; ; at += 1) {
      settled.set(`${at} ${path.text}`, [path, at]);
      if (path.steps[at]?.kind !== 'any') break;
    }
  }
  return [...settled.values()];
}

/** The path that leads exactly here; `undefined` where none does. */
export function arrivedBy(reach: Reach): KeyPath | undefined {
  return reach.find(([path, behind]) => behind === path.steps.length)?.[0];
}
