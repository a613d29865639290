/** Where a clone keeps what it last saw of its remotes' ledgers. */
export const TRACKING_PREFIX = 'refs/promptaudit/remotes/';

const TRACKED = /^refs\/promptaudit\/remotes\/(.+)\/ledger$/;

/** The ref at which a remote's ledger is kept. */
export function trackingRef(remote: string): string {
  return `${TRACKING_PREFIX}${remote}/ledger`;
}

/** The remote whose ledger is kept at a ref; `undefined` for any other ref. */
export function trackedRemote(ref: string): string | undefined {
  return TRACKED.exec(ref)?.[1];
}
