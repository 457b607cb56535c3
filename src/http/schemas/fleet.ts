import { z } from 'zod';

/** The fleet as REST shows it: names only, no address, no credential. */
export const fleetViewSchema = z
  .object({
    fleet: z.string(),
    environments: z
      .array(z.object({ name: z.string(), namespace: z.string() }))
      .meta({ description: 'In order of promotion' }),
    idcs: z.array(
      z.object({
        name: z.string(),
        azs: z.array(z.string()),
        registries: z
          .array(z.object({ name: z.string(), kind: z.string() }))
          .meta({ description: 'The main one, called as the IDC is, then its replicas' }),
        clusters: z.array(z.object({ name: z.string(), kind: z.string(), azs: z.array(z.string()) })),
      }),
    ),
    trafficDrivers: z.array(z.object({ name: z.string(), kind: z.string() })),
    limits: z.object({
      batchPercent: z.number(),
      maxBatchPercent: z.number(),
      pauseSeconds: z.number(),
      drainSeconds: z.number(),
      gateHours: z.number(),
    }),
  })
  .meta({
    id: 'Fleet',
    examples: [
      {
        fleet: 'demo',
        environments: [{ name: 'fat', namespace: 'fat' }],
        idcs: [
          {
            name: 'north',
            azs: ['az-1', 'az-2'],
            registries: [{ name: 'north', kind: 'harbor' }],
            clusters: [{ name: 'north-1', kind: 'kubernetes', azs: ['az-1', 'az-2'] }],
          },
        ],
        trafficDrivers: [{ name: 'service', kind: 'kubernetes-service' }],
        limits: { batchPercent: 25, maxBatchPercent: 50, pauseSeconds: 0, drainSeconds: 2, gateHours: 24 },
      },
    ],
  });

const checkSchema = z.object({ name: z.string(), ok: z.boolean(), detail: z.string() });

export const healthSchema = z
  .object({ ok: z.boolean(), checks: z.array(checkSchema) })
  .meta({ id: 'Health', examples: [{ ok: true, checks: [{ name: 'catalogue', ok: true, detail: '' }] }] });
