import { type Document, isMap, isScalar, isSeq, LineCounter, parseDocument, visit, type YAMLError } from 'yaml';
import type { Path } from './fault.ts';

interface Position {
  line: number;
  column: number;
}

/** A syntax error: it has no path, because there is no document yet. */
interface SyntaxFault extends Position {
  message: string;
  hint?: string;
}

/** A YAML 1.2 text (so JSON too) as plain values, and where in the text they stand. */
export interface YamlDocument {
  value: unknown;
  syntax: SyntaxFault[];
  /** Position of the key or list item at a path, or of the nearest thing above it that exists. */
  positionOf(path: Path): Position | undefined;
}

/** Reads one YAML document. Duplicate keys, unknown tags, unresolved aliases and a second document are syntax errors. */
export function readYaml(text: string): YamlDocument {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true });
  const at = (offset: number): Position => {
    const { line, col } = lines.linePos(offset);
    return { line, column: col };
  };
  const syntax = worthTelling([...document.errors, ...document.warnings]).map((error) => ({
    ...at(error.pos[0]),
    ...wording(error, text),
  }));
  let value: unknown;
  if (syntax.length === 0) {
    try {
      value = document.toJS();
    } catch (error) {
      // Aliases are resolved here: to an anchor that is missing, or so often that the text would explode.
      const message = error instanceof Error ? error.message : String(error);
      syntax.push({ ...at(brokenAlias(document) ?? 0), message });
    }
  }

  const positionOf = (path: Path): Position | undefined => {
    let node: unknown = document.contents;
    let offset: number | undefined;
    for (const segment of path) {
      if (isMap(node)) {
        const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === String(segment));
        if (pair === undefined) break;
        offset = startOf(pair.key) ?? offset;
        node = pair.value;
      } else if (isSeq(node) && typeof segment === 'number') {
        node = node.items[segment];
        offset = startOf(node) ?? offset;
      } else break;
    }
    return offset === undefined ? undefined : at(offset);
  };
  return { value, syntax, positionOf };
}

function startOf(node: unknown): number | undefined {
  const range = (node as { range?: [number, number, number] | null } | null | undefined)?.range;
  return range?.[0];
}

/** What follows a broken structure is a consequence of it: only the first is told. */
function worthTelling(errors: YAMLError[]): YAMLError[] {
  const broken = errors.find(({ code }) => code !== 'DUPLICATE_KEY' && code !== 'TAG_RESOLVE_FAILED');
  return broken === undefined ? errors : [broken];
}

function brokenAlias(document: Document): number | undefined {
  let offset: number | undefined;
  visit(document, {
    Alias: (_key, alias) => {
      if (alias.resolve(document) !== undefined) return undefined;
      offset = startOf(alias);
      return visit.BREAK;
    },
  });
  return offset;
}

function wording(error: YAMLError, text: string): { message: string; hint?: string } {
  if (error.code === 'DUPLICATE_KEY') {
    const key = /^[^:\n]*/.exec(text.slice(error.pos[0]))?.[0].trim() ?? '';
    return { message: `the key ${JSON.stringify(key)} is there twice in one mapping`, hint: 'keep one of them' };
  }
  if (error.code === 'MULTIPLE_DOCS') return { message: 'a second document starts here', hint: 'keep one in a file' };
  if (error.code === 'TAB_AS_INDENT') return { message: error.message, hint: 'indent with spaces' };
  const line = text.slice(text.lastIndexOf('\n', error.pos[0]) + 1).split('\n', 1)[0] ?? '';
  if (line.includes('${')) return { message: error.message, hint: 'between braces, quote it: "${NAME}"' };
  return { message: error.message };
}
