import { readFile } from 'node:fs/promises';
import { TransshipError } from '../../domain/errors.ts';
import { parseFleet, type Fleet } from '../../domain/fleet.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import { Failure, placeText } from '../failure.ts';
import type { Terminal } from '../terminal.ts';

/** Checks a fleet file without asking anybody; tells every place that is wrong. */
export async function checkFleetFile(terminal: Terminal, file: string): Promise<ExitCode> {
  const text = await readText(file);
  try {
    const fleet = parseFleet(text, terminal.env, file);
    terminal.result({ ok: true, file, errors: [] });
    terminal.say(`${terminal.paint('green', 'ok')}  ${file}: ${summary(fleet)}`);
    return EXIT.ok;
  } catch (error) {
    if (!(error instanceof TransshipError)) throw error;
    terminal.result({ ok: false, file, errors: error.places });
    terminal.note(
      `${terminal.paint('red', 'wrong')}  ${file}: ${error.places.length} ${error.places.length === 1 ? 'place' : 'places'}`,
    );
    for (const place of error.places) terminal.note(`  ${placeText(place)}`);
    return EXIT.usage;
  }
}

/** @throws Failure (usage) when the file cannot be read */
export async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Failure(EXIT.usage, `cannot read ${file}: ${reason}`, { next: 'Name the file with -f.', cause: error });
  }
}

function summary({ fleet, environments, idcs }: Fleet): string {
  const azs = idcs.reduce((sum, idc) => sum + idc.azs.length, 0);
  const clusters = idcs.reduce((sum, idc) => sum + idc.clusters.length, 0);
  const names = environments.map(({ name }) => name).join(' → ');
  return `fleet ${fleet}: ${idcs.length} IDCs, ${azs} AZs, ${clusters} clusters; ${names}`;
}
