/** One thing that is wrong with a policy file, and where. */
export interface PolicyProblem {
  /** 1-based. */
  readonly line: number;
  /** 1-based, in UTF-16 code units. */
  readonly column: number;
  readonly message: string;
  /** A policy with an error is not one; a warning is for whoever writes it. */
  readonly severity: 'error' | 'warning';
}

/** The way to a value in the file: keys and list positions. */
export type Path = readonly (string | number)[];

/** Reports a problem of the value at a path (`key`: of the key itself). */
export type Report = (path: Path, message: string, part?: 'key' | 'value') => void;
