import { z } from 'zod';

/** A name in fleet and app files: fit for Kubernetes names, which are made of several. */
export const nameSchema = z
  .string()
  .regex(
    /^[a-z]([-a-z0-9]{0,38}[a-z0-9])?$/,
    'must be lower-case letters, digits and dashes, start with a letter, not end with a dash, and have at most 40 characters',
  );
