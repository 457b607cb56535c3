import { pino } from 'pino';
import { buildApp } from './app.ts';
import { trustCaller } from './actor.ts';
import type { ApiContext } from './context.ts';

/** The OpenAPI document, made from the routes. No route runs, so nothing needs to be there that they work with. */
export async function describeApi(): Promise<object> {
  const app = await buildApp({
    context: {} as ApiContext,
    logger: pino({ level: 'silent' }),
    authenticate: trustCaller,
    authenticated: false,
  });
  const document = app.swagger();
  await app.close();
  return document;
}
