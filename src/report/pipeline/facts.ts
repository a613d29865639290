/** Where a pipeline runs. */
export const HOSTS = ['github', 'gitlab'] as const;
export type Host = (typeof HOSTS)[number];

/** What a pipeline is written from. */
export interface PipelineFacts {
  /** The version of promptaudit that the pipeline runs: the one that writes it. */
  readonly version: string;
  /** The SHA-256 of the registry's genesis. */
  readonly root: string;
  /** `undefined` where there is no environment to deploy to. */
  readonly deployment: DeploymentFacts | undefined;
}

export interface DeploymentFacts {
  /** In the order of promotion. */
  readonly environments: readonly string[];
  /** The one that is chosen unless another is. */
  readonly environment: string;
  /** In whose name the pipeline signs. */
  readonly service: {
    readonly id: string;
    readonly name: string;
    /** The policy lets it deploy, with a key that the pipeline can sign with. */
    readonly listed: boolean;
  };
}

/** A file of a pipeline; its path is from the repository's top. */
export interface PipelineFile {
  readonly path: string;
  readonly text: string;
}
