/** @param {readonly number[]} values at least one */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/**
 * Medians of measures that are taken in turns, so that what else the machine does meets all of them alike. Each is taken
 * once before that, unrecorded.
 * @template {string} K
 * @param {number} rounds
 * @param {Record<K, () => Promise<number>>} measures
 * @returns {Promise<{ medians: Record<K, number>, rounds: Record<K, number>[] }>}
 */
export async function inTurns(rounds, measures, { warmUp = true } = {}) {
  const taken = [];
  for (let round = warmUp ? -1 : 0; round < rounds; round += 1) {
    const values = {};
    for (const [name, measure] of Object.entries(measures)) values[name] = await measure();
    if (round >= 0) taken.push(values);
  }
  const names = Object.keys(measures);
  return {
    medians: Object.fromEntries(names.map((name) => [name, median(taken.map((one) => one[name]))])),
    rounds: taken,
  };
}
