import type { RegistryRule } from './evidence.ts';

/** The files of sealed segments are there and as they were sealed, and nothing lies beside them that no seal vouches for. */
export const sealedCallsAreThere: RegistryRule = ({ calls }) => calls.checked?.findings ?? [];
