import type { ServerResponse } from 'node:http';
import type { Master } from '../master/master.ts';
import type { MasterEvent } from '../master/state.ts';
import { eventJson, stateJson } from './v1-json.ts';

/**
 * SUBSCRIBE: the state, then what happens, as RecordIO: `<length in bytes>\n<JSON>`. Nothing is told again; a stream of a
 * master that leads no more is closed.
 */
export function subscribe(master: Master, response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'application/json' });
  const send = (event: object): void => {
    const record = JSON.stringify(event);
    response.write(`${Buffer.byteLength(record)}\n${record}`);
  };
  const { heartbeat } = master.state.clocks;
  send({
    type: 'SUBSCRIBED',
    subscribed: { get_state: stateJson(master), heartbeat_interval_seconds: heartbeat },
  });
  send({ type: 'HEARTBEAT' });
  const stopHeartbeat = master.state.timers.every(heartbeat, () => send({ type: 'HEARTBEAT' }));
  const pass = (event: MasterEvent): void => send(eventJson(master, event));
  master.state.events.on('event', pass);
  const forget = master.onStop(() => response.end());
  response.on('close', () => {
    stopHeartbeat();
    forget();
    master.state.events.off('event', pass);
  });
}
