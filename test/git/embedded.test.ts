import { openEmbeddedStore } from '../../src/git/embedded/store.ts';
import { storeContract } from './store-contract.ts';

storeContract({
  name: 'embedded',
  open: (cwd, env) => openEmbeddedStore({ cwd, env }),
  capabilities: { sha256: false, reftable: false, filters: false },
});
