import type { CountryCode } from 'libphonenumber-js/max';
import { finderOf, type Judges } from './piifinders.ts';
import type { PiiKind } from './piikinds.ts';
import type { Span } from './span.ts';

/** Finds personal data in a text. */
export type PiiDetector = (text: string) => readonly Span[];

/**
 * Loads the detectors, some 50 ms. Candidates are found here, in time that is linear in the text; `validator` and
 * `libphonenumber-js` judge them (checksums, lengths and prefixes by country). Nothing asks a server.
 * @param regions ISO 3166-1 codes of the countries whose phone numbers are known without a country code
 */
export async function piiDetector(
  kinds: readonly PiiKind[],
  regions: readonly string[],
): Promise<PiiDetector> {
  const judges = await loadJudges(regions);
  const finders = kinds.map((kind) => [`pii/${kind}`, finderOf(kind, judges)] as const);
  return (text) =>
    finders.flatMap(([rule, find]) => Array.from(find(text), ({ start, end }) => ({ start, end, rule })));
}

/** Which of these are no countries whose phone numbers are known. */
export async function unknownRegions(regions: readonly string[]): Promise<readonly string[]> {
  const { isSupportedCountry } = await import('libphonenumber-js/max');
  return regions.filter((region) => !isSupportedCountry(region));
}

async function loadJudges(regions: readonly string[]): Promise<Judges> {
  const [{ default: validator }, phones] = await Promise.all([
    import('validator'),
    import('libphonenumber-js/max'),
  ]);
  const countries = regions
    .filter((region) => phones.isSupportedCountry(region))
    .map((country) => ({ country, lengths: lengthsIn(country, phones) }));
  return {
    isEmail: (text) => validator.isEmail(text, { allow_utf8_local_part: true }),
    isCreditCard: (text) => validator.isCreditCard(text),
    isIban: (text) => validator.isIBAN(text),
    isIp: (text) => validator.isIP(text),
    isPhone: (text, digits) =>
      text.startsWith('+')
        ? (phones.parsePhoneNumberFromString(text)?.isPossible() ?? false)
        : countries.some(
            ({ country, lengths }) =>
              lengths.has(digits) && phones.parsePhoneNumberFromString(text, country)?.isValid(),
          ),
  };
}

/** How many digits a number may have that is written without `+`: as it is, behind the country's trunk prefix, or its code. */
function lengthsIn(
  country: CountryCode,
  { getCountryCallingCode, Metadata }: typeof import('libphonenumber-js/max'),
): ReadonlySet<number> {
  const metadata = new Metadata();
  metadata.selectNumberingPlan(country);
  const lengths = metadata.numberingPlan?.possibleLengths() ?? [];
  const code = getCountryCallingCode(country).length;
  // A trunk prefix is 0, 1 or 8, but in a few countries two digits.
  return new Set(lengths.flatMap((length) => [length, length + 1, length + 2, length + code]));
}
