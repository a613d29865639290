import { describeAttacks, tamperScene } from './attack.ts';
import { CALLS_ATTACKS, keepRecords } from './attacks/calls.ts';

describeAttacks('seals, holds, purges and erasures', CALLS_ATTACKS, tamperScene(keepRecords));
