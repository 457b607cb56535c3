import type { z } from 'zod';
import { TransshipError, type ErrorCode } from '../../domain/errors.ts';
import { authorizationOf, type Credential } from '../elected/authorization.ts';
import { ElectedCalls } from '../elected/calls.ts';
import { OPENED, WakeFeed, type Notice } from '../elected/feed.ts';
import { records } from './recordio.ts';
import {
  ANSWERS,
  type Agent,
  type MaintenanceStatus,
  type MaintenanceWindow,
  type MesosState,
  type MesosTasks,
} from './resources.ts';

/** A stream that sent nothing for so long, not even the heartbeat of every 15 s, is dead. Milliseconds. */
const STREAM_SILENCE_MS = 45_000;

/** What the master says where there is nothing to reactivate: also to a repetition (src/master/http.cpp). */
const NOT_DEACTIVATED = 'Agent is not deactivated';

export interface MesosOptions {
  /** Name of the cluster, for messages. */
  name: string;
  /** `http(s)://host:port` of every master. */
  urls: readonly string[];
  credential?: Credential | undefined;
  /** See ElectedOptions. */
  attemptMs?: number | undefined;
  deadlineMs?: number | undefined;
}

/** The master answered, and refused. */
export class MesosError extends TransshipError {
  readonly status: number;
  /** What the master said, as it is. */
  readonly said: string;

  constructor(call: string, status: number, said: string) {
    super(codeOf(status, said), `${call}: ${said || `status ${String(status)}`}`);
    this.status = status;
    this.said = said;
  }
}

function codeOf(status: number, said: string): ErrorCode {
  if (status === 401 || status === 403) return 'CLUSTER_FORBIDDEN';
  if (status === 404 || said === 'Unknown agent') return 'NOT_FOUND';
  if (status === 409 || status === 429 || status >= 502) return 'CLUSTER_UNREACHABLE';
  return 'INTERNAL';
}

/** The calls of a Mesos master's v1 operator API (`POST /api/v1`) that we need. */
export class Mesos {
  /** Name of its cluster, for messages. */
  readonly name: string;
  /** Wakes whoever waits for tasks and agents. */
  readonly events: WakeFeed;
  readonly #calls: ElectedCalls;

  constructor({ name, urls, credential, attemptMs, deadlineMs }: MesosOptions) {
    this.name = name;
    this.#calls = new ElectedCalls({
      name: `Mesos of ${name}`,
      urls,
      authorization: authorizationOf(credential),
      attemptMs,
      deadlineMs,
    });
    this.events = new WakeFeed((signal) => this.#stream(signal));
  }

  async agents(): Promise<Agent[]> {
    return (await this.#ask('GET_AGENTS')).get_agents.agents;
  }

  async tasks(): Promise<MesosTasks> {
    return (await this.#ask('GET_TASKS')).get_tasks;
  }

  /** Agents and tasks by one look. */
  async state(): Promise<MesosState> {
    return (await this.#ask('GET_STATE')).get_state;
  }

  /** Windows of the one schedule that the cluster has. */
  async maintenanceSchedule(): Promise<MaintenanceWindow[]> {
    return (await this.#ask('GET_MAINTENANCE_SCHEDULE')).get_maintenance_schedule.schedule.windows;
  }

  async maintenanceStatus(): Promise<MaintenanceStatus> {
    return (await this.#ask('GET_MAINTENANCE_STATUS')).get_maintenance_status.status;
  }

  /**
   * From now on the agent gets no new tasks; those that run go on. Safe to repeat.
   * @throws NOT_FOUND
   */
  async deactivateAgent(agentId: string, before: () => Promise<void>): Promise<void> {
    await this.#change('DEACTIVATE_AGENT', { deactivate_agent: { agent_id: { value: agentId } } }, before);
  }

  /**
   * Undo of deactivateAgent. That the agent is not deactivated (what the master says when it is asked again) is done once
   * a fresh look agrees.
   * @throws NOT_FOUND; CLUSTER_UNREACHABLE when the agent went meanwhile (409: the flag is cleared, and it is unreachable)
   */
  async reactivateAgent(agentId: string, before: () => Promise<void>): Promise<void> {
    try {
      await this.#change('REACTIVATE_AGENT', { reactivate_agent: { agent_id: { value: agentId } } }, before);
    } catch (error) {
      if (!(error instanceof MesosError) || error.said !== NOT_DEACTIVATED) throw error;
      const agent = (await this.agents()).find(({ agent_info }) => agent_info.id?.value === agentId);
      if (agent === undefined || agent.deactivated === true) throw error;
    }
  }

  /** Ends its connections. */
  async close(): Promise<void> {
    this.events.close();
    await this.#calls.close();
  }

  async #ask<T extends keyof typeof ANSWERS>(type: T): Promise<z.output<(typeof ANSWERS)[T]>> {
    const text = await this.#post(type, {});
    let body: unknown;
    try {
      body = JSON.parse(text);
    } catch {
      body = null;
    }
    const parsed = ANSWERS[type].safeParse(body);
    if (parsed.success) return parsed.data as z.output<(typeof ANSWERS)[T]>;
    throw new TransshipError('CLUSTER_UNREACHABLE', `${type} of ${this.name}: this is no answer of Mesos`);
  }

  async #change(type: string, body: object, before: () => Promise<void>): Promise<void> {
    await this.#post(type, body, { before });
  }

  async #post(type: string, body: object, { before }: { before?: () => Promise<void> } = {}): Promise<string> {
    const how = before === undefined ? { isRead: true } : { before };
    const call = { method: 'POST', path: '/api/v1', body: { type, ...body }, ...how } as const;
    const { status, text } = await this.#calls.send(call);
    if (status < 400) return text;
    throw new MesosError(`${type} of ${this.name}`, status, text.trim().slice(0, 300));
  }

  async *#stream(signal: AbortSignal): AsyncGenerator<Notice> {
    const call = { method: 'POST', path: '/api/v1', body: { type: 'SUBSCRIBE' }, isRead: true } as const;
    for await (const record of records(await this.#calls.open(call, signal, STREAM_SILENCE_MS))) {
      const data = JSON.parse(record) as { type?: string };
      if (data.type === 'SUBSCRIBED') yield { type: OPENED, data: null };
      else if (data.type !== 'HEARTBEAT') yield { type: data.type ?? '', data };
    }
  }
}
