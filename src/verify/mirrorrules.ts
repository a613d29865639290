import { assertNever } from '../failure.ts';
import { LEDGER_REF } from '../ledger/event.ts';
import { count } from '../report/time.ts';
import { finding } from '../trail/findings.ts';
import type { Finding } from '../trail/model.ts';
import type { LedgerMirror, RegistryEvidence, RegistryRule } from './evidence.ts';

/** The branch that mirrors the ledger ends at an event of it: behind it at most, and nowhere else. */
export const mirrorsAgree: RegistryRule = (evidence) =>
  evidence.mirrors.flatMap((mirror) => mirrorFinding(evidence, mirror) ?? []);

function mirrorFinding({ elsewhere, length }: RegistryEvidence, mirror: LedgerMirror): Finding | undefined {
  const { name: ref, oid: object, stand } = mirror;
  const ledger = elsewhere ?? LEDGER_REF;
  const compare = `compare what each has: git log --first-parent --left-right ${ledger}...${ref}`;
  switch (stand.state) {
    case 'within':
    case 'untaken':
      return undefined;
    case 'ahead':
      return finding(
        'ledger/rollback',
        { sequence: length, ref, object },
        `${ledger} ends at event ${length}, but ${ref}, which mirrors it, goes on for ${count(stand.further, 'event')}`,
        `run promptaudit sync; if the ledger still ends there it was cut back, so trust neither before you ${compare}`,
      );
    case 'departs':
      return finding(
        'ledger/fork',
        { sequence: stand.position + 1, ref, object },
        stand.position === 0
          ? `${ref}, which mirrors ${ledger}, has no event in common with it`
          : `${ref}, which mirrors ${ledger}, departs from it after event ${stand.position}`,
        `one of the two was rewritten: ${compare}, and both with another clone, before trusting either`,
      );
    case 'unreadable':
      return finding(
        stand.what === 'malformed' ? 'ledger/fork' : `object/${stand.what}`,
        { ref, object },
        `${ref}, which mirrors ${ledger}, cannot be followed: ${stand.why}`,
      );
    default:
      return assertNever(stand);
  }
}
