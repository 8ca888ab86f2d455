// What a device holds of a visit: sealed with the key that a person's sign-in gives, so that it opens for nobody else.
// A row says whose it is and whether something waits to be sent; all else is sealed, photos and files one by one.
export interface Words {
  ar: string;
  en: string;
}
export interface Corner {
  key: string;
  parcel: string;
  number: string;
  x: number;
  y: number;
}
export interface VisitData {
  format: number;
  reference: string;
  visit: number;
  kept: string;
  service: Words;
  at: string;
  at_text: Words;
  contacts: { kind: string; label: Words; value: Words }[];
  parcels: { uid: string; number: string; label: string }[];
  corners: Corner[];
  sides: { key: string; label: string; length_m: number }[];
  tolerance_m: number;
  crs: { code: string; proj4: string; name: string };
  systems: Record<string, string>;
  map: Record<"ar" | "en", object> | null;
}
export interface Position {
  lon: number;
  lat: number;
  accuracy_m: number | null;
}
export interface Photo {
  uid: string;
  name: string;
  sha256: string;
  taken_at: string;
  position: Position | null;
  subject: string;
  note: string;
}
export interface PointsFile {
  uid: string;
  name: string;
  sha256: string;
  crs: string;
  columns: string;
  accuracy_m: number | null;
  given: Record<string, string>; // number of a point: corner
}
export interface Point {
  uid: string;
  number: string;
  x: number;
  y: number;
  h: number | null;
  crs: string;
  accuracy_m: number | null;
  how: "typed" | "device";
  corner: string;
}
export interface Mark {
  uid: string;
  corner: string;
  state: string;
  note: string;
}
export interface Offence {
  uid: string;
  text: string;
  subject: string;
}
export interface Draft {
  uid: string;
  report: string;
  photos: Photo[];
  files: PointsFile[];
  marks: Mark[];
  points: Point[];
  offences: Offence[];
  sent: string[]; // of which the receipt came
  outgoing: { text: string; sha256: string } | null; // the record as it is on its way: sent again, it is the same
  wanted: boolean; // somebody asked for it to be sent
}
export interface Held {
  data: VisitData;
  draft: Draft;
}
interface Sealed {
  iv: Uint8Array<ArrayBuffer>;
  box: ArrayBuffer;
}
interface Row {
  key: string;
  owner: string;
  waits: boolean;
  sealed: Sealed;
}

const NAME = "field";

export function canKeep(): boolean {
  return "indexedDB" in window && "serviceWorker" in navigator && "subtle" in (globalThis.crypto ?? {});
}

export function emptyDraft(): Draft {
  return { uid: crypto.randomUUID(), report: "", photos: [], files: [], marks: [], points: [], offences: [], sent: [], outgoing: null, wanted: false };
}

export function isEmpty(draft: Draft): boolean {
  const listed = draft.photos.length + draft.files.length + draft.marks.length + draft.points.length + draft.offences.length;
  return listed === 0 && draft.report.trim() === "";
}

export async function hashOf(content: ArrayBuffer | Uint8Array<ArrayBuffer>): Promise<string> {
  return hex(new Uint8Array(await crypto.subtle.digest("SHA-256", content)));
}

