import pg from 'pg';
import { openCatalogue, type Catalogue } from '../../src/catalogue/index.ts';
import type { World } from './world.ts';

/** A catalogue in the fleet's PostgreSQL. */
export interface LaneCatalogue {
  /** Where it is, past the fleet's links. */
  url: string;
  catalogue: Catalogue;
}

/** Makes a catalogue for one lane: what others are asked for, and the rules that they keep, are none of its business. */
export async function openLaneCatalogue({ fleet }: World, lane: string): Promise<LaneCatalogue> {
  const client = new pg.Client({ connectionString: fleet.catalogue.directUrl });
  await client.connect();
  try {
    await client.query(`create database ${client.escapeIdentifier(lane)}`);
  } finally {
    await client.end();
  }
  const url = new URL(fleet.catalogue.directUrl);
  url.pathname = `/${lane}`;
  return { url: url.href, catalogue: await openCatalogue(url.href) };
}
