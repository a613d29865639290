import { describeAttacks, tamperScene } from './attack.ts';
import { REPOSITORY_ATTACKS } from './attacks/repository.ts';

describeAttacks('the repository', REPOSITORY_ATTACKS, tamperScene());
