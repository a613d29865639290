import { EOL } from 'node:os';
import type { GitConfig } from '../store.ts';
import type { Attribute, Attributes } from './attributes.ts';
import type { LineEnds } from './lineends.ts';

/** The direction of a filter: towards the repository, or towards the working tree. */
export type Direction = 'clean' | 'smudge';

/**
 * Why a path's content cannot be converted without git, in words that follow "because"; `undefined` where it can.
 * Source: gitattributes(5), `filter`, `ident`, `working-tree-encoding`.
 */
export function obstacle(
  attributes: Attributes,
  config: GitConfig,
  direction: Direction,
  bytes: Uint8Array,
): string | undefined {
  const filter = attributes.get('filter');
  if (typeof filter === 'string' && filterActs(filter, config, direction)) {
    return `its filter ${filter} is a program of git's: use --git native`;
  }
  if (attributes.get('ident') === true && Buffer.from(bytes).includes('$Id')) {
    return 'it has the attribute ident: use --git native';
  }
  const encoding = attributes.get('working-tree-encoding');
  if (encoding !== undefined && !/^utf-?8$/i.test(String(encoding))) {
    return `it has the attribute working-tree-encoding=${encoding}: use --git native`;
  }
  return undefined;
}

function filterActs(name: string, config: GitConfig, direction: Direction): boolean {
  return (
    Boolean(config.get(`filter.${name}.${direction}`)) ||
    Boolean(config.get(`filter.${name}.process`)) ||
    config.getBool(`filter.${name}.required`) === true
  );
}

type Text = 'binary' | 'text' | 'input' | 'auto' | undefined;

function textOf(state: Attribute | undefined): Text {
  switch (state) {
    case true:
      return 'text';
    case false:
      return 'binary';
    case 'input':
    case 'auto':
      return state;
    default:
      return undefined;
  }
}

/** How a path's line ends are treated. Source: gitattributes(5), `text`, `eol`, `crlf`; git-config(1), `core.autocrlf`. */
export function lineEndsOf(attributes: Attributes, config: GitConfig): LineEnds {
  const text = textOf(attributes.get('text')) ?? textOf(attributes.get('crlf'));
  if (text === 'binary') {
    return { kind: 'binary' };
  }
  const eol = attributes.get('eol');
  const autocrlf = readAutocrlf(config);
  if (text === undefined && eol !== 'lf' && eol !== 'crlf') {
    return autocrlf === 'false'
      ? { kind: 'binary' }
      : { kind: 'text', guess: true, crlf: autocrlf === 'true' };
  }
  const guess = text === 'auto';
  if (eol === 'lf' || eol === 'crlf') {
    return { kind: 'text', guess, crlf: eol === 'crlf' };
  }
  return { kind: 'text', guess, crlf: text !== 'input' && textIsCrlf(autocrlf, config) };
}

function readAutocrlf(config: GitConfig): 'true' | 'input' | 'false' {
  if (config.get('core.autocrlf')?.toLowerCase() === 'input') {
    return 'input';
  }
  return config.getBool('core.autocrlf') === true ? 'true' : 'false';
}

function textIsCrlf(autocrlf: 'true' | 'input' | 'false', config: GitConfig): boolean {
  if (autocrlf !== 'false') {
    return autocrlf === 'true';
  }
  switch (config.get('core.eol')?.toLowerCase()) {
    case 'crlf':
      return true;
    case 'lf':
      return false;
    default:
      return EOL === '\r\n';
  }
}
