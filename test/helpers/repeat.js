// Runs the command line once for each line of standard input, a JSON list of arguments, one after the other in one process:
// a process that makes many changes need not be started for each. Stops at the first that fails.
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';

const [, , main] = process.argv;
let runs = 0;
for await (const line of createInterface({ input: process.stdin })) {
  process.argv = [process.argv[0], main, ...JSON.parse(line)];
  runs += 1;
  // Another address is another module, which runs again; what it imports is there already.
  const { ended } = await import(`${pathToFileURL(main).href}?run=${runs}`);
  await ended;
  process.removeAllListeners('uncaughtException');
  if (process.exitCode !== 0) break;
}
