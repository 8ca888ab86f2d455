// The page of a field visit. What it shows comes from the server or, without a connection, from this device; what a
// person collects is kept on this device at once, sealed with their key, until the server's receipt has come.
import { FieldMap, type Shown, inRegister } from "./field/map";
import { type Seen, isGsi, latin, numberOf, tableOf } from "./field/points";
import { Refused, Sending, recordOf } from "./field/send";
import { type Corner, type Draft, type Held, type Mark, type Photo, type PointsFile, type Position, Store, type VisitData, canKeep, emptyDraft, hashOf } from "./field/store";
import { copyOf, fill, labelled, optionsOf, part, put, typed } from "./field/view";
import { zipOf } from "./field/zip";

const PATIENCE_MS = 8_000;
const POSITION_MS = 12_000;
const LEAVING_MS = 3_000;
const PREVIEWED = 50;

interface Spot {
  id: string; // of the file or the point, and of the point in the file
  label: string;
  x: number;
  y: number;
  corner: string;
}

class Page {
  private readonly words = JSON.parse(part(document, "#field-words").textContent ?? "{}") as Record<string, string>;
  private readonly language: "ar" | "en";
  private store!: Store;
  private held!: Held;
  private map: FieldMap | null = null;
  private spots: Spot[] = [];
  private isSending = false;
  private isDone = false;
  private watch: number | null = null;

  constructor(private readonly box: HTMLElement) {
    this.language = box.dataset.language === "en" ? "en" : "ar";
  }

  private get draft(): Draft {
    return this.held.draft;
  }

  private get data(): VisitData {
    return this.held.data;
  }

  async start(): Promise<void> {
    this.tellLine();
    for (const name of ["online", "offline"]) addEventListener(name, () => this.tellLine());
    const store = await Store.open(this.box.dataset.reference ?? "", this.box.dataset.visit ?? "");
    if (!store) return this.nothing();
    this.store = store;
    if (!(await this.isAlone())) return this.problem(this.words.open_elsewhere);
    const kept = await store.read();
    const fresh = await this.fresh(Boolean(kept));
    if (!kept && !fresh) return this.nothing();
    this.held = { data: fresh ?? kept!.data, draft: kept?.draft ?? emptyDraft() };
    if (kept && fresh) await this.keep();
    if (kept) void this.register().catch(() => undefined); // a release of the page may be newer
    this.show(Boolean(kept));
    this.wire();
    if (this.data.format !== Number(this.box.dataset.format)) this.problem(this.words.old);
    await this.draw();
    addEventListener("online", () => void this.sendIfWanted());
    await this.sendIfWanted();
  }

  // What the server says now; null where there is no connection, or the visit is not open to this person any more.
  private async fresh(isKept: boolean): Promise<VisitData | null> {
    let response: Response;
    try {
      response = await fetch(this.box.dataset.data ?? "", { credentials: "same-origin", cache: "no-store", redirect: "manual", signal: AbortSignal.timeout(PATIENCE_MS) });
    } catch {
      return null;
    }
    const isJson = response.headers.get("Content-Type")?.includes("json") ?? false;
    const answer = isJson ? ((await response.json()) as VisitData & { message?: Record<string, string>; csrf?: string; owner?: string }) : null;
    if (response.ok && answer && answer.owner === this.store.owner) {
      const { csrf: _csrf, owner: _owner, ...data } = answer;
      return data as VisitData;
    }
    const said = answer?.message?.[this.language];
    if (said) this.problem(said, isKept ? [this.words.over ?? ""] : [], response.status === 401);
    return null;
  }

  // Two tabs that keep the same draft would undo each other's work.
  private isAlone(): Promise<boolean> {
    return new Promise((answer) => {
      const hold = () => {
        answer(true);
        return new Promise<never>(() => undefined); // until the page is left
      };
      // A page that is just being left still holds it for a moment.
      navigator.locks.request(`field-${this.box.dataset.page?.slice(3)}`, { signal: AbortSignal.timeout(LEAVING_MS) }, hold).catch(() => answer(false));
    });
  }

  private nothing(): void {
    part(this.box, "[data-nothing]").hidden = !part(this.box, "[data-problem]").hidden; // the server said why
  }

