import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import type { Cluster, MasterProcess } from '../cluster.ts';
import { Refusal } from '../master/refusal.ts';
import type { Master } from '../master/master.ts';
import type { MachineId } from '../master/registry.ts';
import { forbidden, methodNotAllowed, sendJson, sendNothing } from './answer.ts';
import { machineMessage, scheduleMessage, type ScheduleInput } from './calls.ts';
import { flagsOf } from './flags.ts';
import { slavesObject, stateObject, summaryObject, tasksObject } from './legacy-json.ts';
import { NotThisMessage, parseJsonAs, readMessage, readMessages } from './proto.ts';
import { statusOf, withWindows } from './v1.ts';

interface Context {
  request: IncomingMessage;
  response: ServerResponse;
  query: URLSearchParams;
  cluster: Cluster;
  self: MasterProcess;
  master: Master;
  readOnly: boolean;
  secured: boolean;
}

interface Route {
  realm: 'mesos-master-readonly' | 'mesos-master-readwrite';
  /** Null: any. */
  methods: string[] | null;
  handle(context: Context): void | Promise<void>;
}

const READ = { realm: 'mesos-master-readonly', methods: null } as const;
const WRITE = { realm: 'mesos-master-readwrite' } as const;

/** The endpoints from before the v1 API: path → what it does. Each is at `/master<path>`, too. */
export const LEGACY_ROUTES: Record<string, Route> = {
  '/state': {
    ...READ,
    handle: ({ response, cluster, self, master, secured }) => {
      const flags = flagsOf(cluster.clocks, cluster.name, self.port, secured);
      sendJson(response, stateObject(cluster, self, master, flags));
    },
  },
  '/state-summary': {
    ...READ,
    handle: ({ response, self, master }) => sendJson(response, summaryObject(self, master)),
  },
  '/slaves': {
    ...READ,
    handle: ({ response, query, master }) => sendJson(response, slavesObject(master, query.get('slave_id'))),
  },
  '/tasks': { ...READ, handle: ({ response, query, master }) => sendJson(response, tasksObject(master, query)) },
  '/maintenance/status': {
    realm: 'mesos-master-readonly',
    methods: ['GET'],
    handle: ({ response, master }) => sendJson(response, statusOf(master)),
  },
  '/maintenance/schedule': {
    ...WRITE,
    methods: ['GET', 'POST'],
    handle: async (context) => {
      const { request, response, master } = context;
      if (request.method === 'GET') {
        sendJson(response, master.maintenance.schedule);
        return;
      }
      const body = await text(request);
      const schedule: ScheduleInput = read(() => readMessage(scheduleMessage, parseJsonAs(body, 'object')));
      change(context, () => master.maintenance.replace(withWindows(schedule)));
    },
  },
  '/machine/down': {
    ...WRITE,
    methods: ['POST'],
    handle: async (context) => {
      const ids = await machines(context);
      change(context, () => context.master.maintenance.start(ids));
    },
  },
  '/machine/up': {
    ...WRITE,
    methods: ['POST'],
    handle: async (context) => {
      const ids = await machines(context);
      change(context, () => context.master.maintenance.stop(ids));
    },
  },
};

/** Answers at the leader. @throws Refusal */
export async function handleLegacy(route: Route, context: Context): Promise<void> {
  const { methods } = route;
  const { method = '' } = context.request;
  if (methods !== null && !methods.includes(method)) throw methodNotAllowed(methods, method);
  await route.handle(context);
}

function change({ response, readOnly }: Context, act: () => void): void {
  if (readOnly) throw forbidden();
  act();
  sendNothing(response);
}

async function machines({ request }: Context): Promise<MachineId[]> {
  const body = await text(request);
  return read(() => readMessages(machineMessage, parseJsonAs(body, 'array')));
}

function read<T>(parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (error instanceof NotThisMessage) throw new Refusal(400, error.message);
    throw error;
  }
}
