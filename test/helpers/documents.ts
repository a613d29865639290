/** The JSON documents of the command line, as far as tests look into them (design section 4). */

export interface LogDocument {
  readonly registry: string;
  readonly head: { readonly sequence: number; readonly commit: string; readonly digest: string };
  readonly events: readonly LoggedEvent[];
}

export interface LoggedEvent {
  readonly sequence: number;
  readonly event: string | null;
  readonly time: string;
  readonly actor: { readonly principal: string; readonly name: string; readonly key: string } | null;
  readonly prompt: string | null;
  readonly version: number | null;
  readonly environment: string | null;
  readonly environments: '*' | readonly string[] | null;
  readonly kind: string | null;
  readonly replaces: number | null;
  readonly commit: string | null;
  readonly contentDigest: string | null;
  readonly tag: string | null;
  readonly policy: number;
  readonly reference: string | null;
  readonly reason: string;
  readonly verified: boolean;
  readonly findings: readonly string[];
}

export interface ActiveDocument {
  readonly at: string;
  readonly active: readonly {
    readonly prompt: string;
    readonly environment: string;
    readonly version: number;
    readonly commit: string;
    readonly contentDigest: string;
    readonly since: string;
    readonly sequence: number;
    readonly deployedBy: string;
    readonly approvedBy: readonly string[];
  }[];
}

export interface ShowDocument {
  readonly version: number;
  readonly author: string;
  readonly commit: string;
  readonly path: string;
  readonly contentDigest: string;
  readonly approvals: readonly {
    readonly environment: string;
    readonly have: number;
    readonly need: number;
  }[];
  readonly decisions: readonly {
    readonly sequence: number;
    readonly decision: string;
    readonly tag: string;
  }[];
  readonly deployments: readonly {
    readonly environment: string;
    readonly kind: string;
    readonly until: string | null;
  }[];
}

export interface VerifyDocument {
  readonly root: string | null;
  readonly head: { readonly sequence: number; readonly commit: string; readonly digest: string } | null;
  readonly ok: boolean;
  readonly counts: Readonly<
    Record<'events' | 'signatures' | 'versions' | 'approvals' | 'deployments', number>
  >;
  readonly findings: readonly {
    readonly code: string;
    readonly severity: string;
    readonly sequence: number | null;
    readonly prompt: string | null;
    readonly version: number | null;
    readonly ref: string | null;
    readonly object: string | null;
    readonly message: string;
    readonly hint: string;
  }[];
  readonly notProven: readonly string[];
}

export interface StatusDocument {
  readonly prompts: readonly {
    readonly prompt: string;
    readonly latest: number | null;
    readonly draft: string;
    readonly approvals: ShowDocument['approvals'];
    readonly active: Readonly<Record<string, number>>;
  }[];
}
