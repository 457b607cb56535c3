import { z } from 'zod';
import { nameSchema } from './name.ts';
import { PLACEHOLDERS, unknownPlaceholders } from './placeholders.ts';

const WORDS = Object.keys(PLACEHOLDERS)
  .map((word) => `{${word}}`)
  .join(' ');

/** A text with placeholders that are known. */
const template = (pattern: RegExp, message: string) =>
  z
    .string()
    .regex(pattern, message)
    .superRefine((text, context) => {
      for (const word of unknownPlaceholders(text)) {
        context.addIssue({ code: 'custom', message: `has no {${word}} to fill; there is ${WORDS}` });
      }
    });

const name = nameSchema.describe('Name that groups list.');

const serviceSchema = z.strictObject({
  name,
  kind: z
    .literal('kubernetes-service')
    .describe('Services that select the label `transship.dev/in-service: yes`. Remembers who took an instance out.'),
});

const HAPROXY_NAME = /^(?:[A-Za-z0-9_.:-]|\{[^{}]*\})+$/;
const haproxyName = template(HAPROXY_NAME, 'must be letters, digits and any of _ . : -, and {placeholders}');

const haproxySchema = z.strictObject({
  name,
  kind: z
    .literal('haproxy')
    .describe("HAProxy's runtime API. Out: `drain` in every process; `maint` is a person's and is never cleared."),
  processes: z
    .array(
      z.strictObject({
        socket: z
          .string()
          .regex(/^(?:\/\S+|(?:[A-Za-z0-9][-A-Za-z0-9.]*|\[[0-9A-Fa-f:]+\]):\d{1,5})$/, 'must be /a/path or host:port')
          .describe(
            'A `stats socket` with `level admin`: path of a Unix socket, or `host:port`, as the worker of the IDC reaches it.',
          ),
        idc: z
          .string()
          .exactOptional()
          .describe('IDC whose instances it carries. Default: those of every IDC, and every IDC’s worker asks it.'),
      }),
    )
    .min(1)
    .describe('HAProxy processes that carry the traffic. An instance is out, or in, when all of its IDC say so.'),
  backend: haproxyName
    .default('{app}-{group}')
    .describe(`Name of the backend. May hold what describes an instance: ${WORDS}.`),
  server: haproxyName.default('{member}').describe('Name of the server in the backend; may hold the same.'),
});

const path = template(/^\/\S*$/, 'must start with a slash and hold no space').describe(
  `Path and query, after \`url\`. May hold what describes an instance, percent-encoded: ${WORDS}.`,
);
const method = z.enum(['GET', 'POST', 'PUT', 'PATCH', 'DELETE']);
const statusCodes = z.array(z.int().min(100).max(599)).min(1);

const changeSchema = z.strictObject({
  method: method.default('POST').describe('Method of the call.'),
  path,
  body: z
    .record(z.string(), z.unknown())
    .exactOptional()
    .describe('Sent as JSON; its texts may hold the same as `path`. Default: no body.'),
  ok: statusCodes.exactOptional().describe('Status codes that mean done. Default: 200–299.'),
});

const httpSchema = z.strictObject({
  name,
  kind: z.literal('http').describe('A load balancer with an HTTP API of its own and one flag for each server.'),
  url: z
    .string()
    .regex(/^https?:\/\/[-A-Za-z0-9.[\]:{}]+(?:\/[^\s?#]*)?$/, 'must be http(s)://host, host:port, or one with a path')
    .refine((url) => unknownPlaceholders(url).every((word) => word === 'idc') && !/\{(?!idc\})/.test(url), {
      message: 'may hold {idc} only',
    })
    .describe('What every path is appended to. `{idc}` in it is the IDC, where each has a load balancer of its own.'),
  headers: z
    .record(z.string(), z.string())
    .exactOptional()
    .describe('Sent with every call. Take secrets from the environment: `Bearer ${SLB_TOKEN}`.'),
  timeoutSeconds: z
    .number()
    .positive()
    .max(60)
    .default(10)
    .describe('Seconds for one call, from connecting to the end of its answer.'),
  drain: changeSchema.describe(
    'Takes a server out. It must be safe to repeat: it is sent again where a connection broke before the answer.',
  ),
  undrain: changeSchema.describe('Puts a server in again. It must be safe to repeat, too.'),
  isDrained: z
    .strictObject({
      method: method.default('GET').describe('Method of the call.'),
      path,
      drained: statusCodes.default([200]).describe('Status codes that mean: the server gets no traffic.'),
      serving: statusCodes
        .default([409])
        .describe(
          'Status codes that mean: the server gets traffic. Of the others 404 means that it is not known, 401 and 403 that we may not ask; any other is an error.',
        ),
    })
    .describe('Asks whether a server is out. It is answered by what the load balancer does, not by what it was told.'),
});

/** One way by which traffic reaches instances, as the fleet file describes it. */
export const trafficDriverSchema = z.discriminatedUnion('kind', [serviceSchema, haproxySchema, httpSchema]);

export type TrafficDriverConfig = z.output<typeof trafficDriverSchema>;
export type HaproxyConfig = z.output<typeof haproxySchema>;
export type HttpTrafficConfig = z.output<typeof httpSchema>;
