import { argument, flag, requiredText, text, verb, versionOf } from '../declare.ts';
import { DRY_RUN, MESSAGE, REFERENCE } from './shared.ts';

const NAME = argument('name', 'one', 'the prompt');
const ENV = { env: requiredText('-e, --env <name>', 'the environment; needed') };

export const releasing = {
  deploy: verb({
    summary: 'make a version active in an environment',
    arguments: [argument('ref', 'one', 'e.g. intake@12')],
    options: {
      ...ENV,
      emergency: flag('--emergency', 'without the approvals, which must follow; needs a reason'),
      ...REFERENCE,
      ...MESSAGE,
      ...DRY_RUN,
    },
    examples: ['promptaudit deploy intake@12 -e production -m "Rollout" --reference CAB-1432'],
  }),
  promote: verb({
    summary: 'deploy what is active in one environment to another',
    arguments: [NAME],
    options: {
      from: text('--from <name>', 'otherwise where the policy says that it must come from'),
      to: requiredText('--to <name>', 'the environment to deploy to; needed'),
      ...REFERENCE,
      ...MESSAGE,
      ...DRY_RUN,
    },
  }),
  rollback: verb({
    summary: 'go back to a version that was active before',
    arguments: [NAME],
    options: {
      ...ENV,
      to: versionOf('--to <version>', 'its number; otherwise the one that was replaced last'),
      ...REFERENCE,
      ...MESSAGE,
      ...DRY_RUN,
    },
  }),
  withdraw: verb({
    summary: 'leave nothing of a prompt active in an environment',
    arguments: [NAME],
    options: { ...ENV, ...REFERENCE, ...MESSAGE, ...DRY_RUN },
  }),
};
