/** Reads the titles of tests from a source file. */
import { readFileSync } from 'node:fs';
import { parseSync } from 'oxc-parser';

/** Functions whose first argument is the title of a test. */
const DECLARE = new Set(['test', 'it', 'play', 'playLan']);

/** The titles of a test file, with `…` for each value that is inserted when the test is declared. */
export function testTitles(path: string, text = readFileSync(path, 'utf8')): ReadonlySet<string> {
  const titles = new Set<string>();
  const visit = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return;
    const { type, callee, arguments: args } = node as Partial<Call>;
    if (type === 'CallExpression' && DECLARE.has(callee?.name ?? '')) {
      const title = titleIn(args?.[0]);
      if (title !== null) titles.add(title);
    }
    for (const child of Object.values(node)) visit(child);
  };
  visit(parseSync(path, text).program);
  return titles;
}

/** The fields of a call in the syntax tree that matter here. */
interface Call {
  readonly type: string;
  readonly callee: { readonly name?: string };
  readonly arguments: readonly Title[];
}

interface Title {
  readonly type: string;
  readonly value?: unknown;
  readonly quasis?: readonly { readonly value: { readonly cooked: string } }[];
}

/** A literal or template string; null for any other argument. */
function titleIn(argument: Title | undefined): string | null {
  if (argument?.type === 'Literal' && typeof argument.value === 'string') return argument.value;
  if (argument?.type !== 'TemplateLiteral') return null;
  return argument.quasis?.map(({ value }) => value.cooked).join('…') ?? null;
}
