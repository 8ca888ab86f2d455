// Synchronising: files one by one, then the record with which the visit is held. Every step may be repeated; the device
// clears nothing before the server's receipt names the same hashes.
import { type Draft, type Held, type Store, hashOf } from "./store";

export interface Addresses {
  data: string;
  item: string;
  record: string;
}
export type Told = (words: string, done: number, all: number) => void;

export class Refused extends Error {
  constructor(
    readonly status: number, // 0: no connection
    message: string,
    readonly lines: string[] = [],
  ) {
    super(message);
  }
}

interface Answer {
  message?: Record<string, string>;
  findings?: Record<string, string>[];
  csrf?: string;
  owner?: string;
  held?: string | null;
  uid?: string;
  sha256?: string;
  files?: Record<string, string>;
}

const LONGEST_MS = 120_000;
const FORMAT = 1;

export function recordOf(draft: Draft): string {
  const points = draft.points;
  const photos = draft.photos.map(({ name: _name, ...photo }) => photo);
  const files = draft.files.map(({ uid, sha256, accuracy_m, given }) => ({ uid, sha256, accuracy_m, given }));
  const marks = draft.marks.filter((mark) => mark.state || mark.note);
  return JSON.stringify({ format: FORMAT, uid: draft.uid, report: draft.report, photos, files, marks, points, offences: draft.offences });
}

export class Sending {
  constructor(
    private readonly store: Store,
    private readonly held: Held,
    private readonly at: Addresses,
    private readonly language: string,
    private readonly words: Record<string, string>,
    private readonly told: Told,
  ) {}

  async run(): Promise<void> {
    const { draft } = this.held;
    const { token, isOver } = await this.begin();
    const all = draft.photos.length + draft.files.length + 1;
    if (!isOver) {
      await this.sendFiles(token, all);
      if (draft.outgoing?.text !== recordOf(draft)) draft.outgoing = null; // mended since, and nothing came of it
    }
    this.told(this.words.sending_record ?? "", all - 1, all);
    await this.sendRecord(token);
    this.told(this.words.sent ?? "", all, all);
  }

  // Asks who is signed in and whether the visit is still open. Where it is held already, a record that was on its way
  // may have arrived: it is sent again for its receipt.
  private async begin(): Promise<{ token: string; isOver: boolean }> {
    const { status, answer } = await this.ask(this.at.data);
    if (answer.owner && answer.owner !== this.store.owner) throw new Refused(403, this.words.another ?? "");
    const isOver = status === 409 && this.held.draft.outgoing !== null && answer.held === this.held.draft.outgoing.sha256;
    if (status !== 200 && !isOver) throw this.refusal(status, answer);
    return { token: answer.csrf ?? "", isOver };
  }

  private async sendFiles(token: string, all: number): Promise<void> {
    const { draft } = this.held;
    const photos = draft.photos.map((one) => ({ ...one, kind: "photo", crs: "", columns: "" }));
    const files = [...photos, ...draft.files.map((one) => ({ ...one, kind: "points" }))];
    for (const [n, file] of files.entries()) {
      if (draft.sent.includes(file.uid)) continue;
      this.told((this.words.sending ?? "").replace("{name}", file.name), n, all);
      await this.sendFile(file, token);
      draft.sent.push(file.uid);
      await this.store.write(this.held);
    }
  }

  private async sendFile(file: { uid: string; sha256: string; name: string; kind: string; crs: string; columns: string }, token: string): Promise<void> {
    const form = new FormData();
    for (const name of ["uid", "kind", "sha256", "name", "crs", "columns"] as const) form.set(name, file[name]);
    form.set("file", new Blob([await this.store.readFile(file.uid)]), "field");
    const { status, answer } = await this.ask(this.at.item, { method: "POST", body: form, headers: { "X-CSRFToken": token } });
    if (status !== 200) throw this.refusal(status, answer, file.name);
    if (answer.uid !== file.uid || answer.sha256 !== file.sha256) throw new Refused(500, this.words.other_content ?? "");
  }

  private async sendRecord(token: string): Promise<void> {
    const { draft } = this.held;
    if (!draft.outgoing) {
      const text = recordOf(draft);
      draft.outgoing = { text, sha256: await hashOf(new TextEncoder().encode(text)) };
      await this.store.write(this.held);
    }
    const { text, sha256 } = draft.outgoing;
    const headers = { "X-CSRFToken": token, "Content-Type": "application/json" };
    const { status, answer } = await this.ask(this.at.record, { method: "POST", body: text, headers });
    if (status === 200) {
      const { photos, files } = JSON.parse(text) as Pick<Draft, "photos" | "files">;
      const isWhole = answer.sha256 === sha256 && [...photos, ...files].every((one) => answer.files?.[one.uid] === one.sha256);
      if (!isWhole) throw new Refused(500, this.words.other_content ?? "");
      if (text !== recordOf(draft)) throw new Refused(409, this.words.later_changes ?? "");
      return;
    }
    if (status >= 400 && status < 500 && status !== 401) {
      draft.outgoing = null; // it was refused, not lost: it may be mended
      await this.store.write(this.held);
    }
    throw this.refusal(status, answer);
  }

  private async ask(address: string, options: RequestInit = {}): Promise<{ status: number; answer: Answer }> {
    try {
      const response = await fetch(address, { ...options, credentials: "same-origin", cache: "no-store", redirect: "manual", signal: AbortSignal.timeout(LONGEST_MS) });
      const isJson = response.headers.get("Content-Type")?.includes("json") ?? false;
      return { status: response.status, answer: isJson ? ((await response.json()) as Answer) : {} };
    } catch {
      throw new Refused(0, this.words.no_connection ?? "");
    }
  }

  private refusal(status: number, answer: Answer, name = ""): Refused {
    const said = answer.message?.[this.language] ?? (status >= 500 ? this.words.server : this.words.not_taken) ?? "";
    const lines = (answer.findings ?? []).map((one) => one[this.language] ?? "");
    return new Refused(status, name ? `${name}: ${said}` : said, lines);
  }
}
