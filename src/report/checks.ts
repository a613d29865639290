import { jsonDocument } from './json.ts';
import { hang, span } from './layout.ts';
import type { Check } from './rows.ts';
import type { Page } from './style.ts';

/** `{schema: "promptaudit/doctor@1", ok, checks: [{name, state, message, remedy}], repaired: [text]}` */
export function checksJson(checks: readonly Check[], repaired: readonly string[]): string {
  return jsonDocument({
    schema: 'promptaudit/doctor@1',
    ok: checks.every(({ state }) => state === 'good'),
    checks: checks.map(({ name, state, message, remedy }) => ({
      name,
      state,
      message,
      remedy: remedy ?? null,
    })),
    repaired,
  });
}

/** One line a check, what to do below those that are wrong, and what was repaired. */
export function checksText(checks: readonly Check[], repaired: readonly string[], page: Page): string {
  const { style, width } = page;
  const label = Math.max(...checks.map(({ name }) => name.length));
  const lines = checks.flatMap(({ name, state, message, remedy }) => {
    const mark = state === 'good' ? span('ok    ', style.good) : span('WRONG ', style.bad);
    const prefix = [mark, span(`${name.padEnd(label)}  `, style.dim)];
    const hint =
      remedy === undefined ? [] : hang([span(' '.repeat(label + 8))], [span(`run: ${remedy}`)], width);
    return [...hang(prefix, [span(message)], width), ...hint];
  });
  return [
    ...lines,
    ...repaired.flatMap((done) => hang([span('repair: ', style.caution)], [span(done)], width)),
  ]
    .map((line) => `${line}\n`)
    .join('');
}
