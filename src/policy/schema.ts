import * as v from 'valibot';
import { DURATION } from './duration.ts';
import { ROLES } from './model.ts';

/** The first line of every policy file says that it is one. */
const POLICY_SCHEMA = 'promptaudit/policy@1';

const text = (description: string) =>
  v.pipe(v.string(), v.minLength(1, 'is empty'), v.description(description));

const duration = (description: string) =>
  v.pipe(
    v.string(),
    v.regex(DURATION, 'is not a duration: write a whole number and one of s, m, h, d, w, e.g. 24h'),
    v.description(description),
  );

const whole = (least: number, most: number, description: string) => {
  const message = `must be a whole number from ${least} to ${most}`;
  return v.pipe(
    v.number(),
    v.integer(message),
    v.minValue(least, message),
    v.maxValue(most, message),
    v.description(description),
  );
};

const texts = (item: string, description: string) => v.pipe(v.array(text(item)), v.description(description));

const role = v.picklist(ROLES);

const key = text(
  "A public key: an SSH one as in an .pub file ('ssh-ed25519 AAAA…'), or 'openpgp:' and the fingerprint of the key in .promptaudit/keys/<fingerprint>.asc.",
);

const keyEntry = v.union([
  key,
  v.strictObject({
    key,
    revokedFrom: v.optional(
      whole(
        1,
        Number.MAX_SAFE_INTEGER,
        'Nothing that this key signed at or after this ledger sequence counts.',
      ),
    ),
  }),
]);

const principal = v.pipe(
  v.strictObject({
    name: text('What people call this principal.'),
    kind: v.optional(
      v.pipe(
        v.picklist(['person', 'service']),
        v.description('Who this is: a person (unless said otherwise) or a service.'),
      ),
    ),
    roles: v.pipe(
      v.array(role),
      v.description(
        'What this principal may do: author (versions), approver (approvals and rejections), deployer, admin (the policy), recorder (seals of call logs), auditor (reads).',
      ),
    ),
    keys: v.optional(
      v.pipe(
        v.array(keyEntry),
        v.description('The keys that this principal signs with. One key belongs to one principal.'),
      ),
    ),
  }),
  v.description('Somebody who signs, by the email address that stands in the commits and tags.'),
);

const approvals = whole(0, 100, 'How many distinct approvers a version needs, none of them its author.');
const separateDeployer = v.pipe(
  v.boolean(),
  v.description('True: whoever deploys a version has neither written nor approved it.'),
);

const environment = v.pipe(
  v.strictObject({
    approvals: v.optional(approvals),
    promoteFrom: v.optional(
      text('The environment to which this exact version must have been deployed before.'),
    ),
    separateDeployer: v.optional(separateDeployer),
    soak: v.optional(
      duration('How long the version must have been in promoteFrom without a break, e.g. 24h.'),
    ),
  }),
  v.description('What a deployment to this environment demands.'),
);

const rule = v.pipe(
  v.strictObject({
    prompts: v.pipe(
      texts(
        "A prompt's name; '*' and '?' match within a segment, '**' across segments.",
        'The prompts that the rule is about.',
      ),
      v.minLength(1, 'names no prompt'),
    ),
    environments: v.optional(
      v.pipe(
        texts(
          "An environment's name.",
          'The environments that the rule is about; all of them where it names none.',
        ),
        v.minLength(1, 'names no environment: leave the key out to mean all of them'),
      ),
    ),
    approvals: v.optional(approvals),
    approvers: v.optional(
      v.pipe(
        texts("A principal's email address.", "Only these principals' approvals count towards this rule."),
        v.minLength(1, 'names nobody: leave the key out to let every approver count'),
      ),
    ),
    separateDeployer: v.optional(separateDeployer),
    soak: v.optional(
      duration('How long a version of these prompts must have been in promoteFrom, e.g. 24h.'),
    ),
  }),
  v.description('A narrower demand. Where several apply, the strictest of each holds.'),
);

/** `.promptaudit/policy.yml` as a file: what an editor can check. What needs more than one value to judge is in `parse.ts`. */
export const policyFileSchema = v.pipe(
  v.strictObject({
    schema: v.pipe(v.literal(POLICY_SCHEMA), v.description('The format of this file.')),
    registry: text("The registry's name for people."),
    prompts: v.optional(
      text("The prompt files' folder, relative to the repository's top. 'prompts' unless said otherwise."),
    ),
    protectedBranches: v.optional(
      texts(
        "A branch's name.",
        'Branches on which only registered prompt content may stand. [main] unless said otherwise.',
      ),
    ),
    principals: v.pipe(v.record(v.string(), principal), v.description('Who may do what, by email address.')),
    environments: v.optional(
      v.pipe(
        v.record(v.string(), v.nullable(environment)),
        v.description('Where prompts are deployed to, in the order of promotion.'),
      ),
    ),
    rules: v.optional(
      v.pipe(
        v.array(rule),
        v.maxLength(500, 'has more than 500 rules'),
        v.description('Narrower demands for some prompts.'),
      ),
    ),
    adminThreshold: v.optional(
      whole(1, 100, 'How many admins a change of this policy needs. 1 unless said otherwise.'),
    ),
    emergency: v.optional(
      v.pipe(
        v.strictObject({
          roles: v.pipe(
            v.array(role),
            v.minLength(1, 'names no role: leave the section out to let nobody'),
            v.description(
              'Who may deploy in an emergency, without approvals. Nobody where this section is left out.',
            ),
          ),
          reviewWithin: v.optional(
            duration('How soon the approvals must follow. 24h unless said otherwise.'),
          ),
        }),
        v.description('Deployments that cannot wait for approvals.'),
      ),
    ),
    retention: v.optional(
      v.pipe(
        v.strictObject({
          calls: v.optional(duration('How long records of calls are kept: at least 183d.')),
          content: v.optional(duration('How long what was said in calls is kept.')),
          access: v.optional(duration('How long records of accesses are kept.')),
        }),
        v.description('How long records are kept before they may be purged; for ever where nothing is said.'),
      ),
    ),
    ledgerBranch: v.optional(text('A branch that mirrors the ledger, for the host to protect.')),
    checkpointKeys: v.optional(texts('A verifier key.', 'Verifier keys of the checkpoints that count.')),
  }),
  v.title('promptaudit policy'),
  v.description('Who may write, approve and deploy prompts, and what each environment demands.'),
);

export type PolicyFile = v.InferOutput<typeof policyFileSchema>;
