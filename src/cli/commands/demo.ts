import { isAbsolute, relative, resolve } from 'node:path';
import { closingText } from '../../demo/closing.ts';
import { play } from '../../demo/play.ts';
import { jsonDocument } from '../../report/json.ts';
import type { Run } from '../command.ts';

const DEFAULT_FOLDER = 'promptaudit-demo';

/** `{schema: "promptaudit/demo@1", folder, commands: [{who, command, exit}]}` */
export const run: Run<'demo'> = async (context, [dir = DEFAULT_FOLDER]) => {
  const { env, random } = context;
  const folder = resolve(context.cwd, dir);
  const commands = await play(
    {
      env,
      now: context.now(),
      random: (length) => random.bytes(length),
      page: await context.page(),
      adapter: context.adapter(),
      print: async (text) => {
        if (!context.json && !context.quiet) await context.print(text);
      },
      run: (line) => context.run(line),
    },
    folder,
  );
  const shown = relative(context.cwd, folder) || '.';
  // Elsewhere npx would not find this installation, and ask the package registry.
  const npx = env.npm_command === 'exec' && !shown.startsWith('..') && !isAbsolute(shown);
  await context.answer(
    () => jsonDocument({ schema: 'promptaudit/demo@1', folder, commands }),
    (page) => closingText(shown, npx ? 'npx promptaudit' : 'promptaudit', page),
  );
  return 0;
};
