import { Refusal } from '../refusal.ts';
import type { ApiAnswer, ApiCall } from './call.ts';
import { fits, readQuery, snakeCase, type Wanted } from './query.ts';

const MAX_PAGE = 100;

/** What can be asked of the rows of a list. */
export interface Listed<Row> {
  /** By which `q=` filters and `sort=` sorts, in snake case. Others are ignored, as Harbor does. */
  fields: Record<string, (row: Row) => string | number>;
  /** Filters that are no plain fields. */
  filters?: Record<string, (row: Row, wanted: Wanted) => boolean>;
  /** As Harbor sorts where nothing is asked: `name`, `-creation_time`. */
  sort: string;
  shown: (row: Row) => object;
}

/**
 * One page of rows: filtered by `q`, sorted by `sort`, with `X-Total-Count` and the `Link`s before and after it.
 * @throws Refusal BAD_REQUEST, UNPROCESSABLE_ENTITY for a page of more than 100
 */
export function listed<Row>(call: ApiCall, rows: Row[], { fields, filters = {}, sort, shown }: Listed<Row>): ApiAnswer {
  const page = numberIn(call, 'page', 1);
  const size = numberIn(call, 'page_size', 10);
  if (size > MAX_PAGE)
    throw new Refusal(
      'UNPROCESSABLE_ENTITY',
      `validation failure list:\npage_size in query should be less than or equal to ${MAX_PAGE}`,
    );
  const wanted = [...readQuery(call.query.get('q') ?? '')];
  const matching = rows.filter((row) =>
    wanted.every(([key, value]) => {
      const field = fields[key];
      return filters[key]?.(row, value) ?? (field === undefined || fits(value, field(row)));
    }),
  );
  const asked = call.query.get('sort') ?? '';
  sortBy(matching, asked === '' ? sort : asked, fields);
  const from = size * (Math.max(page, 1) - 1);
  const shownRows = size > 0 ? matching.slice(from, from + size) : matching;
  const link = linksOf(call, matching.length, page, size);
  const headers = { 'x-total-count': String(matching.length), ...(link === '' ? {} : { link }) };
  return { headers, body: shownRows.map(shown) };
}

function numberIn({ query }: ApiCall, name: string, otherwise: number): number {
  const text = query.get(name);
  if (text === null) return otherwise;
  if (/^-?\d+$/.test(text)) return Number(text);
  throw new Refusal(
    'UNPROCESSABLE_ENTITY',
    `validation failure list:\n${name} in query must be of type int64: "${text}"`,
  );
}

function sortBy<Row>(rows: Row[], sort: string, fields: Listed<Row>['fields']): void {
  const keys = sort
    .split(',')
    .map((key) => ({ key: snakeCase(key.replace(/^-/, '')), sign: key.startsWith('-') ? -1 : 1 }));
  rows.sort((a, b) => {
    for (const { key, sign } of keys) {
      const field = fields[key];
      if (field === undefined) continue;
      const [one, other] = [field(a), field(b)];
      if (one !== other) return one < other ? -sign : sign;
    }
    return 0;
  });
}

/** `prev` and `next`, as paths (src/server/v2.0/handler/base.go). */
function linksOf({ path, query }: ApiCall, total: number, page: number, size: number): string {
  if (size <= 0) return '';
  const link = (to: number, rel: string): string => {
    const changed = new URLSearchParams(query);
    changed.set('page', String(to));
    changed.set('page_size', String(size));
    changed.sort();
    return `<${path}?${[...changed].map(([key, value]) => `${key}=${value}`).join('&')}>; rel="${rel}"`;
  };
  return [
    ...(page > 1 && (page - 1) * size < total ? [link(page - 1, 'prev')] : []),
    ...(page * size < total ? [link(page + 1, 'next')] : []),
  ].join(' , ');
}