function hex(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

// The key of whoever is signed in, as the server gave it; none after a sign-out.
function keyText(): string {
  return /(?:^|; )field=([0-9a-f]{64})(?:;|$)/.exec(document.cookie)?.[1] ?? "";
}

export class Store {
  private last: Promise<unknown> = Promise.resolve();

  private constructor(
    private readonly base: IDBDatabase,
    readonly owner: string,
    private readonly key: CryptoKey,
    private readonly name: string,
  ) {}

  // Returns null where nobody is signed in on this device.
  static async open(reference: string, visit: string): Promise<Store | null> {
    const text = keyText();
    const base = await openBase();
    const owner = text && (await hashOf(new TextEncoder().encode(text))).slice(0, 16);
    await clearOthers(base, owner);
    if (!text) return null;
    const raw = Uint8Array.from(text.match(/../g) ?? [], (pair) => parseInt(pair, 16));
    const key = await crypto.subtle.importKey("raw", raw, "AES-GCM", false, ["encrypt", "decrypt"]);
    return new Store(base, owner, key, `${owner}/${reference}/${visit}`);
  }

  async read(): Promise<Held | null> {
    const row = await asked<Row | undefined>(this.base.transaction("visits").objectStore("visits").get(this.name));
    return row ? (JSON.parse(new TextDecoder().decode(await this.unsealed(row.sealed))) as Held) : null;
  }

  // One after the other, each as the draft is when its turn comes: an older state never lands on a newer one.
  private after<T>(does: () => Promise<T>): Promise<T> {
    const turn = this.last.then(does);
    this.last = turn.catch(() => undefined);
    return turn;
  }

  write(held: Held): Promise<void> {
    return this.after(async () => {
      const sealed = await this.sealed(new TextEncoder().encode(JSON.stringify(held)));
      const row: Row = { key: this.name, owner: this.owner, waits: !isEmpty(held.draft), sealed };
      await this.change(["visits"], (at) => at.objectStore("visits").put(row));
    });
  }

  // A file and the draft that names it are written together: neither is there without the other.
  writeFile(uid: string, content: ArrayBuffer, held: Held): Promise<void> {
    return this.after(async () => {
      const file = await this.sealed(content);
      const sealed = await this.sealed(new TextEncoder().encode(JSON.stringify(held)));
      await this.change(["visits", "files"], (at) => {
        at.objectStore("files").put({ key: `${this.name}/${uid}`, sealed: file });
        at.objectStore("visits").put({ key: this.name, owner: this.owner, waits: true, sealed } satisfies Row);
      });
    });
  }

  async readFile(uid: string): Promise<ArrayBuffer> {
    const row = await asked<{ sealed: Sealed } | undefined>(this.base.transaction("files").objectStore("files").get(`${this.name}/${uid}`));
    if (!row) throw new Error(`the file ${uid} is not on this device`);
    return this.unsealed(row.sealed);
  }

  async removeFile(uid: string): Promise<void> {
    await this.change(["files"], (at) => at.objectStore("files").delete(`${this.name}/${uid}`));
  }

  clear(): Promise<void> {
    return this.after(() =>
      this.change(["visits", "files"], (at) => {
        at.objectStore("visits").delete(this.name);
        at.objectStore("files").delete(IDBKeyRange.bound(`${this.name}/`, `${this.name}/\uffff`));
      }),
    );
  }

  private change(stores: string[], does: (at: IDBTransaction) => void): Promise<void> {
    return new Promise((done, failed) => {
      const at = this.base.transaction(stores, "readwrite", { durability: "strict" });
      at.oncomplete = () => done();
      at.onabort = () => failed(at.error ?? new Error("not kept"));
      does(at);
    });
  }

  private async sealed(content: BufferSource): Promise<Sealed> {
    const iv = crypto.getRandomValues(new Uint8Array(12));
    return { iv, box: await crypto.subtle.encrypt({ name: "AES-GCM", iv }, this.key, content) };
  }

  private unsealed({ iv, box }: Sealed): Promise<ArrayBuffer> {
    return crypto.subtle.decrypt({ name: "AES-GCM", iv }, this.key, box);
  }
}

function openBase(): Promise<IDBDatabase> {
  return new Promise((done, failed) => {
    const asking = indexedDB.open(NAME, 1);
    asking.onupgradeneeded = () => {
      asking.result.createObjectStore("visits", { keyPath: "key" });
      asking.result.createObjectStore("files", { keyPath: "key" });
    };
    asking.onsuccess = () => done(asking.result);
    asking.onerror = () => failed(asking.error ?? new Error("nothing can be kept"));
  });
}

function asked<T>(request: IDBRequest): Promise<T> {
  return new Promise((done, failed) => {
    request.onsuccess = () => done(request.result as T);
    request.onerror = () => failed(request.error ?? new Error("not read"));
  });
}

// What others prepared and did not use goes; what they have not sent stays, sealed, until they sign in again.
async function clearOthers(base: IDBDatabase, owner: string): Promise<void> {
  const rows = await asked<Row[]>(base.transaction("visits").objectStore("visits").getAll());
  const left = rows.filter((row) => row.owner !== owner && !row.waits);
  if (left.length === 0) return;
  const at = base.transaction("visits", "readwrite");
  for (const row of left) at.objectStore("visits").delete(row.key);
}