  private tellLine(): void {
    const chip = part(document, "[data-line]");
    chip.textContent = this.words[navigator.onLine ? "online" : "offline"] ?? "";
    chip.className = `chip field-line ${navigator.onLine ? "chip-ok" : "chip-warning"}`;
  }

  private say(text: string | undefined): void {
    part(this.box, "[data-said]").textContent = text ?? "";
  }

  private problem(title: string | undefined, lines: string[] = [], signIn = false): void {
    const alert = part(this.box, "[data-problem]");
    alert.hidden = !title;
    part(alert, "[data-problem-title]").textContent = title ?? "";
    part(alert, "[data-problem-login]").hidden = !signIn;
    part(alert, "[data-problem-lines]").replaceChildren(...lines.filter(Boolean).map((line) => {
      const item = document.createElement("li");
      item.textContent = line;
      return item;
    }));
  }

  // Keeping ---------------------------------------------------------------------------------------------------------

  private async keep(): Promise<void> {
    if (this.isDone) return; // what comes late, such as a position, brings nothing back
    await this.store.write(this.held).catch((error: unknown) => this.notKept(error));
  }

  private notKept(error: unknown): void {
    const isFull = error instanceof DOMException && error.name === "QuotaExceededError";
    this.problem(this.words[isFull ? "full" : "not_kept"]);
  }

  private changed(): void {
    if (this.isDone) return;
    void this.keep().then(() => this.say(this.words.changed));
    this.summary();
  }

  private async prepare(): Promise<void> {
    const [button, said] = [part<HTMLButtonElement>(this.box, "[data-prepare]"), part(this.box, "[data-prepare-said]")];
    button.setAttribute("aria-busy", "true");
    said.textContent = this.words.preparing ?? "";
    try {
      await this.register();
      const fresh = await this.fresh(true);
      if (fresh) this.held.data = fresh;
      await this.store.write(this.held);
      await navigator.storage?.persist?.(); // asks the browser not to clear it by itself; it may decline
      this.tellKept();
    } catch {
      said.textContent = this.words.prepare_failed ?? "";
    }
    button.removeAttribute("aria-busy");
  }

