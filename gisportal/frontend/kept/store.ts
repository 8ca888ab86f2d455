// What is kept on the phone of neighbourhoods, in the browser's own cache: the page writes it, the worker reads it.
export interface Hours {
  spans?: number[];
  week?: string[][];
  ramadan?: string[][];
  note?: string;
  text?: string;
}
export interface Place {
  uid: string;
  name: string;
  category: string;
  lon: number;
  lat: number;
  geo: string;
  folded?: string;
  hours: number;
  kind?: string;
  code?: string;
  phone?: string;
  address?: string;
  wheelchair?: string;
  source?: string;
}
export type Words = Record<string, string> & { days: string[]; categories: Record<string, [string, string]> };
export interface Neighbourhood {
  format: number;
  district: { uid: string; name: string };
  kept: string;
  from: number; // minutes since 1970
  until: number;
  zone: string;
  cut: boolean;
  notices: string[][];
  words: Words;
  hours: Hours[];
  places: Place[];
}
export interface Kept {
  address: string;
  bytes: number;
  held: Neighbourhood | null; // null: an earlier release wrote it
}

const LONGEST_WAIT_MS = 120_000;

export function canKeep(): boolean {
  return "caches" in window && "serviceWorker" in navigator;
}

function shelfOf(language: string): string {
  return `nearby-${language}-districts`;
}

export async function keep(language: string, address: string, format: number): Promise<void> {
  // Without cookies: what is kept is the same for everybody.
  const answer = await fetch(address, { credentials: "omit", signal: AbortSignal.timeout(LONGEST_WAIT_MS) });
  if (!answer.ok) throw new Error(String(answer.status));
  const text = await answer.text();
  if ((JSON.parse(text) as Neighbourhood).format !== format) throw new Error("format");
  const shelf = await caches.open(shelfOf(language));
  await shelf.put(address, new Response(text, { headers: { "Content-Type": "application/json" } }));
  await navigator.storage?.persist?.(); // asks the browser not to clear it by itself; it may decline
}

export async function forget(language: string, address: string): Promise<void> {
  if (await caches.has(shelfOf(language))) await (await caches.open(shelfOf(language))).delete(address, { ignoreVary: true });
}

// Of both languages: who hands a phone on wants all of it gone.
export async function forgetAll(): Promise<void> {
  for (const name of await caches.keys()) if (/^nearby-\w\w-(?:districts|pages)$/.test(name)) await caches.delete(name);
}

export async function all(language: string, format: number): Promise<Kept[]> {
  if (!(await caches.has(shelfOf(language)))) return [];
  const shelf = await caches.open(shelfOf(language));
  const found: Kept[] = [];
  for (const key of await shelf.keys()) {
    const blob = await (await shelf.match(key, { ignoreVary: true }))?.blob();
    if (!blob) continue;
    const held = JSON.parse(await blob.text()) as Neighbourhood;
    found.push({ address: new URL(key.url).pathname, bytes: blob.size, held: held.format === format ? held : null });
  }
  return found;
}

export async function pagesKept(language: string): Promise<number> {
  const name = `nearby-${language}-pages`;
  return (await caches.has(name)) ? (await (await caches.open(name)).keys()).length : 0;
}
