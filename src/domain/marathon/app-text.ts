import { Document, isScalar, isSeq, visit } from 'yaml';
import type { Finding } from './ledger.ts';
import type { Translation } from './translate.ts';

/** The text of an app file, with what is to be known of it, and what a person has to do, on top. */
export function appText({ id, definition, version, findings }: Translation): string {
  const document = new Document(definition);
  visit(document, {
    Seq: (_key, list) => {
      // Codes are read in a line.
      if (isSeq(list) && list.items.every((item) => isScalar(item) && typeof item.value === 'number')) list.flow = true;
    },
  });
  const people = findings.filter(({ outcome }) => outcome === 'needs a person');
  document.commentBefore = [
    ` From the Marathon app ${id}.`,
    ...(version === null ? [] : [` Its version there: ${version}.`]),
    ...(people.length === 0 ? [] : [' Needs a person:']),
    ...people.map((finding) => `   ${adviceText(finding)}`),
  ].join('\n');
  return document.toString({ lineWidth: 0, flowCollectionPadding: false });
}

/** `fetch[0]: put the file into the image`. */
function adviceText({ field, note }: Finding): string {
  return `${field}: ${note}`.replaceAll('\n', ' ');
}
