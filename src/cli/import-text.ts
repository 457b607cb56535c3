import type { ErrorPlace } from '../domain/errors.ts';
import type { Beside } from '../domain/marathon/documents.ts';
import type { Finding } from '../domain/marathon/ledger.ts';
import { OUTCOMES, type Outcome, REASONS } from '../domain/marathon/reasons.ts';
import type { Totals } from '../domain/marathon/totals.ts';
import type { Translation } from '../domain/marathon/translate.ts';
import { placeText } from './failure.ts';
import { columns } from './table.ts';
import type { Terminal } from './terminal.ts';

/** An app as it came out: what it is here, and what our own checks say of it. */
export interface ImportedApp extends Translation {
  /** The app file. */
  text: string;
  /** What is wrong in it, where a fleet file was given to check it with. */
  faults: ErrorPlace[];
  /** Where it was written to. */
  file: string | null;
}

const COLORS = { translated: 'green', 'not needed': 'dim', 'needs a person': 'yellow' } as const satisfies Record<
  Outcome,
  string
>;

/** One app: what it is called here, its file or the text of it, what is wrong in that, and what became of each field. */
export function appReport(terminal: Terminal, app: ImportedApp): string {
  const { paint } = terminal;
  const version = app.version === null ? 'no version' : `version ${app.version}`;
  const title = `${paint('bold', app.id)} → app ${app.definition.app}, ${version}`;
  const faults = app.faults.map((place) => `${paint('red', 'wrong')}  ${placeText(place)}`);
  const definition = app.file === null ? `\n${app.text}` : `written to ${app.file}\n`;
  return [title, definition, ...faults, findingsText(terminal, app.findings)].join('\n');
}

/** A group or pod of the input, or something that is no app. */
export function besideText(terminal: Terminal, { at, id, findings }: Beside): string {
  const title = [at === '' ? 'the document' : at, ...(id === null ? [] : [id])].join(' ');
  return [terminal.paint('bold', title), findingsText(terminal, findings)].join('\n');
}

/** What needs a person first. */
function findingsText(terminal: Terminal, findings: Finding[]): string {
  const rows = OUTCOMES.toReversed().flatMap((outcome) =>
    findings
      .filter((finding) => finding.outcome === outcome)
      .map((finding) => [
        `  ${finding.field}`,
        'value' in finding ? short(JSON.stringify(finding.value)) : '',
        terminal.paint(COLORS[outcome], outcome),
        whereText(finding),
      ]),
  );
  return columns(terminal, ['  field', 'value', 'becomes', 'where, why, or what to do'], rows);
}

function whereText({ outcome, reason, to, note }: Finding): string {
  const [first] = to;
  const more = to.length < 2 ? '' : ` and ${to.length - 1} more`;
  const place = outcome === 'translated' && first !== undefined ? `${first}${more}` : '';
  const why = note === '' && outcome !== 'translated' ? REASONS[reason].text : note;
  return [place, why].filter((text) => text !== '').join('; ');
}

const short = (text: string): string => (text.length <= 40 ? text : `${text.slice(0, 39)}…`);

/** How many apps and fields, and why. */
export function totalsText(terminal: Terminal, { apps, translated, fields, reasons }: Totals): string {
  const sums = OUTCOMES.map((outcome) => `${fields[outcome]} ${outcome}`).join(', ');
  const left = apps - translated;
  const rows = reasons.map((row) => [
    `  ${terminal.paint(COLORS[row.outcome], row.outcome)}`,
    REASONS[row.reason].text,
    String(row.fields),
    String(row.apps),
  ]);
  return [
    `${apps} ${apps === 1 ? 'app' : 'apps'}: ${translated} translated, ${left} with something for a person. Fields: ${sums}.`,
    ...(rows.length === 0 ? [] : [columns(terminal, ['  becomes', 'why', 'fields', 'apps'], rows)]),
  ].join('\n');
}
