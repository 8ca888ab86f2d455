// Whether a place is open, from what was kept: only what the spans say, and nothing before or behind them.
import type { Neighbourhood, Place } from "./store";

export interface State {
  kind: "open" | "closed" | "unknown";
  text: string;
}

export interface Said {
  old: string;
  clock: string;
}

const OPEN = 1;
const NOT_UNDERSTOOD = 3;
const MINUTE_MS = 60_000;
const NIGHT_HOUR = 6; // a time before it belongs to the night of the day before

export function stateOf(place: Place, held: Neighbourhood, nowMs: number, said: Said): State {
  const words = held.words as Record<string, string>;
  const now = nowMs / MINUTE_MS;
  if (now < held.from - 5) return { kind: "unknown", text: said.clock };
  if (now >= held.until) return { kind: "unknown", text: said.old };
  const spans = held.hours[place.hours]?.spans ?? [];
  let next = 0;
  while (next < spans.length && spans[next + 1]! <= now) next += 3;
  const begin = spans[next];
  const [end, status] = [spans[next + 1], spans[next + 2]];
  if (begin !== undefined && begin <= now) {
    if (status !== OPEN) return { kind: "unknown", text: words[status === NOT_UNDERSTOOD ? "not_understood" : "unknown"] ?? "" };
    if (end! >= held.until) return { kind: "open", text: words.open ?? "" };
    const key = isNear(end!, now, held.zone) ? "open_until" : "open_until_day";
    return { kind: "open", text: fill(words[key], end!, held) };
  }
  if (begin === undefined || begin >= held.until) return { kind: "closed", text: words.closed ?? "" };
  const days = daysBetween(now, begin, held.zone);
  const key = status !== OPEN ? "ask_day" : days === 0 ? "opens" : days === 1 ? "opens_tomorrow" : "opens_day";
  return { kind: "closed", text: fill(words[key], begin, held) };
}

interface Wall {
  day: number; // since 1970, by the wall clock
  hour: number;
  clock: string;
}

// The municipality's wall clock, wherever the phone is.
function wall(minute: number, zone: string): Wall {
  const parts = new Intl.DateTimeFormat("en-GB", {
    timeZone: zone, year: "numeric", month: "numeric", day: "numeric", hour: "2-digit", minute: "2-digit", hourCycle: "h23",
  }).formatToParts(minute * MINUTE_MS);
  const of = (type: string) => parts.find((part) => part.type === type)?.value ?? "0";
  const day = Date.UTC(Number(of("year")), Number(of("month")) - 1, Number(of("day"))) / 86_400_000;
  return { day, hour: Number(of("hour")), clock: `${of("hour")}:${of("minute")}` };
}

function daysBetween(now: number, then: number, zone: string): number {
  return wall(then, zone).day - wall(now, zone).day;
}

function isNear(until: number, now: number, zone: string): boolean {
  const days = daysBetween(now, until, zone);
  return days === 0 || (days === 1 && wall(until, zone).hour < NIGHT_HOUR);
}

function fill(text: string | undefined, minute: number, held: Neighbourhood): string {
  const { day, clock } = wall(minute, held.zone);
  const name = held.words.days[(((day + 3) % 7) + 7) % 7] ?? ""; // 1 January 1970 was a Thursday; Monday is 0
  return (text ?? "").replace("{until}", clock).replace("{day}", name);
}
