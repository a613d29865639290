import { assertNever } from '../failure.ts';
import type { Case } from './case.ts';
import { judgeCalls } from './judgecalls.ts';
import { judgeDecision } from './judgedecision.ts';
import { judgeDeployment, judgeWithdrawal } from './judgedeployment.ts';
import { judgePolicy } from './judgepolicy.ts';
import { judgeAcknowledgement, judgeRetirement, judgeVersion } from './judgeversion.ts';
import type { Finding } from './model.ts';

/** What one event breaks of the rules of its kind; nothing when it takes effect. */
export async function judgeDetail(one: Case): Promise<readonly Finding[]> {
  const { detail } = one;
  switch (detail.event) {
    case 'genesis':
      return [];
    case 'policy':
      return judgePolicy({ ...one, detail });
    case 'version':
      return judgeVersion({ ...one, detail });
    case 'approval':
    case 'rejection':
    case 'revocation':
      return judgeDecision({ ...one, detail });
    case 'deployment':
      return judgeDeployment({ ...one, detail });
    case 'withdrawal':
      return judgeWithdrawal({ ...one, detail });
    case 'retirement':
      return judgeRetirement({ ...one, detail });
    case 'acknowledgement':
      return judgeAcknowledgement({ ...one, detail });
    case 'seal':
    case 'hold':
    case 'release':
    case 'purge':
    case 'erasure':
      return judgeCalls({ ...one, detail });
    default:
      return assertNever(detail);
  }
}
