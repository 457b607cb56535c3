import type { Job } from './job.ts';

const MOST_INSTANCES = 5000;

/** Where the instances are, and how many: `instances`, and what the options say. */
export function translatePlacement({ app, draft, ledger, options }: Job): void {
  const { places } = options;
  const wanted = app.get('instances');
  const count = wanted.number ?? (wanted.present ? 0 : 1);
  const fits = Number.isInteger(count) && count >= 1 && count <= MOST_INSTANCES;
  const total = fits ? count : 1;
  if (places.length === 0) {
    const placed = draft.push(['placement'], { cluster: 'CLUSTER', az: 'AZ', instances: total });
    ledger.missing('placement', 'placement', 'say where the instances go: --place CLUSTER/AZ', [placed]);
  }
  places.forEach(({ cluster, az }, at) => {
    const instances = Math.floor(total / places.length) + (at < total % places.length ? 1 : 0);
    draft.push(['placement'], { cluster, az, instances });
  });
  const to = (draft.at(['placement']) as object[]).map((_, at) => `groups[0].placement[${at}].instances`);
  if (fits) ledger.translated(wanted, to);
  else if (wanted.number === 0)
    ledger.person(wanted, 'instances', 'it is suspended, and a group has at least one instance: how many?', to);
  else if (Number.isInteger(count) && count > 0)
    ledger.person(wanted, 'instances', `a place has at most ${MOST_INSTANCES}: share them out`, to);
}
