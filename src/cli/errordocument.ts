import { Failure, Refusal } from '../failure.ts';
import { jsonDocument } from '../report/json.ts';
import type { Outcome } from './exit.ts';

/** What is printed instead of a verb's document where it has none. */
interface ErrorDocument {
  readonly schema: 'promptaudit/error@1';
  readonly error: Omit<Outcome, 'code'>;
}

export function errorDocument({ kind, message, reasons }: Outcome): string {
  const document: ErrorDocument = { schema: 'promptaudit/error@1', error: { kind, message, reasons } };
  return jsonDocument(document);
}

/** What ended another process of ours, as if it had been thrown here. @throws SyntaxError for what is no JSON */
export function errorOf(printed: string): Refusal | Failure {
  const { error }: ErrorDocument = JSON.parse(printed);
  return error.kind === 'refused' ? new Refusal(error.message, error.reasons) : new Failure(error.message);
}
