/**
 * Message text with variables. A variable is `{{name}}`, spaces or tabs inside the braces allowed; a name is ASCII letters,
 * digits and `_`, not beginning with a digit. Dots and dashes are not part of a name: in other template languages they
 * reach into objects or subtract. There is no escape: to say `{{` to a model, let a variable's value hold it.
 */
export type TemplatePart =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'variable'; readonly name: string; readonly offset: number };

export interface TemplateFault {
  readonly code: 'template/control-syntax' | 'template/variable-name' | 'template/unclosed';
  /** In UTF-16 code units from the start of the text. */
  readonly offset: number;
  readonly message: string;
}

export interface Template {
  /** In order; together they are the whole text. */
  readonly parts: readonly TemplatePart[];
  readonly faults: readonly TemplateFault[];
}

export const VARIABLE_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** Splits message text into literal text and variables. What looks like another template language is a fault and stays text. */
export function parseTemplate(text: string): Template {
  const parts: TemplatePart[] = [];
  const faults: TemplateFault[] = [];
  const lastCommentEnd = text.lastIndexOf('#}');
  const opener = /\{\{\{+|\{\{|\{%|\{#/g;
  let taken = 0;
  for (let match = opener.exec(text); match !== null; match = opener.exec(text)) {
    const offset = match.index;
    // Alone, `{#` is ordinary text (CSS, LaTeX); with an end after it, it is a comment that would vanish elsewhere.
    if (match[0] === '{#' && lastCommentEnd < offset + 2) continue;
    const found = match[0] === '{{' ? readVariable(text, offset) : controlFault(match[0], offset);
    if ('code' in found) {
      faults.push(found);
      continue;
    }
    if (offset > taken) parts.push({ kind: 'text', text: text.slice(taken, offset) });
    parts.push({ kind: 'variable', name: found.name, offset });
    taken = found.end;
    opener.lastIndex = found.end;
  }
  if (taken < text.length) parts.push({ kind: 'text', text: text.slice(taken) });
  return { parts, faults };
}

/** The names of the variables in some parts, each once, in order of first use. */
export function variableNames(parts: readonly TemplatePart[]): readonly string[] {
  return [...new Set(parts.flatMap((part) => (part.kind === 'variable' ? [part.name] : [])))];
}

const CONTROL = /\{\{[ \t]*([#/>^!&=~%*-])/y;
const VARIABLE = /\{\{[ \t]*([A-Za-z_][A-Za-z0-9_]*)[ \t]*\}\}/y;
const BRACED = /\{\{[^\n{}]*\}\}/y;
const LONGEST_SHOWN = 40;

function readVariable(text: string, offset: number): { name: string; end: number } | TemplateFault {
  CONTROL.lastIndex = offset;
  const sign = CONTROL.exec(text)?.[1];
  if (sign !== undefined) return controlFault(`{{${sign}`, offset);
  VARIABLE.lastIndex = offset;
  const variable = VARIABLE.exec(text);
  if (variable?.[1] !== undefined) return { name: variable[1], end: offset + variable[0].length };
  BRACED.lastIndex = offset;
  const braced = BRACED.exec(text);
  if (braced === null) {
    const message = "'{{' has no '}}' on its line: a variable is {{name}}";
    return { code: 'template/unclosed', offset, message };
  }
  const shown = braced[0].length > LONGEST_SHOWN ? `${braced[0].slice(0, LONGEST_SHOWN)}…` : braced[0];
  const message = `${shown} is no variable: its name may have letters, digits and _, not beginning with a digit`;
  return { code: 'template/variable-name', offset, message };
}

function controlFault(syntax: string, offset: number): TemplateFault {
  const shown = syntax.startsWith('{{{') ? '{{{' : syntax;
  const message = `'${shown}' is control syntax of another template language: only {{name}} is filled in`;
  return { code: 'template/control-syntax', offset, message };
}
