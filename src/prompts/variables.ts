import { Failure } from '../failure.ts';
import { readText } from './file-text.ts';
import { isPlainMap } from './plain-value.ts';
import { readYamlTree } from './yaml-tree.ts';

/** Variables for `render` from a YAML or JSON file: one map of names to scalars. @throws Failure naming the file */
export function readVariables(bytes: Uint8Array, file: string): ReadonlyMap<string, string> {
  const { text, faults } = readText(bytes);
  const fault = faults.find(({ severity }) => severity === 'error');
  if (fault !== undefined) throw new Failure(`${file}: ${fault.message}`);
  const { tree, faults: found } = readYamlTree(text);
  const broken = found.find(({ severity }) => severity === 'error');
  if (broken !== undefined) throw new Failure(`${file}: ${broken.message}`);
  const value = tree?.value;
  if (!isPlainMap(value)) throw new Failure(`${file} is no map of variables: write one "name: value" a line`);
  return new Map(Object.entries(value).map(([name, one]) => [name, scalarText(one, name, file)]));
}

function scalarText(value: unknown, name: string, file: string): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  throw new Failure(`${file}: the variable ${name} is neither text, number nor true or false`);
}
