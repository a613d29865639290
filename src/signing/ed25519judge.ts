/**
 * Who judges Ed25519 signatures when there are many: OpenSSL all of them, or tables those by keys that are seen often, and OpenSSL
 * the rest and whatever the tables do not find valid.
 */
export type Ed25519Judge = 'tables' | 'openssl';

let chosen: Ed25519Judge = 'tables';

/** Settles it for whatever this process begins to check from now on. */
export function chooseEd25519Judge(judge: Ed25519Judge): void {
  chosen = judge;
}

export function chosenEd25519Judge(): Ed25519Judge {
  return chosen;
}
