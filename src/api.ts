import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { pino } from 'pino';
import { openCatalogue } from './catalogue/index.ts';
import { TransshipError } from './domain/errors.ts';
import { parseFleet } from './domain/fleet.ts';
import { testPolicy } from './http/releases/test-policy.ts';
import { addressOf, serve } from './http/serve.ts';
import { linkTemporal } from './http/temporal/link.ts';

const HELP = `api.ts: the REST API

  --fleet FILE        fleet file (default: TRANSSHIP_FLEET, else fleet.yml)
  --listen HOST:PORT  default: api.listen of the fleet file; port 0 takes a free one

Temporal is set by the standard variables: TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE, TEMPORAL_TLS_*, TEMPORAL_PROFILE.
TRANSSHIP_LOG sets the level of the log on standard error (default: info).
`;

const { values } = parseArgs({
  options: { fleet: { type: 'string' }, listen: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
});

if (values.help === true) {
  process.stdout.write(HELP);
} else {
  try {
    await main(values.fleet ?? process.env['TRANSSHIP_FLEET'] ?? 'fleet.yml', values.listen);
  } catch (error) {
    // A file that is not there, a port that is taken: the system's own words say it.
    const known = error instanceof TransshipError || (error instanceof Error && 'syscall' in error);
    if (!known) throw error;
    process.stderr.write(`the API did not start: ${words(error)}\n`);
    process.exitCode = 1;
  }
}

function words(error: Error): string {
  if (!(error instanceof TransshipError)) return error.message;
  const places = error.places.map(
    ({ path, message, hint }) => `  ${path} ${message}${hint === undefined ? '' : `; ${hint}`}`,
  );
  return [`${error.code}: ${error.message}`, ...places, error.row.next].join('\n');
}

async function main(fleetFile: string, listen: string | undefined): Promise<void> {
  const fleet = parseFleet(await readFile(fleetFile, 'utf8'), process.env, fleetFile);
  const address = addressOf(fleet, listen);
  const logger = pino({ level: process.env['TRANSSHIP_LOG'] ?? 'info', base: null }, pino.destination(2));
  const catalogue = await openCatalogue(fleet.catalogue.url);
  const temporal = linkTemporal();
  const server = await serve({ fleet, catalogue, temporal, logger, address, policy: testPolicy(process.env) });

  process.stdout.write(
    [
      `API          ${server.url}`,
      `OpenAPI      ${server.url}/openapi.json`,
      `Temporal     ${temporal.address}, namespace ${temporal.namespace}`,
      `Temporal UI  ${fleet.temporalUi ?? 'not in the fleet file (temporalUi)'}`,
      'No authentication is configured: loopback only, and callers are believed when they say who they are.',
      '',
    ].join('\n'),
  );

  const stop = (): void => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, stop);
    void server
      .close()
      .then(async () => catalogue.close())
      .then(async () => temporal.client.connection.close());
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, stop);
}
