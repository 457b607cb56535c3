import { z } from 'zod';
import { type ErrorCode, type ErrorPlace, TransshipError } from '../errors.ts';
import { readYaml, type YamlDocument } from './document.ts';
import { type Fault, formatPath, Part } from './fault.ts';
import { faultsOf, type FieldSchema } from './issues.ts';
import { substitute, type Variables } from './substitute.ts';

/** How one kind of file is read. */
export interface Rules<S extends z.ZodType> {
  /** Raised with every place that is wrong. */
  code: ErrorCode;
  schema: S;
  /** Variables for `${NAME}` in values; left out: such text is taken as it is. */
  variables?: Variables;
  /** What a schema cannot say: how parts agree with each other. Looks at whatever is well-formed, so that all is told at once. */
  check: (root: Part) => Fault[];
}

/**
 * Reads a YAML text into what its schema gives, with every default filled in.
 * @param source name of the file, for messages
 * @throws TransshipError `rules.code` with every place that is wrong, in the order of the text
 */
export function readText<S extends z.ZodType>(text: string, source: string, rules: Rules<S>): z.output<S> {
  const document = readYaml(text);
  if (document.syntax.length > 0) {
    const places = document.syntax.map(({ message, ...at }) => ({
      path: '',
      ...at,
      message: `line ${at.line}, column ${at.column}: ${message}`,
    }));
    throw invalid(rules.code, source, places);
  }
  const filled =
    rules.variables === undefined ? { value: document.value, faults: [] } : substitute(document.value, rules.variables);
  const result = rules.schema.safeParse(filled.value);
  const faults = [...filled.faults];
  const told = new Set(faults.map(({ path }) => formatPath(path)));
  // One fault a place: what follows from a variable that is missing, or from a value of the wrong kind, adds nothing.
  const tell = (more: Fault[]): void => {
    faults.push(...more.filter(({ path }) => !told.has(formatPath(path))));
    for (const { path } of more) told.add(formatPath(path));
  };
  tell(result.success ? [] : faultsOf(result.error, fieldSchema(rules.schema), filled.value));
  tell(rules.check(new Part(filled.value)));
  if (faults.length > 0 || !result.success) throw invalid(rules.code, source, located(faults, document));
  return result.data;
}

/** The schema of what a file may hold, as data. */
export function fieldSchema(schema: z.ZodType): FieldSchema {
  return z.toJSONSchema(schema, { io: 'input' }) as FieldSchema;
}

function located(faults: Fault[], document: YamlDocument): ErrorPlace[] {
  const places = faults.map(({ path, ...fault }) => ({
    path: formatPath(path),
    ...fault,
    ...document.positionOf(path),
  }));
  return places.sort((a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0));
}

function invalid(code: ErrorCode, source: string, places: ErrorPlace[]): TransshipError {
  const [first, ...others] = places;
  const where = first === undefined ? '' : `${first.path === '' ? '' : `${first.path} `}${first.message}`;
  const more = others.length === 0 ? '' : `, and ${others.length} more`;
  return new TransshipError(code, `${source}: ${where}${more}`, { places });
}
