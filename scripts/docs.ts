/**
 * Writes the pages of docs/reference that are made from the code: errors.md from the error table, fleet.md, app.md and
 * sync-rule.md from the schemas.
 *   npm run docs              writes them
 *   npm run docs -- --check   changes nothing; fails and names the pages that differ
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cliPage } from '../src/cli/reference.ts';
import { appSchema } from '../src/domain/app.ts';
import { type ErrorRow, ERRORS } from '../src/domain/errors.ts';
import { fleetSchema } from '../src/domain/fleet.ts';
import type { FieldSchema } from '../src/domain/input/issues.ts';
import { fieldSchema } from '../src/domain/input/read.ts';
import { syncRuleSchema } from '../src/domain/sync/rule.ts';

const MADE = '<!-- Made from the code by "npm run docs". Change the code, not this page. -->';

/** Pages by their path in the project. */
const PAGES: Record<string, () => string> = {
  'docs/reference/errors.md': errorsPage,
  'docs/reference/cli.md': () => cliPage(MADE),
  'docs/reference/fleet.md': () =>
    filePage(
      'The fleet file',
      'One file describes the fleet; every process reads it. `fleet.example.yml` is one to start from; ' +
        '`transship fleet check` tells every place that is wrong. Unknown keys are refused.\n\n' +
        'Values may hold environment variables: `${NAME}`, or `${NAME:-default}` where the variable may be unset or empty; ' +
        '`$${` stands for a plain `${`. A value that is nothing but one variable and reads as a number is a number.',
      fieldSchema(fleetSchema),
    ),
  'docs/reference/app.md': () =>
    filePage(
      'The app file',
      'One file describes an app: its groups, where their instances are, what they run. `app.example.yml` is one to start ' +
        'from; `transship app apply -f app.yml` shows what it changes, then applies it. Unknown keys are refused.',
      fieldSchema(appSchema),
    ),
  'docs/reference/sync-rule.md': () =>
    filePage(
      'The sync rule',
      'A rule says which images go from one registry to others; [registries](../registries.md) has an example and what ' +
        'rules may not do together. `transship image rules apply -f rule.yml` shows what it changes, then applies it. ' +
        'Unknown keys are refused.',
      fieldSchema(syncRuleSchema),
    ),
};

const SECTIONS: [ErrorRow['verdict'], string, string][] = [
  ['refused', 'Refused', 'The request cannot be done as it is. Nothing was changed.'],
  ['failed', 'Failed', 'The version is bad: the instance that shows it stays out of traffic.'],
  ['errored', 'Errored', 'We cannot tell: nothing is concluded about the version, the operation holds.'],
];

function errorsPage(): string {
  const rows = Object.entries<ErrorRow>(ERRORS);
  const sections = SECTIONS.map(([verdict, title, meaning]) => {
    const lines = rows
      .filter(([, row]) => row.verdict === verdict)
      .map(([code, row]) =>
        line(`<a id="${code}"></a>\`${code}\``, String(row.status), row.title, row.next, row.retryable ? 'yes' : 'no'),
      );
    return [`## ${title}`, '', meaning, '', table(['code', 'HTTP', 'what', 'what to do next', 'retried'], lines)].join(
      '\n',
    );
  });
  const intro =
    'Every error has a code; match on it, it is stable. REST answers are `application/problem+json` (RFC 9457) with `code`, ' +
    '`detail` (what is wrong, here and now), `next` and, for wrong input, `errors` with the path of each place. ' +
    '"Retried": the same call may succeed later without a change.';
  return [`# Errors`, '', MADE, '', intro, '', sections.join('\n\n'), ''].join('\n');
}

function filePage(title: string, intro: string, schema: FieldSchema): string {
  return [
    `# ${title}`,
    '',
    MADE,
    '',
    intro,
    '',
    table(['field', 'type', 'default', 'meaning'], fieldLines(schema, '')),
    '',
  ].join('\n');
}

function fieldLines(schema: FieldSchema, prefix: string): string[] {
  return Object.entries(schema.properties ?? {}).flatMap(([key, field]) => {
    const path = prefix === '' ? key : `${prefix}.${key}`;
    const required = schema.required?.includes(key) === true;
    const own = line(
      `\`${path}\``,
      typeText(field),
      required ? '**required**' : defaultText(field),
      field.description ?? '',
    );
    const variants = (field.items?.oneOf ?? []).flatMap((variant) =>
      fieldLines(variant, `${path}[${String(variant.properties?.['kind']?.const)}]`),
    );
    const inner =
      field.items?.properties === undefined ? fieldLines(field, path) : fieldLines(field.items, `${path}[]`);
    return [own, ...variants, ...inner];
  });
}

function defaultText({ default: value }: FieldSchema): string {
  if (value === undefined || JSON.stringify(value) === '{}') return '';
  return `\`${JSON.stringify(value)}\``;
}

function typeText(field: FieldSchema): string {
  if (field.const !== undefined) return `\`${JSON.stringify(field.const)}\``;
  if (field.enum !== undefined) return field.enum.map((value) => `\`${JSON.stringify(value)}\``).join(' or ');
  switch (field.type) {
    case 'array':
      return field.items?.properties === undefined && field.items?.oneOf === undefined
        ? `list of ${typeText(field.items ?? {})}`
        : 'list';
    case 'object':
      return typeof field.additionalProperties === 'object' &&
        field.additionalProperties.type !== undefined &&
        field.properties === undefined
        ? `mapping to ${typeText(field.additionalProperties)}`
        : 'mapping';
    case 'integer':
      return `whole number${rangeText(field)}`;
    case 'number':
      return `number${rangeText(field)}`;
    case 'string':
      return 'text';
    default:
      return field.type ?? '';
  }
}

function rangeText({ minimum, exclusiveMinimum, maximum }: FieldSchema): string {
  const least = exclusiveMinimum === undefined ? minimum : `over ${exclusiveMinimum}`;
  if (least === undefined || maximum === undefined) return '';
  return typeof least === 'string' ? `, ${least}, at most ${maximum}` : `, ${least}–${maximum}`;
}

const line = (...cells: string[]): string => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;

const table = (head: string[], lines: string[]): string =>
  [line(...head), line(...head.map(() => '---')), ...lines].join('\n');

const fileOf = (page: string): string => fileURLToPath(new URL(`../${page}`, import.meta.url));

/** Pages that are missing or differ from what the code says. */
export async function stalePages(): Promise<string[]> {
  const stale = [];
  for (const [page, render] of Object.entries(PAGES)) {
    const written = await readFile(fileOf(page), 'utf8').catch(() => '');
    if (written !== render()) stale.push(page);
  }
  return stale;
}

async function writePages(): Promise<void> {
  for (const [page, render] of Object.entries(PAGES)) {
    await mkdir(dirname(fileOf(page)), { recursive: true });
    await writeFile(fileOf(page), render());
    process.stdout.write(`${page}\n`);
  }
}

async function check(): Promise<void> {
  const stale = await stalePages();
  if (stale.length === 0) return;
  process.stderr.write(`${stale.join(', ')}: not what the code says; run "npm run docs" and commit\n`);
  process.exitCode = 1;
}

// `main` is missing where another runtime than Node loads this file, as the test runner does.
if ((import.meta as { main?: boolean }).main === true)
  await (process.argv.includes('--check') ? check() : writePages());
