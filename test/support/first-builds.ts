// Brings the binaries that the suites start before the first of them begins: a build takes minutes, more than any test
// or hook has. Where they are there it takes no time.
import { NEEDED_BINARIES } from '../../devfleet/binaries/catalog.ts';
import { resolveBinaries } from '../../devfleet/binaries/resolve.ts';

export default async function setup(): Promise<void> {
  await resolveBinaries(NEEDED_BINARIES, (line) => process.stdout.write(`${line}\n`));
}
