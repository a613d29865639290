import { describeAttacks, tamperScene } from './attack.ts';
import { DEPLOYMENT_ATTACKS } from './attacks/deployments.ts';
import { EMERGENCY_ATTACKS } from './attacks/emergencies.ts';
import { POLICY_ATTACKS } from './attacks/policy.ts';
import { VERSION_ATTACKS } from './attacks/versions.ts';

const scene = tamperScene();

describeAttacks('versions', VERSION_ATTACKS, scene);
describeAttacks('deployments', DEPLOYMENT_ATTACKS, scene);
describeAttacks('emergencies', EMERGENCY_ATTACKS, scene);
describeAttacks('the policy', POLICY_ATTACKS, scene);
