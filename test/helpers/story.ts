import { DISCHARGE, type Hospital, INTAKE, policyOf, promptText, setPolicy } from './hospital.ts';

/** Events 7 to 17, one a minute from 09:06 on: Bob and Carol approve, Dee deploys, an emergency is rolled back. */
export async function tell({ team, ada, alice, dan, bob, carol, dee }: Hospital): Promise<void> {
  await team.ok(bob, ['approve', 'clinical-intake@2', '-m', 'Reviewed for clinical safety']);
  await team.ok(carol, ['approve', 'clinical-intake@v2', '-e', 'production', '-m', 'Reviewed wording']);
  await team.ok(dee, ['deploy', 'clinical-intake', '-e', 'staging']);
  await team.ok(dee, [
    'promote',
    'clinical-intake',
    '--to',
    'production',
    '-m',
    'Evening rollout',
    '--reference',
    'CAB-1432',
  ]);
  await team.write(INTAKE, promptText('clinical-intake', 'Ask about allergies first.', 'Be brief.'));
  await team.ok(dan, ['commit', '-m', 'Be brief']);
  await team.ok(ada, [
    'deploy',
    'clinical-intake@3',
    '-e',
    'production',
    '--emergency',
    '-m',
    'Answers run too long',
  ]);
  await team.ok(dee, ['rollback', 'clinical-intake', '-e', 'production', '-m', 'Patients were cut short']);
  await team.write(DISCHARGE, promptText('discharge', 'Sum up the visit in plain words.'));
  await team.ok(alice, ['commit', 'prompts/discharge.prompt.yml', '-m', 'Plain words']);
  await team.ok(dee, ['deploy', 'discharge@2', '-e', 'staging']);
  await team.ok(dee, ['withdraw', 'discharge', '-e', 'staging', '--reference', 'CAB-1433']);
  await team.ok(carol, ['reject', 'clinical-intake@3', '-m', 'Too brief']);
}

/** Events 18 to 27, one a minute from 09:17 on: what else may happen, up to a policy that two admins allowed. */
export async function tellMore(hospital: Hospital): Promise<void> {
  const { team, ada, alice, bob, carol, dee } = hospital;
  await team.ok(ada, [
    'revoke',
    'clinical-intake@2',
    '--of',
    carol.email,
    '-e',
    'production',
    '-m',
    'She was on leave',
  ]);
  await team.ok(carol, ['approve', 'clinical-intake@2', '-e', 'production,staging', '-m', 'Reviewed again']);
  await team.ok(bob, ['approve', 'discharge@2', '-m', 'Fine', '-m', 'It reads well:\n- short\n- plain']);
  await team.ok(dee, ['withdraw', 'clinical-intake', '-e', 'staging', '-m', 'Out of staging']);
  await team.ok(alice, ['retire', 'discharge', '-m', 'Not used']);
  await team.write('prompts/triage/adults.prompt.yaml', promptText('triage/adults', 'How urgent is it?'));
  await team.ok(alice, ['commit', 'triage/adults', '-m', 'Triage']);
  await team.write(DISCHARGE, promptText('discharge', 'Sum up.'));
  await team.ok(alice, ['commit', '-m', 'Needed after all']);
  const eve = await team.person('Eve');
  const policy = policyOf(hospital, { adminThreshold: 2 });
  policy.principals[eve.email] = { name: 'Eve', roles: ['admin'], keys: [eve.publicKey] };
  await setPolicy(hospital, policy);
  await setPolicy(hospital, { ...policy, rules: [] });
  await team.ok(eve, ['approve', 'policy@4', '-m', 'One approval is enough']);
}

/** Who signed each of the 27 events, and its subject. */
export const TOLD = [
  ['ada', 'found registry acme-clinical'],
  ['ada', 'set policy v1'],
  ['ada', 'set policy v2'],
  ['alice', 'commit clinical-intake v1'],
  ['dan', 'commit clinical-intake v2'],
  ['alice', 'commit discharge v1'],
  ['bob', 'approve clinical-intake v2 for every environment'],
  ['carol', 'approve clinical-intake v2 for production'],
  ['dee', 'deploy clinical-intake v2 to staging'],
  ['dee', 'deploy clinical-intake v2 to production'],
  ['dan', 'commit clinical-intake v3'],
  ['ada', 'deploy clinical-intake v3 to production in an emergency'],
  ['dee', 'roll back clinical-intake to v2 in production'],
  ['alice', 'commit discharge v2'],
  ['dee', 'deploy discharge v2 to staging'],
  ['dee', 'withdraw discharge v2 from staging'],
  ['carol', 'reject clinical-intake v3 for every environment'],
  ['ada', 'revoke the decision of carol@acme.example on clinical-intake v2 for production'],
  ['carol', 'approve clinical-intake v2 for production, staging'],
  ['bob', 'approve discharge v2 for every environment'],
  ['dee', 'withdraw clinical-intake v2 from staging'],
  ['alice', 'retire discharge'],
  ['alice', 'commit triage/adults v1'],
  ['alice', 'commit discharge v3'],
  ['ada', 'set policy v3'],
  ['ada', 'set policy v4'],
  ['eve', 'approve policy v4 for every environment'],
] as const;
