/** Wraps a text in a terminal's colour codes, or leaves it alone. */
export type Paint = (text: string) => string;

/** The few meanings that a colour has in our output. Every one is also told by words or marks. */
export interface Style {
  readonly colour: boolean;
  readonly strong: Paint;
  readonly dim: Paint;
  readonly accent: Paint;
  readonly good: Paint;
  readonly bad: Paint;
  readonly caution: Paint;
}

/** What a text renderer needs to know about where its text goes. */
export interface Page {
  /** Columns. */
  readonly width: number;
  /** Columns for the lines of a file: as many as they take where no terminal shows them, so that grep finds what they say. */
  readonly fileWidth: number;
  readonly style: Style;
  /** What "3 days ago" is measured from. */
  readonly now: Date;
}

const asIs: Paint = (text) => text;

/** No colour at all. */
export const PLAIN: Style = {
  colour: false,
  strong: asIs,
  dim: asIs,
  accent: asIs,
  good: asIs,
  bad: asIs,
  caution: asIs,
};
