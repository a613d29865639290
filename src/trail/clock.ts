/** How far a committer's clock may lie behind the ledger, in seconds (design section 5, `ledger/time`). */
export const CLOCK_TOLERANCE = 300;
