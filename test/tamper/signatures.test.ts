import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { deploymentOf, forgeEvent, LEDGER } from '../helpers/forge.ts';
import type { Hospital } from '../helpers/hospital.ts';
import { run } from '../helpers/sandbox.ts';
import type { Person } from '../helpers/team.ts';
import { describeAttacks, tamperScene } from './attack.ts';
import { ACKNOWLEDGEMENT_ATTACKS } from './attacks/acknowledgements.ts';
import { APPROVAL_ATTACKS } from './attacks/approvals.ts';
import { SIGNATURE_ATTACKS } from './attacks/signatures.ts';
import { SIGNER_ATTACKS } from './attacks/signers.ts';
import { editTip, inLatin1, withHeader } from './workbench.ts';

const scene = tamperScene();

describeAttacks('signatures', SIGNATURE_ATTACKS, scene);
describeAttacks('signers', SIGNER_ATTACKS, scene);
describeAttacks('approvals', APPROVAL_ATTACKS, scene);
describeAttacks('acknowledgements', ACKNOWLEDGEMENT_ATTACKS, scene);

/** Why `verify` looks at names, at every header and at the position in the ledger itself. */
describe('stock git calls good', () => {
  /** What git says of a signature, with this line as the key that it trusts. */
  const judged = async ({ team }: Hospital, signer: string, ...args: readonly string[]) => {
    const file = join(team.repo, '.git/signers');
    await writeFile(file, `${signer}\n`);
    const config = ['-c', 'gpg.format=ssh', '-c', `gpg.ssh.allowedSignersFile=${file}`];
    const { code, stderr } = await run('git', [...config, ...args], {
      cwd: team.repo,
      env: team.sandbox.env,
    });
    return [code, stderr.split('\n')[0]];
  };
  const good = ({ email }: Person) => [0, expect.stringContaining(`Good "git" signature for ${email} with`)];
  const staging = (h: Hospital, late = 0) =>
    deploymentOf(h, 4, { environment: 'staging' }).then((detail) => forgeEvent(h, h.dee, detail, { late }));

  test("an approval at another version's name", async () => {
    const h = await scene.copy();
    const { team, bob } = h;
    const name = `promptaudit/clinical-intake/v2/approved/${bob.email}`;
    await team.git(
      'update-ref',
      `refs/tags/${name}`,
      `refs/tags/promptaudit/discharge/v1/approved/${bob.email}`,
    );
    expect(await judged(h, `${bob.email} ${bob.publicKey}`, 'verify-tag', name)).toEqual(good(bob));
  });

  test('an event with a header that no signature covers', async () => {
    const h = await scene.copy();
    await staging(h);
    await editTip(h, (body) => withHeader(body, 'gpgsig-note approved by Bob and Carol\n'));
    const { dee } = h;
    expect(await judged(h, `${dee.email} ${dee.publicKey}`, 'verify-commit', LEDGER)).toEqual(good(dee));
  });

  test('an event whose words it shows otherwise', async () => {
    const h = await scene.copy();
    const { team, dee } = h;
    const detail = await deploymentOf(h, 4, { environment: 'staging' });
    await forgeEvent(h, dee, detail, { reason: 'Geprüft' });
    await team.git('update-ref', LEDGER, await inLatin1(h, dee, LEDGER));
    expect(await judged(h, `${dee.email} ${dee.publicKey}`, 'verify-commit', LEDGER)).toEqual(good(dee));
    expect(await team.git('log', '-1', '--format=%b', LEDGER)).toMatch(/^GeprÃ¼ft\n/);
  });

  test('an event that is dated before its key was taken away', async () => {
    const h = await scene.copy();
    await staging(h, -3600);
    const { dee, team } = h;
    const until = (time: number) => {
      const stamp = new Date(time * 1000).toISOString().replace(/\D/g, '').slice(0, 14);
      return `${dee.email} valid-before="${stamp}" ${dee.publicKey}`;
    };
    expect(await judged(h, until(team.clock - 600), 'verify-commit', LEDGER)).toEqual(good(dee));
    expect((await judged(h, until(team.clock - 7200), 'verify-commit', LEDGER))[0]).toBe(1);
  });
});
