import { diffArrays } from 'diff';

/** A stretch of two lists: in both, only in the older, or only in the newer. Never empty. */
export interface Stretch {
  readonly kind: 'same' | 'removed' | 'added';
  readonly items: readonly string[];
}

/** A place where two lists differ, and how many items after it are the same. */
export interface Hunk {
  /** 0-based index of the first item that went, or would have stood there. */
  readonly oldStart: number;
  readonly removed: number;
  readonly newStart: number;
  readonly added: number;
  readonly same: number;
}

/**
 * How much one comparison may cost. Myers' algorithm takes time that grows with the square of the edits that it looks
 * for, and what is compared may be hostile: so edits are rationed, per call and in total.
 */
export class EditBudget {
  #left: number;

  constructor(edits: number) {
    this.#left = edits;
  }

  /** How many edits the next search may look for. */
  get next(): number {
    return Math.min(this.#left, MAX_EDITS);
  }

  spend(edits: number): void {
    this.#left -= edits;
  }
}

const MAX_EDITS = 1000;

/** The shortest way from one list to another; all of the middle that they do not share, where the budget ends before that. */
export function diffSequence(
  before: readonly string[],
  after: readonly string[],
  budget: EditBudget,
): readonly Stretch[] {
  const head = commonHead(before, after);
  const tail = commonTail(before.slice(head), after.slice(head));
  const [oldMiddle, newMiddle] = [
    before.slice(head, before.length - tail),
    after.slice(head, after.length - tail),
  ];
  const stretches: Stretch[] = [
    { kind: 'same', items: before.slice(0, head) },
    ...diffMiddle(oldMiddle, newMiddle, budget),
    { kind: 'same', items: before.slice(before.length - tail) },
  ];
  return stretches.filter((stretch) => stretch.items.length > 0);
}

/** The same as hunks, in order. Only the first may have nothing but what is the same. */
export function diffHunks(
  before: readonly string[],
  after: readonly string[],
  budget: EditBudget,
): readonly Hunk[] {
  const hunks: Hunk[] = [];
  let hunk = { oldStart: 0, removed: 0, newStart: 0, added: 0, same: 0 };
  for (const { kind, items } of diffSequence(before, after, budget)) {
    if (kind !== 'same' && hunk.same > 0) {
      hunks.push(hunk);
      const oldStart = hunk.oldStart + hunk.removed + hunk.same;
      hunk = { oldStart, removed: 0, newStart: hunk.newStart + hunk.added + hunk.same, added: 0, same: 0 };
    }
    hunk[kind] += items.length;
  }
  return [...hunks, hunk];
}

function diffMiddle(before: string[], after: string[], budget: EditBudget): readonly Stretch[] {
  const wholesale: readonly Stretch[] = [
    { kind: 'removed', items: before },
    { kind: 'added', items: after },
  ];
  if (before.length === 0 || after.length === 0) return wholesale;
  const maxEditLength = budget.next;
  const changes = diffArrays(before, after, { maxEditLength });
  if (changes === undefined) {
    budget.spend(maxEditLength);
    return wholesale;
  }
  const stretches = changes.map(({ added, removed, value }): Stretch => {
    return { kind: added ? 'added' : removed ? 'removed' : 'same', items: value };
  });
  budget.spend(stretches.reduce((sum, { kind, items }) => (kind === 'same' ? sum : sum + items.length), 0));
  return stretches;
}

function commonHead(one: readonly string[], other: readonly string[]): number {
  const most = Math.min(one.length, other.length);
  let count = 0;
  while (count < most && one[count] === other[count]) count++;
  return count;
}

function commonTail(one: readonly string[], other: readonly string[]): number {
  const most = Math.min(one.length, other.length);
  let count = 0;
  while (count < most && one.at(-1 - count) === other.at(-1 - count)) count++;
  return count;
}
