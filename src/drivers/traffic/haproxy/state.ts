/** One server as one HAProxy process shows it. */
export interface ServerState {
  /** Mask of ADMIN bits. */
  admin: number;
  /** 0 stopped, 1 starting (throttled), 2 running, 3 stopping (its check asks for no new sessions). */
  operation: number;
  /** 0: no new sessions, however well it is. */
  weight: number;
  /** Requests or connections on it now, and those that wait for it. */
  sessions: number;
  /** What people read in HAProxy's own page, e.g. `DOWN (L4CON: Connection refused)`. */
  text: string;
}

/** srv_admin_state of HAProxy's management guide. Its 0x04 and 0x40 only tell of the past and keep nobody out. */
const ADMIN = { maintenance: 0x01, inheritedMaintenance: 0x02, drain: 0x08, inheritedDrain: 0x10, unresolved: 0x20 };
const KEPT_OUT = Object.values(ADMIN).reduce((mask, bit) => mask | bit, 0);

/** Somebody said `maint`, or the configuration `disabled`. `drain` on top of it would clear it: never do that. */
export function isInMaintenance({ admin }: ServerState): boolean {
  return (admin & ADMIN.maintenance) !== 0;
}

/** We, or an agent, or a person said `drain`: it is the release's flag. */
export function isDrained({ admin }: ServerState): boolean {
  return (admin & ADMIN.drain) !== 0;
}

/** A server that it tracks is out, and so is it. */
export function isOutByTracking({ admin }: ServerState): boolean {
  return (admin & (ADMIN.inheritedMaintenance | ADMIN.inheritedDrain)) !== 0;
}

/** It gets new sessions: nobody keeps it out, its checks pass, and it has a weight. */
export function isServing({ admin, operation, weight }: ServerState): boolean {
  return (admin & KEPT_OUT) === 0 && (operation === 1 || operation === 2) && weight > 0;
}

/**
 * Servers of one backend.
 * @param servers answer of "show servers state BACKEND"
 * @param stat answer of "show stat BACKEND 4 -1"
 */
export function readStates(servers: string, stat: string): Map<string, ServerState> {
  const [version, heading, ...lines] = servers.split('\n');
  if (version !== '1' || heading === undefined) throw new Error(`format of servers state is ${version ?? ''}, not 1`);
  const counters = new Map(rows(stat.split('\n'), ',').map((row) => [row['svname'], row]));
  return new Map(
    rows([heading, ...lines], ' ').map((row) => {
      const counter = counters.get(row['srv_name']) ?? {};
      const { status = 'unknown', check_status: check = '', last_chk: said = '' } = counter;
      const why = [check, said].filter((part) => part !== '').join(': ');
      return [
        row['srv_name'] ?? '',
        {
          admin: Number(row['srv_admin_state']),
          operation: Number(row['srv_op_state']),
          weight: Number(row['srv_uweight']),
          sessions: Number(counter['scur'] ?? 0) + Number(counter['qcur'] ?? 0),
          text: why === '' ? status : `${status} (${why})`,
        },
      ];
    }),
  );
}

/** Rows by the names of their columns, which newer versions add to. */
function rows([heading = '', ...lines]: string[], separator: string): Record<string, string>[] {
  const names = heading.replace(/^#\s*/, '').split(separator);
  return lines
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const cells = line.split(separator);
      return Object.fromEntries(names.map((name, index) => [name, cells[index] ?? '']));
    });
}
