// Puts the compiled command line into few files, which load much faster than hundreds of modules do. Part of
// `npm run build`. The modules stay beside it: for the library, for threads, and to be profiled one by one.
import { readFileSync } from 'node:fs';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join, relative, resolve, sep } from 'node:path';
import { rolldown } from 'rolldown';

const dist = resolve(process.argv[2] ?? join(import.meta.dirname, '../dist'));
const folder = join(dist, 'bundle');

/** What every command of every day loads, in one file with all that it imports. */
const DAILY = new Set(
  [
    ...['main', 'cli/session', 'cli/written', 'cli/namedprompts', 'cli/reason', 'cli/tellstanding'],
    ...['git/native/writing', 'git/native/reftransaction', 'git/native/history'],
    ...['registry/perform', 'registry/drafts', 'registry/planversion'],
    ...['registry/plandecision', 'registry/plandeployment', 'signing/signer'],
    ...['trail/trail', 'trail/readledger', 'trail/index/history'],
  ].map((module) => join(dist, `${module}.js`)),
);

/** Small, or needed by most commands. Every other package stays where it is installed. */
const BUNDLED = ['chalk', 'commander', 'diff', 'valibot', 'yaml'];

const { dependencies } = JSON.parse(readFileSync(join(import.meta.dirname, '../package.json'), 'utf8'));
const external = Object.keys(dependencies)
  .filter((name) => !BUNDLED.includes(name))
  .map((name) => new RegExp(`^${name}(?:/|$)`));

/** A module's own address stays what it is without the bundle: threads and data are found from there. */
const addresses = {
  name: 'addresses of modules',
  transform(code, id) {
    if (!id.startsWith(dist + sep)) return null;
    const path = JSON.stringify(`../${relative(dist, id).split(sep).join('/')}`);
    return code.replaceAll('import.meta.url', `new URL(${path}, import.meta.url).href`);
  },
};

/** Packages that are not in the bundle are imported by what loads it: see src/cli/bundleloader.ts. */
const packages = {
  name: 'imports of packages',
  transform(code, id) {
    if (!id.startsWith(dist + sep)) return null;
    return code.replaceAll(/\bimport\('([^']+)'\)/g, (whole, name) =>
      external.some((pattern) => pattern.test(name)) ? `importPackage('${name}')` : whole,
    );
  },
};

/** What is all ASCII is read faster, and takes half the memory. */
const ascii = {
  name: 'ASCII alone',
  generateBundle(_, output) {
    for (const chunk of Object.values(output)) {
      chunk.code = chunk.code?.replaceAll(/[^\0-\x7f]/g, (unit) => {
        return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
      });
    }
  },
};

await rm(folder, { recursive: true, force: true });
const bundle = await rolldown({
  input: join(dist, 'start.js'),
  platform: 'node',
  external: [/^node:/, ...external],
  plugins: [addresses, packages, ascii],
  // A file of the bundle may hold what is imported when it is needed.
  checks: { ineffectiveDynamicImport: false },
});
const { output } = await bundle.write({
  dir: folder,
  // As CommonJS it loads faster still: node has less to do for it than for its own modules.
  format: 'cjs',
  minify: { compress: false, mangle: false, codegen: { removeWhitespace: true } },
  entryFileNames: '[name].cjs',
  chunkFileNames: '[name]-[hash].cjs',
  codeSplitting: { groups: [{ name: 'daily', test: (id) => DAILY.has(id) }] },
});
await bundle.close();
await writeFile(join(folder, 'LICENSES.txt'), await licences(output));

/** What the packages in the bundle ask to be passed on with them. */
async function licences(chunks) {
  const roots = chunks
    .flatMap((chunk) => Object.keys(chunk.modules))
    .flatMap((id) => /^.*[\\/]node_modules[\\/](?:@[^\\/]+[\\/])?[^\\/]+/.exec(id) ?? []);
  const texts = [...new Set(roots)].sort().map(async (root) => {
    const { name, version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
    const file = (await readdir(root)).find((entry) => /^licen[cs]e/i.test(entry));
    if (file === undefined) throw new Error(`${name} is bundled and has no licence to pass on`);
    return `${name} ${version}\n\n${(await readFile(join(root, file), 'utf8')).trim()}\n`;
  });
  return (await Promise.all(texts)).join('\n\n');
}
