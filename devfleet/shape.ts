import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { z } from 'zod';

const name = z
  .string()
  .regex(
    /^[a-z]([-a-z0-9]{0,30}[a-z0-9])?$/,
    'lower-case letters, digits and dashes; starts with a letter; at most 32',
  );
const named = <T extends z.ZodType>(value: T) =>
  z.record(name, value).refine((all) => Object.keys(all).length > 0, 'at least one');

const azSchema = z.strictObject({
  hosts: z.int().min(1).max(250),
  /** What its hosts run. Default: kubernetes. An IDC with an AZ that runs Mesos has Mesos masters. */
  runs: z.enum(['kubernetes', 'mesos', 'both']).optional(),
});

const shapeSchema = z.strictObject({
  idcs: named(
    z.strictObject({
      azs: named(azSchema),
      /** What stands before its distribution registry: nothing, or a Harbor. Default: distribution. */
      registry: z.enum(['distribution', 'harbor']).optional(),
    }),
  ),
  environments: z.array(name).min(1),
});

/** How big a fleet is: sim hosts per AZ per IDC and what they run, and the environments (each a namespace in every cluster). */
export type FleetShape = z.output<typeof shapeSchema>;

const azs = { 'az-1': { hosts: 2 }, 'az-2': { hosts: 2 } };
export const DEFAULT_SHAPE: FleetShape = {
  idcs: { north: { azs }, south: { azs } },
  environments: ['fat', 'uat', 'pro'],
};

/** @param shape the shape, or the path of a YAML file with it. @throws Error that names every place that is wrong */
export function readShape(shape: FleetShape | string): FleetShape {
  const where = typeof shape === 'string' ? shape : 'the shape';
  const result = shapeSchema.safeParse(typeof shape === 'string' ? parse(readFileSync(shape, 'utf8')) : shape);
  if (result.success) return result.data;
  throw new Error(`${where} is no shape of a fleet:\n${z.prettifyError(result.error)}`);
}
