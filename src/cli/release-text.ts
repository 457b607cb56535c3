import { COMMAND_MEANINGS } from '../domain/command-meanings.ts';
import { isTerminal, waitsForPerson } from '../domain/states.ts';
import type { components } from '../http/openapi.d.ts';
import { batchName } from './plan-text.ts';
import { columns } from './table.ts';
import type { Terminal } from './terminal.ts';

export type Release = components['schemas']['Release'];
export type ReleaseEvent = components['schemas']['Event'];
type Summary = components['schemas']['ReleaseSummary'];
type Instance = components['schemas']['ReleaseInstance'];
type State = Summary['state'];

export function stateText({ paint }: Terminal, state: State): string {
  if (state === 'SUCCESS') return paint('green', state);
  if (state === 'FAILURE' || state.endsWith('_FAILURE')) return paint('red', state);
  if (state.endsWith('_BRAKED') || state === 'REVOKED' || state === 'REVOKING') return paint('yellow', state);
  return paint('cyan', state);
}

const PHASES: Record<Instance['phase'], [symbol: string, style: Parameters<Terminal['paint']>[0]]> = {
  pending: ['·', 'dim'],
  out: ['○', 'yellow'],
  deployed: ['◔', 'yellow'],
  ignited: ['◑', 'cyan'],
  done: ['●', 'green'],
  failed: ['✗', 'red'],
  errored: ['?', 'magenta'],
  undone: ['↩', 'dim'],
  gone: ['–', 'dim'],
};

const LEGEND = Object.entries(PHASES)
  .map(([phase, [symbol]]) => `${symbol} ${phase}`)
  .join('  ');

/** A release with every batch and instance. */
export function releaseText(terminal: Terminal, release: Release, now: Date): string {
  const { paint } = terminal;
  const lines = [headline(terminal, release, now)];
  if (release.waiting !== '') lines.push(`${paint('yellow', 'waits')}: ${release.waiting}`);
  if (release.trouble !== null) lines.push(`${paint('red', release.trouble.code)}: ${release.trouble.message}`);
  for (const { env, release: id, state, trouble } of release.stages) {
    const why = trouble === null ? '' : `  ${paint('red', trouble.code)}: ${trouble.message}`;
    lines.push(`  ${paint('bold', env.padEnd(8))}  ${stateText(terminal, state)}  ${paint('dim', id ?? '')}${why}`);
  }
  for (const { group, state, batches } of release.groups) {
    const all = batches.flatMap(({ instances }) => instances);
    const done = all.filter(({ phase }) => phase === 'done').length;
    lines.push(
      '',
      `${paint('bold', group)}  ${stateText(terminal, state)}${all.length === 0 ? '' : `  ${done}/${all.length}`}`,
    );
    for (const { index, instances } of batches) {
      lines.push(`  ${batchName(index).padEnd(8)}  ${batchText(terminal, instances)}`);
    }
    for (const { name, idc, az, trouble } of all) {
      if (trouble !== null) lines.push(`  ${paint('red', name)} (${idc}/${az})  ${trouble.code}: ${trouble.message}`);
    }
  }
  if (!isTerminal(release.state) && release.groups.length > 0) lines.push('', paint('dim', LEGEND));
  return lines.join('\n');
}

function headline(
  terminal: Terminal,
  { id, app, version, env, flavor, corrects, state, actor, createdAt, endedAt }: Summary,
  now: Date,
): string {
  const ms = (endedAt === null ? now : new Date(endedAt)).getTime() - new Date(createdAt).getTime();
  const what = flavor === 'release' ? '' : `${flavor}${corrects === null ? '' : ` of ${corrects}`}: `;
  const head = terminal.paint('bold', `${what}${app} ${version} to ${env}`);
  return `${head}  ${stateText(terminal, state)}  ${duration(ms)}  ${terminal.paint('dim', `${id}, asked by ${actor.name}`)}`;
}

/** Batches up to this size show every instance; larger ones count those that need no look. */
const NAMED = 16;
const QUIET: Instance['phase'][] = ['pending', 'done', 'undone', 'gone'];

function batchText(terminal: Terminal, instances: Instance[]): string {
  const counted = instances.length > NAMED ? QUIET : [];
  const named = instances.filter(({ phase }) => !counted.includes(phase));
  const counts = counted.flatMap((phase) => {
    const count = instances.filter((one) => one.phase === phase).length;
    const [symbol, style] = PHASES[phase];
    return count === 0 ? [] : [`${terminal.paint(style, symbol)} ${count} ${phase}`];
  });
  return [...named.map((one) => instanceText(terminal, one)), ...counts].join('  ');
}

function instanceText({ paint }: Terminal, { name, phase }: Instance): string {
  const [symbol, style] = PHASES[phase];
  return `${paint(style, symbol)} ${name}`;
}

/** `42 s`, `3 min 5 s`, `2 h 10 min`. */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1_000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  return minutes < 60 ? `${minutes} min ${seconds % 60} s` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

export function eventText(
  { paint }: Terminal,
  { at, operation, kind, instance, step, outcome, message }: ReleaseEvent,
): string {
  // The message of a step says what is done to whom, and where.
  if (kind === 'step' && outcome !== null) {
    const ending = outcome === 'begun' ? '…' : outcome;
    return `${paint('dim', at.slice(11, 19))}  ${message} ${outcome === 'failed' ? paint('red', ending) : ending}`;
  }
  const group = operation.split('.').slice(1).join('.');
  const what = kind === 'state' ? paint('bold', step) : `${step}${outcome === null ? '' : ` ${outcome}`}`;
  const colored = outcome === 'failed' ? paint('red', what) : what;
  const words = message === '' || message === step ? '' : `  ${message}`;
  return `${paint('dim', at.slice(11, 19))}  ${instance ?? (group || 'release')}  ${colored}${words}`;
}

/** Releases, one in a line. */
export function releaseTable(terminal: Terminal, releases: Summary[], now: Date): string {
  if (releases.length === 0) return 'no release';
  return columns(
    terminal,
    ['release', 'app', 'env', 'version', 'state', 'age', 'asked by'],
    releases.map(({ id, app, env, version, flavor, state, createdAt, actor }) => [
      id,
      app,
      env,
      flavor === 'release' ? version : `${version} (${flavor})`,
      stateText(terminal, state),
      duration(now.getTime() - new Date(createdAt).getTime()),
      actor.name,
    ]),
  );
}

/** What a person may do about a release that waits for one; nothing where none is needed. */
export function advice(release: Release): string[] {
  const { id, commands } = release;
  if (!waitsForPerson(release)) return [];
  return commands
    .filter((command) => command !== 'configure' && command !== 'brake')
    .map((command) => `transship release ${command} ${id}  # ${COMMAND_MEANINGS[command]}`);
}