  // The page is kept in both languages; each has a worker of its own, for its own address.
  private async register(): Promise<void> {
    const { page = "", worker = "" } = this.box.dataset;
    for (const language of [this.language, this.language === "ar" ? "en" : "ar"]) {
      const at = (address: string) => address.replace(/^\/(?:ar|en)\//, `/${language}/`);
      const registered = await navigator.serviceWorker.register(at(worker), { scope: at(page) });
      const waiting = registered.installing ?? registered.waiting;
      if (!registered.active && waiting) await activated(waiting);
    }
  }

  private tellKept(): void {
    const time = new Date(this.data.kept).toLocaleString(this.language === "ar" ? "ar-SA-u-nu-latn-ca-gregory" : "en-GB", { dateStyle: "medium", timeStyle: "short" });
    part(this.box, "[data-prepare-said]").textContent = fill(this.words.prepared, { time });
    const chip = part(this.box, "[data-kept-chip]");
    chip.textContent = this.words.prepared_chip ?? "";
    chip.className = "chip chip-ok";
    this.box.dataset.prepared = "true";
  }

  // Showing ---------------------------------------------------------------------------------------------------------

  private show(isKept: boolean): void {
    part(this.box, "[data-app]").hidden = false;
    this.facts();
    if (isKept) this.tellKept();
    this.measure();
    this.corners();
    void this.photos();
    void this.points();
    this.offences();
    part<HTMLTextAreaElement>(this.box, "[data-report]").value = this.draft.report;
    this.summary();
    this.box.dataset.ready = "true";
  }

  private facts(): void {
    const rows: [string, string | HTMLElement][] = [
      [this.words.agreed ?? "", this.data.at_text[this.language]],
      [this.words.service ?? "", this.data.service[this.language]],
      [this.words.parcels ?? "", this.data.parcels.map((one) => one.number).join(" · ")],
    ];
    for (const { kind, label, value } of this.data.contacts) {
      const link = document.createElement("a");
      link.href = `tel:${latin(value[this.language]).replace(/[^+\d]/g, "")}`;
      link.dir = "ltr";
      link.textContent = value[this.language];
      rows.push([label[this.language], kind === "phone" ? link : value[this.language]]);
    }
    part(this.box, "[data-facts]").replaceChildren(...rows.filter(([, value]) => value).map(([term, value]) => {
      const [row, dt, dd, bdi] = ["div", "dt", "dd", "bdi"].map((name) => document.createElement(name)) as [HTMLElement, HTMLElement, HTMLElement, HTMLElement];
      dt.textContent = term;
      bdi.append(value);
      dd.append(bdi);
      row.append(dt, dd);
      return row;
    }));
  }

  private async draw(): Promise<void> {
    part(this.box, "[data-map-crs]").textContent = this.data.crs.code;
    try {
      this.map = await FieldMap.draw(part(this.box, "[data-map]"), this.data, this.language, this.words);
    } catch (error) {
      console.error(error);
      part(this.box, "[data-here]").textContent = this.words.map_error ?? "";
    }
    if (!this.map) part(this.box, ".field-map-card").hidden = this.data.map === null;
    this.drawMeasured();
  }

  private drawMeasured(): void {
    const shown: Shown[] = this.spots.map(({ label, x, y, corner }) => {
      const to = this.data.corners.find((one) => one.key === corner);
      return { label, x, y, to: to && [to.x, to.y] };
    });
    this.map?.showMeasured(shown);
  }

  private subjects(): [string, string][] {
    const many = this.data.parcels.length > 1;
    const of = (parcel: string) => (many ? ` (${parcel})` : "");
    return [
      ["", this.words.whole ?? ""],
      ...this.data.corners.map((one): [string, string] => [`corner ${one.key}`, fill(this.words.corner, { number: one.number }) + of(one.parcel)]),
      ...this.data.sides.map((one): [string, string] => [`side ${one.key}`, fill(this.words.side, { label: one.label, length: one.length_m.toFixed(2) })]),
    ];
  }

  // Corners ---------------------------------------------------------------------------------------------------------

  private corners(): void {
    part(this.box, "[data-corners]").replaceChildren(...this.data.corners.map((corner, n) => this.corner(corner, n)));
    this.countCorners();
  }

  private countCorners(): void {
    const n = this.draft.marks.filter((mark) => mark.state).length;
    part(this.box, "[data-corners-count]").textContent = fill(this.words.marked, { n, all: this.data.corners.length });
  }

  private mark(corner: string): Mark {
    let mark = this.draft.marks.find((one) => one.corner === corner);
    if (!mark) this.draft.marks.push((mark = { uid: crypto.randomUUID(), corner, state: "", note: "" }));
    return mark;
  }

  private corner(corner: Corner, n: number): HTMLElement {
    const copy = copyOf("field-corner");
    const mark = this.draft.marks.find((one) => one.corner === corner.key);
    copy.dataset.corner = corner.key;
    put(copy, "number", corner.number);
    put(copy, "parcel", this.data.parcels.length > 1 ? fill(this.words.of_parcel, { number: corner.parcel }) : "");
    put(copy, "at", `${corner.x.toFixed(3)}  ${corner.y.toFixed(3)}`);
    put(copy, "legend", fill(this.words.state_of, { number: corner.number }));
    part(copy, '[data-f="show"]').addEventListener("click", () => this.map?.goTo(corner.x, corner.y));
    for (const radio of copy.querySelectorAll<HTMLInputElement>("input[type=radio]")) {
      radio.name = `mark-${n}`;
      radio.checked = radio.value === mark?.state;
      radio.addEventListener("change", () => {
        this.mark(corner.key).state = radio.value;
        this.countCorners();
        this.changed();
      });
    }
    const note = labelled(copy, "note", String(n), fill(this.words.note_of, { number: corner.number }));
    note.value = mark?.note ?? "";
    typed(note, (text) => {
      this.mark(corner.key).note = text;
      this.changed();
    });
    const point = labelled(copy, "point", String(n), fill(this.words.point_of, { number: corner.number }));
    point.addEventListener("change", () => this.assign(corner.key, point.value));
    part(copy, '[data-f="device"]').addEventListener("click", () => void this.measureHere(corner));
    this.cornerPoint(copy, corner);
    return copy;
  }

  private cornerPoint(row: HTMLElement, corner: Corner): void {
    const spot = this.spots.find((one) => one.corner === corner.key);
    const options: [string, string][] = [["", this.words.unmeasured ?? ""], ...this.spots.map((one): [string, string] => [one.id, one.label])];
    optionsOf(part<HTMLSelectElement>(row, '[data-f="point"]'), options, spot?.id ?? "");
    const line = part(row, '[data-f="distance"]');
    line.hidden = !spot;
    if (spot) line.textContent = fill(this.words.distance, { distance: distance(spot, corner).toFixed(3), tolerance: this.data.tolerance_m });
  }

  private assign(corner: string, id: string): void {
    for (const file of this.draft.files) {
      for (const [number, given] of Object.entries(file.given)) if (given === corner) delete file.given[number];
      if (id.startsWith(`${file.uid} `)) file.given[id.slice(file.uid.length + 1)] = corner;
    }
    for (const point of this.draft.points) {
      if (point.corner === corner) point.corner = "";
      if (point.uid === id) point.corner = corner;
    }
    this.measuredAnew();
  }

  private measuredAnew(): void {
    this.measure();
    for (const row of this.box.querySelectorAll<HTMLElement>("[data-corner]")) {
      const corner = this.data.corners.find((one) => one.key === row.dataset.corner);
      if (corner) this.cornerPoint(row, corner);
    }
    this.drawMeasured();
    this.changed();
  }

  // What was measured, where it lies in the register's system; what this device cannot place is left to the server.
  private measure(): void {
    this.spots = [];
    for (const file of this.draft.files) {
      for (const seen of this.tables.get(file.uid) ?? []) {
        const at = inRegister(this.data, file.crs, seen.x, seen.y);
        if (at) this.spots.push({ id: `${file.uid} ${seen.number}`, label: seen.number, x: at[0], y: at[1], corner: file.given[seen.number] ?? "" });
      }
    }
    for (const point of this.draft.points) {
      const at = inRegister(this.data, point.crs, point.x, point.y);
      if (at) this.spots.push({ id: point.uid, label: point.number, x: at[0], y: at[1], corner: point.corner });
    }
  }

  private async measureHere(corner: Corner): Promise<void> {
    const position = await whereIsThis();
    if (!position) return this.problem(this.words.no_here);
    this.problem(undefined);
    this.map?.showMine(position);
    for (const point of this.draft.points) if (point.corner === corner.key) point.corner = "";
    this.draft.points.push({ uid: crypto.randomUUID(), number: corner.number, x: position.lon, y: position.lat, h: null, crs: "EPSG:4326", accuracy_m: position.accuracy_m, how: "device", corner: corner.key });
    this.measuredAnew();
    await this.points();
  }

  // Photos ----------------------------------------------------------------------------------------------------------

  private async takePhotos(files: FileList): Promise<void> {
    const most = Number(this.box.dataset.mb);
    this.problem(undefined);
    for (const file of files) {
      if (!["image/jpeg", "image/png"].includes(file.type)) this.problem(fill(this.words.not_a_photo, { name: file.name }));
      else if (file.size > most * 1024 * 1024) this.problem(fill(this.words.too_large, { name: file.name, mb: most }));
      else await this.takePhoto(file);
    }
  }

  private async takePhoto(file: File): Promise<void> {
    const content = await file.arrayBuffer();
    const photo: Photo = { uid: crypto.randomUUID(), name: file.name, sha256: await hashOf(content), taken_at: new Date(file.lastModified || Date.now()).toISOString(), position: null, subject: "", note: "" };
    this.draft.photos.push(photo);
    try {
      await this.store.writeFile(photo.uid, content, this.held);
    } catch (error) {
      this.draft.photos.splice(this.draft.photos.indexOf(photo), 1);
      return this.notKept(error);
    }
    await this.addPhoto(photo, this.words.asking_position);
    this.summary();
    photo.position = await whereIsThis();
    this.map?.showMine(photo.position);
    this.tellPhoto(photo);
    this.changed();
  }

  private async photos(): Promise<void> {
    part(this.box, "[data-photos]").replaceChildren();
    for (const photo of this.draft.photos) await this.addPhoto(photo);
  }

  private async addPhoto(photo: Photo, told = ""): Promise<void> {
    const copy = copyOf("field-photo");
    const n = this.draft.photos.indexOf(photo) + 1;
    copy.dataset.photoRow = photo.uid;
    const picture = part<HTMLImageElement>(copy, '[data-f="picture"]');
    picture.alt = fill(this.words.photo_of, { n });
    picture.src = URL.createObjectURL(new Blob([await this.store.readFile(photo.uid)], { type: "image/jpeg" }));
    put(copy, "name", photo.name);
    const subject = labelled(copy, "subject", photo.uid, fill(this.words.subject_of, { n }));
    optionsOf(subject, this.subjects(), photo.subject);
    subject.addEventListener("change", () => {
      photo.subject = subject.value;
      this.changed();
    });
    const note = labelled(copy, "note", photo.uid, fill(this.words.photo_note_of, { n }));
    note.value = photo.note;
    typed(note, (text) => {
      photo.note = text;
      this.changed();
    });
    part(copy, '[data-f="remove"]').addEventListener("click", () => void this.removeFile(photo.uid, copy));
    part(this.box, "[data-photos]").append(copy);
    this.tellPhoto(photo, told);
  }

  private tellPhoto(photo: Photo, told = ""): void {
    const row = this.box.querySelector<HTMLElement>(`[data-photo-row="${photo.uid}"]`);
    if (!row) return;
    const when = new Date(photo.taken_at).toLocaleString("en-GB", { dateStyle: "short", timeStyle: "medium" });
    const { position } = photo;
    const where = position ? fill(this.words.position, { accuracy: Math.round(position.accuracy_m ?? 0) }) : this.words.no_position;
    const isSent = this.draft.sent.includes(photo.uid);
    put(row, "when", [when, told || where, isSent ? this.words.sent_already : ""].filter(Boolean).join(" · "));
    part(row, '[data-f="remove"]').hidden = isSent;
  }

  private async removeFile(uid: string, row: HTMLElement): Promise<void> {
    if (this.draft.sent.includes(uid)) return; // it is the municipality's
    this.draft.photos = this.draft.photos.filter((one) => one.uid !== uid);
    this.draft.files = this.draft.files.filter((one) => one.uid !== uid);
    await this.keep();
    await this.store.removeFile(uid);
    row.remove();
    this.measuredAnew();
  }

  // Measured corners --------------------------------------------------------------------------------------------------

  private readonly tables = new Map<string, Seen[]>();

  private async points(): Promise<void> {
    const list = part(this.box, "[data-points]");
    list.replaceChildren();
    for (const file of this.draft.files) {
      const table = tableOf(new TextDecoder().decode(await this.store.readFile(file.uid)), file.columns);
      this.tables.set(file.uid, table.points);
      list.append(this.fileRow(file, table.points, table.problems));
    }
    for (const point of this.draft.points) {
      const how = point.how === "device" ? fill(this.words.device, { accuracy: Math.round(point.accuracy_m ?? 0) }) : fill(this.words.typed, { crs: point.crs });
      list.append(this.pointsRow(point.number, how, [point], () => {
        this.draft.points = this.draft.points.filter((one) => one !== point);
      }));
    }
    this.measuredAnew();
    part(this.box, "[data-points-count]").textContent = this.spots.length ? fill(this.words.count, { n: this.spots.length }) : "";
  }

  private fileRow(file: PointsFile, points: Seen[], problems: number[]): HTMLElement {
    const told = fill(points.length ? this.words.points_read : this.words.points_unread, { n: points.length, crs: file.crs });
    const bad = points.length && problems.length ? fill(this.words.bad_lines, { lines: problems.slice(0, 10).join(", ") }) : "";
    const isSent = this.draft.sent.includes(file.uid) ? this.words.sent_already : "";
    const row = this.pointsRow(file.name, [told, bad, isSent].filter(Boolean).join(" · "), points, null);
    const remove = part(row, '[data-f="remove"]');
    remove.hidden = Boolean(isSent);
    remove.addEventListener("click", () => void this.removeFile(file.uid, row));
    return row;
  }

  private pointsRow(name: string, told: string, points: { number: string; x: number; y: number; h: number | null; code?: string }[], remove: (() => void) | null): HTMLElement {
    const copy = copyOf("field-points");
    put(copy, "name", name);
    put(copy, "told", told);
    const region = part(copy, '[data-f="region"]');
    region.hidden = points.length === 0;
    region.setAttribute("aria-label", name);
    part(copy, '[data-f="rows"]').replaceChildren(...points.slice(0, PREVIEWED).map((one) => {
      const row = document.createElement("tr");
      for (const [n, text] of [one.number, String(one.x), String(one.y), one.h === null ? "" : String(one.h), one.code ?? ""].entries()) {
        const cell = document.createElement(n ? "td" : "th");
        const bdi = document.createElement("bdi");
        bdi.textContent = text;
        cell.append(bdi);
        if (n > 0 && n < 4) cell.className = "num";
        if (n === 0) cell.setAttribute("scope", "row");
        row.append(cell);
      }
      return row;
    }));
    if (remove) {
      part(copy, '[data-f="remove"]').addEventListener("click", () => {
        remove();
        void this.points();
      });
    }
    return copy;
  }

  private async takeFile(form: HTMLFormElement): Promise<void> {
    const problem = part(form, "[data-file-problem]");
    const value = (id: string) => part<HTMLInputElement>(form, `#field-file-${id}`).value;
    const file = part<HTMLInputElement>(form, "#field-file").files?.[0];
    problem.hidden = true;
    if (!file) return;
    const content = await file.arrayBuffer();
    const text = new TextDecoder().decode(content);
    const hasTable = !/^\s*[<{[]/.test(text.replace(/^\ufeff/, ""));
    const isTable = hasTable && !isGsi(text);
    if (hasTable && tableOf(text, value("columns")).points.length === 0) {
      problem.textContent = this.words.no_points ?? "";
      problem.hidden = false;
      return;
    }
    const accuracy = numberOf(value("accuracy"));
    const kept: PointsFile = { uid: crypto.randomUUID(), name: file.name, sha256: await hashOf(content), crs: value("crs"), columns: isTable ? value("columns") : "header", accuracy_m: Number.isFinite(accuracy) ? accuracy : null, given: {} };
    this.draft.files.push(kept);
    try {
      await this.store.writeFile(kept.uid, content, this.held);
    } catch (error) {
      this.draft.files.pop();
      return this.notKept(error);
    }
    form.reset();
    this.tables.set(kept.uid, hasTable ? tableOf(text, kept.columns).points : []);
    this.matchNearest(kept);
    await this.points();
  }

  // Points near a corner that has none yet are shown as its own; the choice beside the corner can be changed.
  private matchNearest(file: PointsFile): void {
    this.measure();
    const free = this.spots.filter((one) => one.id.startsWith(file.uid));
    const pairs = free.flatMap((spot) => this.data.corners.map((corner) => ({ spot, corner, m: distance(spot, corner) })));
    const taken = new Set(this.spots.map((one) => one.corner).filter(Boolean));
    for (const { spot, corner, m } of pairs.sort((a, b) => a.m - b.m)) {
      if (m > NEAR_M || taken.has(corner.key) || spot.corner) continue;
      spot.corner = file.given[spot.label] = corner.key;
      taken.add(corner.key);
    }
  }

  private takePoint(form: HTMLFormElement): void {
    const problem = part(form, "[data-point-problem]");
    const value = (id: string) => part<HTMLInputElement>(form, `#field-point-${id}`).value.trim();
    const optional = (id: string) => (Number.isFinite(numberOf(value(id))) ? numberOf(value(id)) : null);
    const [x, y] = [numberOf(value("x")), numberOf(value("y"))];
    problem.hidden = Number.isFinite(x) && Number.isFinite(y);
    problem.textContent = problem.hidden ? "" : (this.words.bad_number ?? "");
    if (!problem.hidden) return;
    this.draft.points.push({ uid: crypto.randomUUID(), number: latin(value("number")), x, y, h: optional("h"), crs: value("crs"), accuracy_m: optional("accuracy"), how: "typed", corner: "" });
    form.reset();
    void this.points();
  }

  // Offences and the report -------------------------------------------------------------------------------------------

  private offences(): void {
    part(this.box, "[data-offences]").replaceChildren(...this.draft.offences.map((offence) => {
      const copy = copyOf("field-offence-row");
      put(copy, "text", offence.text);
      part(copy, '[data-f="remove"]').addEventListener("click", () => {
        this.draft.offences = this.draft.offences.filter((one) => one !== offence);
        this.offences();
        this.changed();
      });
      return copy;
    }));
  }

  private summary(): void {
    const { photos, marks, offences, report } = this.draft;
    const rows = [
      fill(this.words.sum_photos, { n: photos.length }),
      fill(this.words.sum_marks, { n: marks.filter((mark) => mark.state).length }),
      fill(this.words.sum_points, { n: this.spots.length }),
      fill(this.words.sum_offences, { n: offences.length }),
      fill(this.words.sum_report, { n: report.trim().length }),
    ];
    part(this.box, "[data-photos-count]").textContent = photos.length ? fill(this.words.count, { n: photos.length }) : "";
    part(this.box, "[data-summary]").replaceChildren(...rows.map((text) => {
      const row = document.createElement("li");
      row.textContent = text;
      return row;
    }));
  }

  // Sending -----------------------------------------------------------------------------------------------------------

  private async sendIfWanted(): Promise<void> {
    if (this.draft.wanted && navigator.onLine) await this.send();
  }

  private async send(): Promise<void> {
    if (this.isSending) return;
    this.problem(undefined);
    if (!this.draft.report.trim()) {
      this.problem(this.words.write_report);
      return part(this.box, "[data-report]").focus();
    }
    this.isSending = true;
    const button = part<HTMLButtonElement>(this.box, "[data-send]");
    button.setAttribute("aria-disabled", "true");
    button.setAttribute("aria-busy", "true");
    const { data: at = "", item = "", record = "" } = this.box.dataset;
    try {
      this.draft.wanted = true;
      await this.keep();
      const told = (words: string, done: number, all: number) => this.progress(words, done, all);
      await new Sending(this.store, this.held, { data: at, item, record }, this.language, this.words, told).run();
      await this.done();
    } catch (error) {
      await this.notSent(error);
    }
    button.removeAttribute("aria-disabled");
    button.removeAttribute("aria-busy");
    this.isSending = false;
  }

  private progress(words: string, done: number, all: number): void {
    const box = part(this.box, "[data-progress]");
    box.hidden = false;
    part<HTMLProgressElement>(box, "progress").value = done / all;
    part(box, "[data-progress-said]").textContent = `${words} (${done}/${all})`;
  }

  private async notSent(error: unknown): Promise<void> {
    if (!(error instanceof Refused)) {
      console.error(error);
      this.problem(this.words.not_taken);
      return;
    }
    const isLine = error.status === 0;
    if (!isLine) this.draft.wanted = false; // pressed again once it is mended
    await this.keep();
    const lines = isLine ? [this.words.waits ?? ""] : [...error.lines, this.words.over ?? ""];
    this.problem(error.message, lines, error.status === 401);
    part(this.box, "[data-problem]").scrollIntoView({ block: "center" });
    for (const photo of this.draft.photos) this.tellPhoto(photo);
  }

  private async done(): Promise<void> {
    if (this.watch !== null) navigator.geolocation.clearWatch(this.watch);
    this.isDone = true;
    await this.store.clear();
    await this.leave();
    part(this.box, "[data-app]").remove();
    part(this.box, "[data-done]").hidden = false;
    part(this.box, "h1").focus();
  }

  // Nothing of the visit stays on the device, neither worker nor page.
  private async leave(): Promise<void> {
    const { page = "", reference, visit } = this.box.dataset;
    for (const registered of await navigator.serviceWorker.getRegistrations()) {
      if (new URL(registered.scope).pathname.slice(3) === page.slice(3)) await registered.unregister();
    }
    for (const name of await caches.keys()) {
      if (/^field-\w\w-/.test(name) && name.includes(`-${reference}-${visit}-`)) await caches.delete(name);
    }
  }

  private async export(): Promise<void> {
    const files: [string, Uint8Array<ArrayBuffer>][] = [["record.json", new TextEncoder().encode(recordOf(this.draft))]];
    for (const [n, one] of [...this.draft.photos, ...this.draft.files].entries()) {
      const ending = /\.\w{1,8}$/.exec(one.name)?.[0] ?? "";
      files.push([`${n + 1}-${one.uid}${ending}`, new Uint8Array(await this.store.readFile(one.uid))]);
    }
    const link = document.createElement("a");
    link.href = URL.createObjectURL(zipOf(files));
    link.download = `${this.data.reference}-${this.data.visit}.zip`;
    link.click();
  }

  // Wiring ------------------------------------------------------------------------------------------------------------

  private wire(): void {
    const press = (name: string, does: () => unknown) => part(this.box, `[data-${name}]`).addEventListener("click", () => void does());
    press("prepare", () => this.prepare());
    press("send", () => this.send());
    press("export", () => this.export());
    press("locate", () => this.locate());
    for (const input of this.box.querySelectorAll<HTMLInputElement>("[data-photo]")) {
      input.addEventListener("change", () => {
        if (input.files) void this.takePhotos(input.files).then(() => (input.value = ""));
      });
    }
    const sent = (name: string, does: (form: HTMLFormElement) => unknown) =>
      part<HTMLFormElement>(this.box, `[data-${name}-form]`).addEventListener("submit", (event) => {
        event.preventDefault();
        void does(event.currentTarget as HTMLFormElement);
      });
    sent("file", (form) => this.takeFile(form));
    sent("point", (form) => this.takePoint(form));
    sent("offence", (form) => {
      const field = part<HTMLTextAreaElement>(form, "textarea");
      if (!field.value.trim()) return;
      this.draft.offences.push({ uid: crypto.randomUUID(), text: field.value.trim(), subject: "" });
      form.reset();
      this.offences();
      this.changed();
    });
    typed(part<HTMLTextAreaElement>(this.box, "[data-report]"), (text) => {
      this.draft.report = text;
      this.changed();
    });
  }

  private locate(): void {
    const button = part(this.box, "[data-locate]");
    const here = part(this.box, "[data-here]");
    if (this.watch !== null) {
      navigator.geolocation.clearWatch(this.watch);
      this.watch = null;
      button.setAttribute("aria-pressed", "false");
      return this.map?.showMine(null);
    }
    button.setAttribute("aria-pressed", "true");
    this.watch = navigator.geolocation.watchPosition(
      (found) => {
        const position = positionOf(found);
        this.map?.showMine(position);
        here.textContent = fill(this.words.here, { accuracy: Math.round(position.accuracy_m ?? 0) });
      },
      () => (here.textContent = this.words.no_here ?? ""),
      { enableHighAccuracy: true, maximumAge: 5_000, timeout: POSITION_MS },
    );
  }
}

const NEAR_M = 5;

function distance(spot: { x: number; y: number }, corner: Corner): number {
  return Math.hypot(spot.x - corner.x, spot.y - corner.y);
}

function positionOf({ coords }: GeolocationPosition): Position {
  return { lon: coords.longitude, lat: coords.latitude, accuracy_m: coords.accuracy };
}

function whereIsThis(): Promise<Position | null> {
  return new Promise((answer) => {
    if (!("geolocation" in navigator)) return answer(null);
    navigator.geolocation.getCurrentPosition((found) => answer(positionOf(found)), () => answer(null), { enableHighAccuracy: true, maximumAge: 10_000, timeout: POSITION_MS });
  });
}

function activated(worker: ServiceWorker): Promise<void> {
  return new Promise((done, failed) => {
    const look = () => {
      if (worker.state === "activated") done();
      if (worker.state === "redundant") failed(new Error("not kept"));
    };
    worker.addEventListener("statechange", look);
    look();
  });
}

const box = document.querySelector<HTMLElement>("[data-field]");
if (box) {
  if (canKeep()) void new Page(box).start().catch((error: unknown) => console.error(error));
  else part(box, "[data-nothing]").hidden = false;
}
