/** Parses source files and lists the imports and identifiers that the import rules check. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, posix, sep } from 'node:path';
import { parseSync } from 'oxc-parser';

/** One import, re-export or dynamic import. */
export interface Import {
  /** Path from the top of the repository for own files, otherwise as written; null if it is not a literal. */
  readonly target: string | null;
  /** Erased by the compiler: `import type`, `export type … from`, `import('…')` in a type. */
  readonly typeOnly: boolean;
}

/** One source file. */
export interface Source {
  /** From the top of the repository, with `/`. */
  readonly path: string;
  readonly imports: readonly Import[];
  /** Every identifier that is not a property name, every `a.b`, and `await`, `async` and `new Date()`. */
  readonly names: ReadonlySet<string>;
}

interface Node {
  readonly type: string;
  readonly [field: string]: unknown;
}

/** Parses all TypeScript below the given folders or files of `root`. Throws if one does not parse. */
export function readSources(root: string, places: readonly string[]): Source[] {
  return places
    .flatMap((place) => listFiles(root, place))
    .map((path) => parse(path, readFileSync(join(root, path), 'utf8')));
}

function listFiles(root: string, place: string): string[] {
  if (place.endsWith('.ts')) return [place];
  return readdirSync(join(root, place), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => posix.join(place, name.replaceAll(sep, '/')));
}

function parse(path: string, text: string): Source {
  const { program, errors } = parseSync(path, text);
  if (errors.length > 0) throw new Error(`${path}: ${errors[0]?.message}`);
  const imports: Import[] = [];
  const names = new Set<string>();
  const add = (source: unknown, typeOnly: boolean): void => {
    const written = isNode(source) && typeof source['value'] === 'string' ? source['value'] : null;
    const own = written !== null && /^\.{0,2}\//.test(written);
    imports.push({ target: own ? posix.join(posix.dirname(path), written) : written, typeOnly });
  };
  walk(program, (node) => {
    switch (node.type) {
      case 'ImportDeclaration':
        return add(node['source'], node['importKind'] === 'type');
      case 'ExportAllDeclaration':
      case 'ExportNamedDeclaration':
        if (node['source'] !== null) add(node['source'], node['exportKind'] === 'type');
        return;
      case 'ImportExpression':
        return add(node['source'], false);
      case 'TSImportType':
        return add(node['source'], true);
      case 'TSImportEqualsDeclaration':
        return add(null, false);
      case 'AwaitExpression':
        names.add('await');
        return;
      case 'NewExpression':
        if (nameOf(node['callee']) === 'Date' && Array.isArray(node['arguments']) && node['arguments'].length === 0)
          names.add('new Date()');
        return;
      case 'MemberExpression':
        names.add(`${nameOf(node['object'])}.${nameOf(node['property'])}`);
        return;
      case 'Identifier':
        names.add(nameOf(node));
        return;
      default:
        if (node['async'] === true || node['await'] === true) names.add('async');
    }
  });
  return { path, imports, names };
}

/** Visits every node except property names, which mean nothing by themselves. */
function walk(value: unknown, visit: (node: Node) => void): void {
  if (Array.isArray(value)) {
    for (const item of value) walk(item, visit);
  } else if (isNode(value)) {
    visit(value);
    const named = value['computed'] === true ? null : value.type === 'MemberExpression' ? 'property' : 'key';
    for (const [field, child] of Object.entries(value)) if (field !== named) walk(child, visit);
  }
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string';
}

/** The name of an identifier, or the text of a literal (`globalThis['process']`); empty for anything else. */
function nameOf(value: unknown): string {
  if (!isNode(value)) return '';
  const name = value['name'] ?? value['value'];
  return typeof name === 'string' ? name : '';
}
