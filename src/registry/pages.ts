/** Follows `Link: <…>; rel="next"`. @returns null at the last page */
export function nextPage(link: string | string[] | undefined, base: URL): URL | null {
  const [, target] = /<([^>]+)>\s*;(?:[^,]*;)?\s*rel="?next"?/i.exec([link ?? []].flat().join(', ')) ?? [];
  return target === undefined || !URL.canParse(target, base.href) ? null : new URL(target, base);
}
