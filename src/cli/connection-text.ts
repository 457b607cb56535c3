import type { components } from '../http/openapi.d.ts';
import type { Terminal } from './terminal.ts';

type Connections = components['schemas']['RegistryConnections'];
type Finding = components['schemas']['RegistryFinding'];

const MARKS = {
  ok: ['ok', 'green'],
  todo: ['to do', 'yellow'],
  done: ['done', 'green'],
  wrong: ['wrong', 'red'],
  unknown: ['unknown', 'yellow'],
} as const;

/** What was found in each registry, and what is to be done about it. */
export function connectionText(terminal: Terminal, { registries }: Connections): string {
  if (registries.length === 0) return 'no sync rule brings anything: there is no registry to connect';
  return registries
    .map(({ registry, kind, findings }) =>
      [
        `${terminal.paint('bold', registry)}  ${kind}`,
        ...findings.flatMap((finding) => findingLines(terminal, finding)),
      ].join('\n'),
    )
    .join('\n');
}

function findingLines({ paint }: Terminal, { about, state, message, next }: Finding): string[] {
  const [mark, style] = MARKS[state];
  const line = `  ${paint(style, mark.padEnd(7))}  ${about}: ${message}`;
  return [
    line,
    ...(next ?? '')
      .split('\n')
      .filter((text) => text !== '')
      .map((text) => `           ${text}`),
  ];
}
