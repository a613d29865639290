import fc from 'fast-check';

/**
 * Properties try the same cases at every run, so that what fails is about what was changed. Another seed tries others:
 * `PROMPTAUDIT_TEST_SEED=$RANDOM npm test`.
 */
fc.configureGlobal({ seed: Number(process.env.PROMPTAUDIT_TEST_SEED ?? 20_261_121) });
