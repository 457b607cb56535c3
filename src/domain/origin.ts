import { z } from 'zod';

/** A host in the fleet file, as part of a pattern: a name, an IPv4 address, or an IPv6 address in brackets. */
export const HOST = String.raw`(?:[A-Za-z0-9](?:[-A-Za-z0-9.]*[A-Za-z0-9])?|\[[0-9A-Fa-f:]+\])`;

export const hostSchema = z.string().regex(new RegExp(`^${HOST}(?::\\d{1,5})?$`), 'must be host or host:port');

export const originSchema = z
  .string()
  .regex(
    new RegExp(`^https?://${HOST}(?::\\d{1,5})?/?$`),
    'must be http(s)://host or http(s)://host:port, without path or credentials',
  );
