/** The index does not hold what it should: forget it, and build it again from the ledger. */
export class IndexDamaged extends Error {
  override readonly name = 'IndexDamaged';
}
