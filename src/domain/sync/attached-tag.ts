/** Tags by which what is attached to a digest is found: the fall-back of the distribution spec, and those of cosign. */
const ATTACHED = /^sha256-([0-9a-f]{64})(?:\.(?:sig|att|sbom))?$/;

/**
 * The digest that such a tag is about; null: it is a tag as any other. What stands under it goes along with what it is about:
 * brought by itself a fall-back index would take the place of the one that each registry keeps for its own.
 */
export function subjectOfTag(tag: string): string | null {
  const hex = ATTACHED.exec(tag)?.[1];
  return hex === undefined ? null : `sha256:${hex}`;
}
