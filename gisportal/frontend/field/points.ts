// A look at a table of points before it is sent: as the server's reader takes it, and no more. The server decides.
export interface Seen {
  number: string;
  x: number;
  y: number;
  h: number | null;
  code: string;
}
export interface Table {
  points: Seen[];
  problems: number[]; // lines that hold no point
}

const COLUMNS: Record<string, string[]> = {
  number: ["point_no", "point", "point_number", "number", "no", "id", "name", "نقطة", "رقم النقطة", "النقطة"],
  x: ["x", "e", "east", "easting", "lon", "longitude", "شرق", "شرقي", "الشرقيات", "س"],
  y: ["y", "n", "north", "northing", "lat", "latitude", "شمال", "شمالي", "الشماليات", "ص"],
  h: ["z", "h", "height", "elevation", "elev", "ارتفاع", "المنسوب"],
  code: ["code", "desc", "description", "رمز", "وصف"],
};
const ORDERS: Record<string, string[]> = { enhc: ["number", "x", "y", "h", "code"], nehc: ["number", "y", "x", "h", "code"] };

export function latin(text: string): string {
  return text.replace(/[٠-٩]/g, (d) => String(d.charCodeAt(0) - 0x660)).replace(/[۰-۹]/g, (d) => String(d.charCodeAt(0) - 0x6f0));
}

// A number in either digit system; a decimal comma only where no point is there.
export function numberOf(text: string): number {
  let plain = latin(text).replace("٫", ".").replaceAll("٬", "").replaceAll(" ", "");
  if (plain.split(",").length === 2 && !plain.includes(".")) plain = plain.replace(",", ".");
  return plain === "" ? NaN : Number(plain);
}

// What an instrument of Leica writes has a form of its own, which says itself what stands where.
export function isGsi(text: string): boolean {
  return /^\s*\*?11[\d.]{4}[+-]\S{8,16} /.test(text);
}

const SCALES: Record<string, number> = { "0": 1e3, "6": 1e4, "8": 1e5, "1": 1e3, "7": 1e4 };

function gsiOf(lines: string[]): Table {
  const found: Table = { points: [], problems: [] };
  for (const line of lines) {
    const words = new Map([...line.matchAll(/(\d\d)[\d.]{3}([\d.])([+-])(\S+)/g)].map((one) => [one[1] ?? "", one]));
    const value = (code: string) => {
      const [, , scale, sign, figures] = words.get(code) ?? [];
      return figures && /^\d+$/.test(figures) ? (Number(figures) / (SCALES[scale ?? ""] ?? NaN)) * (sign === "-" ? -1 : 1) : NaN;
    };
    const [number, x, y, h] = [words.get("11")?.[4], value("81"), value("82"), value("83")];
    const code = words.get("71")?.[4]?.replace(/^0+/, "") ?? "";
    if (number && Number.isFinite(x) && Number.isFinite(y)) found.points.push({ number: number.replace(/^0+(?=.)/, ""), x, y, h: Number.isFinite(h) ? h : null, code });
  }
  return found;
}

export function tableOf(text: string, columns: string): Table {
  const lines = text.replace(/^\ufeff/, "").split(/\r\n|\n|\r/);
  if (isGsi(text)) return gsiOf(lines);
  const first = lines[0] ?? "";
  const between = [";", "\t", ","].reduce((best, one) => (first.split(one).length > first.split(best).length ? one : best));
  const bare = (cell: string) => cell.trim().replace(/^"(.*)"$/, "$1");
  const count = columns in ORDERS ? (ORDERS[columns]?.length ?? 0) : first.trim().split(/\s+/).length;
  const spaced = (line: string) => {
    const all = line.trim().split(/\s+/);
    return all.length > count ? [...all.slice(0, count - 1), all.slice(count - 1).join(" ")] : all;
  };
  const cells = (line: string) => (first.includes(between) ? line.split(between).map(bare) : spaced(line));
  const order = ORDERS[columns] ?? cells(first).map((cell) => nameOf(latin(cell).toLowerCase()));
  const found: Table = { points: [], problems: [] };
  for (const [n, line] of lines.entries()) {
    if (line.trim() === "" || (n === 0 && !(columns in ORDERS))) continue;
    const row = cells(line);
    const at = (name: string) => row[order.indexOf(name)] ?? "";
    const [x, y, h] = [numberOf(at("x")), numberOf(at("y")), numberOf(at("h"))];
    if (!Number.isFinite(x) || !Number.isFinite(y)) found.problems.push(n + 1);
    else if (at("number")) found.points.push({ number: latin(at("number")), x, y, h: Number.isFinite(h) ? h : null, code: at("code") });
  }
  return found;
}

function nameOf(cell: string): string {
  return Object.keys(COLUMNS).find((name) => COLUMNS[name]?.includes(cell)) ?? "";
}
