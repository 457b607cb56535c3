import { nameSchema } from '../name.ts';
import { MAX_SET_NAME, setName } from '../set-name.ts';
import type { ImportOptions } from './job.ts';

/** What an app is called here. */
export interface Naming {
  app: string;
  group: string;
  /** Why a person has to look at it; null where the names fit as they are. */
  trouble: string | null;
}

const MOST = 40;
/** Name of a group whose own would make names too long. */
const SHORT_GROUP = 'main';

/**
 * `/shop/web` is app `shop-web`, group `web`: every Marathon app is an app file of its own, and its instances are called by
 * the last part of its id, or `main` where that is too long. Names that do not fit are cut, and are a person's to choose.
 * @param places of the group: names of its sets are made of app, group and place
 */
export function nameOf(id: string, places: ImportOptions['places']): Naming {
  const parts = id.split('/').filter((part) => part !== '');
  const [whole, last] = [plain(parts.join('-')), plain(parts.at(-1) ?? '')];
  const fitting = { app: cut(whole, MOST), group: cut(last, MOST) };
  const isOwn = fitting.group === last && overlong(fitting, places) <= 0;
  const group = isOwn ? last : SHORT_GROUP;
  const app = cut(fitting.app, fitting.app.length - overlong({ ...fitting, group }, places));
  const rule = `an app's name is lower-case letters, digits and dashes, starts with a letter, and has at most ${MOST} characters, with group and AZ ${MAX_SET_NAME}`;
  return { app, group, trouble: app === whole ? null : `${rule}: choose one` };
}

/** Dots are the only other character that ids of Marathon may hold. */
const plain = (text: string): string => text.replaceAll('.', '-');

/** By how much the longest name of a set is too long. */
function overlong({ app, group }: { app: string; group: string }, places: ImportOptions['places']): number {
  const sets = places.map((place) => setName(app, { name: group, placement: places }, place).length);
  return Math.max(0, Math.max(0, ...sets) - MAX_SET_NAME);
}

/** A name that fits: as much of the text as may stand in one. */
function cut(text: string, most: number): string {
  const legal = text
    .toLowerCase()
    .replaceAll(/[^-a-z0-9]+/g, '-')
    .replace(/^-+/, '');
  const lettered = /^[0-9]/.test(legal) ? `app-${legal}` : legal;
  const name = lettered.slice(0, Math.max(1, most)).replace(/-+$/, '');
  return nameSchema.safeParse(name).success ? name : 'app';
}
