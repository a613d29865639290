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
  const [{ default: validator }, { isSupportedCountry, parsePhoneNumberFromString }] = await Promise.all([
    import('validator'),
    import('libphonenumber-js/max'),
  ]);
  const countries: readonly CountryCode[] = regions.filter((region) => isSupportedCountry(region));
  return {
    isEmail: (text) => validator.isEmail(text, { allow_utf8_local_part: true }),
    isCreditCard: (text) => validator.isCreditCard(text),
    isIban: (text) => validator.isIBAN(text),
    isIp: (text) => validator.isIP(text),
    isPhone: (text) =>
      text.startsWith('+')
        ? (parsePhoneNumberFromString(text)?.isPossible() ?? false)
        : countries.some((country) => parsePhoneNumberFromString(text, country)?.isValid() ?? false),
  };
}
