const UNITS: [text: string, seconds: number][] = [
  ['weeks', 604_800],
  ['days', 86_400],
  ['hrs', 3600],
  ['mins', 60],
  ['secs', 1],
];

/** As Mesos prints durations: in the largest unit that divides them (stout/duration.hpp): `10mins`, `75secs`, `1500ms`. */
export function durationText(seconds: number): string {
  const [unit, size] = UNITS.find(([, one]) => seconds >= one && seconds % one === 0) ?? ['ms', 0.001];
  return `${Math.round(seconds / size)}${unit}`;
}
