import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const SRC = resolve(import.meta.dirname, '../src');

/** Arrows go down only; folders on one layer may use each other as long as there is no circle (design section 3). */
const LAYERS = [
  ['main', 'index', 'start'],
  ['cli'],
  ['demo'],
  ['registry', 'sync', 'hooks', 'verify', 'trail', 'calls', 'report'],
  ['policy', 'ledger', 'prompts'],
  ['signing'],
  ['git'],
  ['failure', 'threadpriority'],
];

/** What the start of a command must not pay for; each is reached through a dynamic import only. */
const HEAVY = [
  '@duckdb/node-api',
  '@secretlint/core',
  'age-encryption',
  'chalk',
  'diff',
  'isomorphic-git',
  'libphonenumber-js',
  'openpgp',
  'protobufjs',
  'validator',
  'valibot',
  'yaml',
];

interface Import {
  readonly specifier: string;
  readonly lazy: boolean;
  readonly typeOnly: boolean;
}

type Graph = ReadonlyMap<string, readonly Import[]>;

const STATIC = /^(?:import|export)\s+(type\s+)?(?:[^'";]*?\sfrom\s+)?'([^']+)'/gm;
const DYNAMIC = /\bimport\(\s*'([^']+)'/g;

/** The imports of a module, as Biome lays them out: single quotes, a statement at the beginning of a line. */
function importsOf(source: string): Import[] {
  const code = source.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '');
  return [
    ...Array.from(code.matchAll(STATIC), ([, type, specifier = '']) => ({
      specifier,
      lazy: false,
      typeOnly: type !== undefined,
    })),
    ...Array.from(code.matchAll(DYNAMIC), ([, specifier = '']) => ({
      specifier,
      lazy: true,
      typeOnly: false,
    })),
  ];
}

/** Modules by their path below `src`, with relative specifiers made such paths too. */
function readGraph(): Graph {
  const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.ts'),
  );
  return new Map(
    files.map((file) => {
      const imports = importsOf(readFileSync(join(SRC, file), 'utf8')).map((one) => ({
        ...one,
        specifier: one.specifier.startsWith('.')
          ? relative(SRC, resolve(SRC, dirname(file), one.specifier))
          : one.specifier,
      }));
      return [file, imports] as const;
    }),
  );
}

/** `ledger` for `ledger/event.ts`, `failure` for `failure.ts`. */
function unitOf(file: string): string {
  return file.split('/')[0]?.replace(/\.ts$/, '') ?? file;
}

function layerOf(file: string): number {
  return LAYERS.findIndex((units) => units.includes(unitOf(file)));
}

/** The first circle that is found, as the path around it; `undefined` when there is none. */
function circleIn(arrows: ReadonlyMap<string, readonly string[]>): string[] | undefined {
  const done = new Set<string>();
  const path: string[] = [];
  const visit = (node: string): string[] | undefined => {
    if (path.includes(node)) return [...path.slice(path.indexOf(node)), node];
    if (done.has(node)) return undefined;
    path.push(node);
    for (const next of arrows.get(node) ?? []) {
      const circle = visit(next);
      if (circle) return circle;
    }
    path.pop();
    done.add(node);
    return undefined;
  };
  for (const node of arrows.keys()) {
    const circle = visit(node);
    if (circle) return circle;
  }
  return undefined;
}

/** Every package that loading `entry` loads at once, without what is imported dynamically or for types only. */
function packagesAtStart(graph: Graph, entry: string): string[] {
  const seen = new Set<string>();
  const packages = new Set<string>();
  const visit = (file: string): void => {
    if (seen.has(file)) return;
    seen.add(file);
    for (const { specifier, lazy, typeOnly } of graph.get(file) ?? []) {
      if (lazy || typeOnly) continue;
      if (graph.has(specifier)) visit(specifier);
      else packages.add(specifier);
    }
  };
  visit(entry);
  return [...packages].sort();
}

describe('the scanner', () => {
  it('finds every kind of import', () => {
    const source = `
import { a, type B } from './a.ts';
import type { C } from '../c.ts';
import {
  d,
} from 'd';
import 'side-effect';
export { e } from './e.ts';
// import './not.ts';
/* import './nor.ts'; */
const f = await import('./f.ts');
const text = "import './string.ts'";
`;
    expect(importsOf(source)).toEqual([
      { specifier: './a.ts', lazy: false, typeOnly: false },
      { specifier: '../c.ts', lazy: false, typeOnly: true },
      { specifier: 'd', lazy: false, typeOnly: false },
      { specifier: 'side-effect', lazy: false, typeOnly: false },
      { specifier: './e.ts', lazy: false, typeOnly: false },
      { specifier: './f.ts', lazy: true, typeOnly: false },
    ]);
  });

  it('finds circles', () => {
    const line = new Map([
      ['a', ['b', 'c']],
      ['b', ['c']],
      ['c', []],
    ]);
    expect(circleIn(line)).toBeUndefined();
    expect(circleIn(new Map([...line, ['c', ['b']]]))).toEqual(['b', 'c', 'b']);
  });
});

describe('the imports of src', () => {
  const graph = readGraph();
  const arrows = [...graph].flatMap(([from, imports]) =>
    imports
      .filter(({ specifier }) => graph.has(specifier))
      .map(({ specifier }) => [from, specifier] as const),
  );

  it('lead to files that exist', () => {
    const broken = [...graph].flatMap(([from, imports]) =>
      imports
        .filter(({ specifier }) => specifier.endsWith('.ts') && !graph.has(specifier))
        .map(({ specifier }) => `${from} -> ${specifier}`),
    );
    expect(broken).toEqual([]);
  });

  it('are all of folders that have a layer', () => {
    expect([...graph.keys()].filter((file) => layerOf(file) < 0)).toEqual([]);
  });

  it('go down only', () => {
    const up = arrows
      .filter(([from, to]) => layerOf(to) < layerOf(from))
      .map(([from, to]) => `${from} -> ${to}`);
    expect(up).toEqual([]);
  });

  it('make no circle of files', () => {
    const files = new Map([...graph.keys()].map((file) => [file, targetsOf(arrows, file)]));
    expect(circleIn(files)).toBeUndefined();
  });

  it('make no circle of folders', () => {
    const units = arrows
      .map(([from, to]) => [unitOf(from), unitOf(to)] as const)
      .filter(([from, to]) => from !== to);
    const folders = new Map([...graph.keys()].map((file) => [unitOf(file), targetsOf(units, unitOf(file))]));
    expect(circleIn(folders)).toBeUndefined();
  });

  it('load next to nothing at the start', () => {
    expect(packagesAtStart(graph, 'start.ts')).toEqual(['node:fs']);
  });

  it.each(['cli/run.ts', 'report/log.ts', 'trail/model.ts', 'git/store.ts'])(
    'load no heavy library with %s',
    (entry) => {
      expect(packagesAtStart(graph, entry).filter((name) => HEAVY.includes(name))).toEqual([]);
    },
  );
});

function targetsOf(arrows: readonly (readonly [string, string])[], from: string): string[] {
  return [...new Set(arrows.filter(([source]) => source === from).map(([, target]) => target))];
}
