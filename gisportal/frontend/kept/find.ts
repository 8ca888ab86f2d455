// Names compared as the server compares them (layers/locator/normalise.py and rank.py): its tables come with the page.
export interface Fold {
  dropped: string;
  between: string;
  from: string;
  to: string;
  longest: number;
}

const LEAST_ALIKE = 0.45;
const EARTH_M = 6_371_008.8;

export function folder(tables: Fold): (text: string) => string {
  const dropped = new RegExp(tables.dropped, "gu");
  const between = new RegExp(tables.between, "gu");
  const to = [...tables.to];
  const letters = new Map([...tables.from].map((letter, n) => [letter, to[n] ?? letter]));
  return (text) => {
    const plain = [...text.slice(0, tables.longest).normalize("NFKD").toLowerCase().replace(dropped, "")];
    const words = plain.map((letter) => letters.get(letter) ?? letter).join("").replace(between, " ").replace(/^ +| +$/g, "");
    return words.replace(/(^| )ال(?=[^ ]{2})/gu, "$1").replace(/(^| )(?:al|el) (?=[^ ])/gu, "$1");
  };
}

function trigrams(word: string): Set<string> {
  const letters = [...`  ${word} `];
  return new Set(letters.slice(2).map((_, n) => letters.slice(n, n + 3).join("")));
}

function alike(one: string, other: string): number {
  const a = trigrams(one);
  const b = trigrams(other);
  const both = [...a].filter((part) => b.has(part)).length;
  return both / (a.size + b.size - both);
}

// How well a name answers to a text, both folded: 0 where it does not.
export function likeness(asked: string, name: string): number {
  if (!asked || !name) return 0;
  if (asked === name) return 5;
  if (`${name} `.startsWith(`${asked} `)) return 4;
  if (` ${name}`.includes(` ${asked}`)) return 3;
  if (name.includes(asked)) return 2;
  const held = name.split(" ");
  const best = asked.split(" ").map((word) => Math.max(...held.map((one) => alike(word, one))));
  const worth = best.reduce((sum, one) => sum + one, 0) / best.length;
  return worth >= LEAST_ALIKE ? worth : 0;
}

export interface At {
  lon: number;
  lat: number;
}

// Within a neighbourhood the sphere is right to half a per cent.
export function metres(one: At, other: At): number {
  const rad = Math.PI / 180;
  const north = Math.sin(((other.lat - one.lat) * rad) / 2);
  const east = Math.sin(((other.lon - one.lon) * rad) / 2);
  const half = north ** 2 + Math.cos(one.lat * rad) * Math.cos(other.lat * rad) * east ** 2;
  return 2 * EARTH_M * Math.asin(Math.min(1, Math.sqrt(half)));
}

export function shownDistance(m: number): [string, boolean] {
  if (m < 995) return [String(m >= 20 ? Math.round(m / 10) * 10 : Math.round(m)), false];
  return [(m / 1000).toFixed(m < 9950 ? 1 : 0), true];
}
