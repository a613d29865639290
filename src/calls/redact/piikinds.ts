/** The kinds of personal data that are looked for. Names, addresses and dates of birth are not among them: no pattern tells them. */
export const PII_KINDS = [
  'email',
  'phone',
  'credit-card',
  'iban',
  'ip-address',
  'mac-address',
  'us-ssn',
  'uk-nino',
  'nhs-number',
] as const;
export type PiiKind = (typeof PII_KINDS)[number];
