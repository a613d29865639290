import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createSandbox, type Sandbox } from '../helpers/sandbox.ts';
import { flipBits } from './properties/bits.ts';
import { spoilFiles } from './properties/disk.ts';
import { rewriteEvents } from './properties/events.ts';
import { type Grown, growHealthy } from './properties/healthy.ts';
import { moveRefs } from './properties/refs.ts';
import { findingsIn, verified } from './properties/spoiled.ts';

let sandbox: Sandbox;
let healthy: Grown;
beforeAll(async () => {
  sandbox = await createSandbox();
  healthy = await growHealthy(sandbox);
});
afterAll(() => sandbox.remove());

test('nothing is wrong with it, in the clone that watched and in one that never saw it', async () => {
  const report = await verified(healthy.store, healthy.now);
  expect(report).toMatchObject({ ok: true, findings: [], acknowledged: [{ sequence: 12 }] });
  expect(report.counts).toMatchObject({ events: 28, versions: 7, approvals: 5, deployments: 5 });
  const fresh = join(sandbox.dir, 'fresh');
  expect(await findingsIn(healthy, { commonDir: healthy.store.layout.commonDir })).toEqual([]);
  expect(await findingsIn(healthy, { commonDir: fresh })).toEqual([]);
  await rm(fresh, { recursive: true });
});

for (const properties of [flipBits, moveRefs, rewriteEvents, spoilFiles]) properties(() => healthy);
