// Loaded into a measured process by `node --import`: says at its end how much memory it had resident at the most, in bytes.
import { writeFileSync } from 'node:fs';

const file = process.env.PROMPTAUDIT_BENCH_PEAK;
if (file !== undefined)
  process.on('exit', () => writeFileSync(file, String(process.resourceUsage().maxRSS * 1024)));
