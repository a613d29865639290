import { exportTo } from '../callexport.ts';
import type { Run } from '../command.ts';

export const run: Run<'calls export'> = (context, [file], options) => exportTo(context, file, options);
