import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { accepts, methodNotAllowed, notFound, sendJson, sendNothing, sendRefusal } from '../../mesos/api/answer.ts';
import { VERSION } from '../../mesos/api/flags.ts';
import { NotThisMessage, parseJson, readMessage } from '../../mesos/api/proto.ts';
import { agentInfoJson, taskJson } from '../../mesos/api/v1-json.ts';
import type { AgentInfo } from '../../mesos/link/messages.ts';
import { Refusal } from '../../mesos/master/refusal.ts';
import type { Task } from '../../mesos/master/state.ts';

const PROTOBUF = 'application/x-protobuf';

/** What the API shows. */
interface Shown {
  info: { id: string; info: AgentInfo };
  tasks(): { queued: Task[]; launched: Task[]; terminated: Task[]; completed: Task[] };
}

/**
 * The agent's own operator API: `POST /api/v1` at the host's address, port 5051 (src/slave/http.cpp). JSON only, and of its
 * calls those that tell whether anything of a task is left here. A frozen machine does not answer.
 */
export function agentListener(agent: Shown, machine: { awake(): Promise<void> }): RequestListener {
  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    await machine.awake();
    // `/slave(1)` is the name of the process in front.
    const path = (request.url ?? '').split('?')[0]?.replace(/^\/slave(\(1\)|%281%29)?(?=\/)/, '');
    if (path === '/health') {
      sendNothing(response);
      return;
    }
    if (path !== '/api/v1') throw notFound();
    if (request.method !== 'POST') throw methodNotAllowed(['POST'], request.method ?? '');
    const contentType = request.headers['content-type'];
    if (contentType === undefined) throw new Refusal(400, "Expecting 'Content-Type' to be present");
    if (contentType !== 'application/json')
      throw new Refusal(415, "The double of Mesos reads JSON only: Expecting 'Content-Type' of application/json");
    if (!accepts(request.headers.accept, 'application/json'))
      throw new Refusal(406, `Expecting 'Accept' to allow application/json or ${PROTOBUF} or application/recordio`);
    const type = readType(await text(request));
    sendJson(response, { type, ...perform(agent, type) });
  };
  return (request, response) => {
    handle(request, response).catch((error: unknown) => {
      sendRefusal(response, error instanceof Refusal ? error : new Refusal(500, String(error)));
    });
  };
}

function readType(body: string): string {
  try {
    const { type } = readMessage({ type: { type: 'string' } }, parseJson(body));
    if (type !== undefined) return type as string;
  } catch (error) {
    if (error instanceof NotThisMessage) throw new Refusal(400, error.message);
    throw error;
  }
  throw new Refusal(400, "Failed to validate agent::Call: Expecting 'type' to be present");
}

function perform(agent: Shown, type: string): object {
  switch (type) {
    case 'GET_HEALTH':
      return { get_health: { healthy: true } };
    case 'GET_VERSION':
      return { get_version: { version_info: { version: VERSION } } };
    case 'GET_AGENT':
      return { get_agent: { agent_info: agentInfoJson(agent.info.id, agent.info.info) } };
    case 'GET_OPERATIONS':
      return { get_operations: {} };
    case 'GET_TASKS': {
      const { queued, launched, terminated, completed } = agent.tasks();
      const json = (tasks: Task[]) => tasks.map((task) => taskJson(task));
      const get_tasks = {
        pending_tasks: [],
        queued_tasks: json(queued),
        launched_tasks: json(launched),
        terminated_tasks: json(terminated),
        completed_tasks: json(completed),
      };
      return { get_tasks };
    }
    default:
      throw new Refusal(501, `The double of a Mesos agent does not do ${type}`);
  }
}
