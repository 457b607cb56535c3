import { openCatalogue, type Catalogue } from '../../src/catalogue/index.ts';
import { query } from '../../test/support/postgres.ts';
import type { World } from './world.ts';

/** A catalogue in the fleet's PostgreSQL. */
export interface LaneCatalogue {
  /** Where it is, past the fleet's links. */
  url: string;
  catalogue: Catalogue;
}

/** Makes a catalogue for one lane: what others are asked for, and the rules that they keep, are none of its business. */
export async function openLaneCatalogue({ fleet }: World, lane: string): Promise<LaneCatalogue> {
  await query(fleet.catalogue.directUrl, `CREATE DATABASE "${lane}"`);
  const url = new URL(fleet.catalogue.directUrl);
  url.pathname = `/${lane}`;
  return { url: url.href, catalogue: await openCatalogue(url.href) };
}
