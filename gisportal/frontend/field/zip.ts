// A ZIP of files as they are, without compression: photos are compressed already.
const TABLE = Uint32Array.from({ length: 256 }, (_, n) => {
  let value = n;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? 0xedb88320 ^ (value >>> 1) : value >>> 1;
  return value >>> 0;
});

function crc32(bytes: Uint8Array): number {
  let sum = 0xffffffff;
  for (const byte of bytes) sum = (TABLE[(sum ^ byte) & 0xff] ?? 0) ^ (sum >>> 8);
  return (sum ^ 0xffffffff) >>> 0;
}

function record(signature: number, fields: [2 | 4, number][]): Uint8Array<ArrayBuffer> {
  const view = new DataView(new ArrayBuffer(4 + fields.reduce((sum, [size]) => sum + size, 0)));
  view.setUint32(0, signature, true);
  let at = 4;
  for (const [size, value] of fields) {
    if (size === 2) view.setUint16(at, value, true);
    else view.setUint32(at, value, true);
    at += size;
  }
  return new Uint8Array(view.buffer);
}

const UTF8 = 0x0800;
const DAY_ONE = 0x21; // 1 January 1980: the times that matter are in the record

export function zipOf(files: [string, Uint8Array<ArrayBuffer>][]): Blob {
  const parts: BlobPart[] = [];
  const listed: Uint8Array<ArrayBuffer>[] = [];
  let offset = 0;
  for (const [name, content] of files) {
    const title = new TextEncoder().encode(name);
    const same: [2 | 4, number][] = [[2, 20], [2, UTF8], [2, 0], [2, 0], [2, DAY_ONE], [4, crc32(content)], [4, content.length], [4, content.length], [2, title.length], [2, 0]];
    const head = record(0x04034b50, same);
    parts.push(head, title, content);
    listed.push(record(0x02014b50, [[2, 20], ...same, [2, 0], [2, 0], [2, 0], [4, 0], [4, offset]]), title);
    offset += head.length + title.length + content.length;
  }
  const size = listed.reduce((sum, one) => sum + one.length, 0);
  const end = record(0x06054b50, [[2, 0], [2, 0], [2, files.length], [2, files.length], [4, size], [4, offset], [2, 0]]);
  return new Blob([...parts, ...listed, end], { type: "application/zip" });
}
