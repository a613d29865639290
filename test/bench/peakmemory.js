import { readFileSync, writeFileSync } from 'node:fs';

// Loaded into a measured process by `node --import`, it says so at the end.
const file = process.env.PROMPTAUDIT_BENCH_PEAK;
if (file !== undefined) process.on('exit', () => writeFileSync(file, String(peakBytes())));

/**
 * The most memory, in bytes, that this process ever had resident. On Linux not as getrusage(2) has it: that starts from what the
 * process had that started this one.
 * @returns {number}
 */
export function peakBytes() {
  if (process.platform !== 'linux') return process.resourceUsage().maxRSS * 1024;
  const [, kibibytes] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
  if (kibibytes === undefined) throw new Error('/proc/self/status has no VmHWM');
  return Number(kibibytes) * 1024;
}
