// Keeps the locator for when there is no network: the files of its pages, the last pages that the server marked as
// nobody's own, and what a person asked to be kept of a neighbourhood (written by kept.ts).
// SHELL stands before these lines (gisportal/nearby/offline.py); a new release is another text, hence another worker.
const OURS = `nearby-${SHELL.language}-`;
const SHELF = `${OURS}shell-${SHELL.version}`;
const PAGES = `${OURS}pages`;
const DISTRICTS = `${OURS}districts`;
const MOST_PAGES = 60;
const PATIENCE_MS = 8_000;
const UID = /^places\/([0-9a-f-]{36})\/$/;
const ANY = { ignoreVary: true };

self.addEventListener("install", (event) => event.waitUntil(install()));
self.addEventListener("activate", (event) => event.waitUntil(activate()));
self.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== "GET" || url.origin !== self.location.origin) return;
  if (event.request.mode === "navigate") {
    if (url.pathname.startsWith(SHELL.scope)) event.respondWith(page(event));
  } else if (SHELL.files.includes(url.pathname)) {
    event.respondWith(caches.match(event.request, { cacheName: SHELF, ...ANY }).then((kept) => kept ?? fetch(event.request)));
  } else if (SHELL.files.some((file) => nameOf(file) === nameOf(url.pathname))) {
    event.respondWith(fetch(event.request).catch(() => ofThisRelease(url.pathname)));
  }
});
// The first page of all is opened before there is a worker; it asks to be kept itself.
self.addEventListener("message", (event) => {
  if (event.data?.type === "keep-page") event.waitUntil(keepPage(event.data.address));
});

async function install() {
  const shelf = await caches.open(SHELF);
  const asked = [...SHELL.files, SHELL.kept].map((file) => new Request(file, { credentials: "omit", cache: "no-cache" }));
  await shelf.addAll(asked); // all or nothing
  await self.skipWaiting();
}

async function activate() {
  for (const name of await caches.keys()) {
    if (name.startsWith(`${OURS}shell-`) && name !== SHELF) await caches.delete(name);
  }
  await self.clients.claim();
}

// Pages -------------------------------------------------------------------------------------------------------------

async function page(event) {
  const request = event.request;
  const asked = fetch(request);
  event.waitUntil(asked.then((response) => keep(request, response.clone())).catch(() => undefined));
  const kept = await keptFor(request);
  try {
    const response = await (kept ? inTime(asked) : asked);
    if (kept && response.status >= 502 && response.status <= 504) return kept;
    return response;
  } catch {
    return kept ?? keptPage();
  }
}

function inTime(asked) {
  return Promise.race([asked, new Promise((_, late) => setTimeout(late, PATIENCE_MS))]);
}

async function keep(request, response) {
  if (!response.ok || response.redirected || response.headers.get(SHELL.mark) !== "yes") return;
  const pages = await caches.open(PAGES);
  await pages.delete(request, ANY); // so that it is the newest
  await pages.put(request, response);
  const keys = await pages.keys();
  for (const old of keys.slice(0, Math.max(0, keys.length - MOST_PAGES))) await pages.delete(old, ANY);
}

async function keepPage(address) {
  const url = new URL(address);
  if (url.origin !== self.location.origin || !url.pathname.startsWith(SHELL.scope)) return;
  url.hash = "";
  const request = new Request(url.href, { credentials: "omit" });
  await keep(request, await fetch(request)).catch(() => undefined);
}

// Returns what can be shown in place of a page, undefined where nothing is kept that answers to it.
async function keptFor(request) {
  const url = new URL(request.url);
  if (request.destination === "iframe") return url.pathname === `${SHELL.scope}map/` ? noMap() : undefined;
  const places = await keptPlaces();
  const uid = UID.exec(url.pathname.slice(SHELL.scope.length))?.[1];
  if (uid && places.some((text) => text.includes(`"uid":"${uid}"`))) return keptPage();
  const isList = url.pathname === SHELL.scope;
  if (isList && !url.search && places.length) return keptPage();
  const found = await caches.match(request, { cacheName: PAGES, ...ANY });
  if (found) return asKept(found);
  return (isList && places.length) || url.pathname === SHELL.kept ? keptPage() : undefined;
}

async function keptPlaces() {
  if (!(await caches.has(DISTRICTS))) return [];
  const shelf = await caches.open(DISTRICTS);
  return Promise.all((await shelf.keys()).map(async (key) => (await shelf.match(key, ANY)).text()));
}

async function keptPage() {
  return (await caches.match(SHELL.kept, { cacheName: SHELF, ...ANY })) ?? Response.error();
}

// A page that was kept says so, and that its states are of then: the server wrote both, hidden.
async function asKept(kept) {
  const text = await kept.text();
  const asOf = /data-as-of="([^"]*)"/.exec(text)?.[1] ?? "";
  const shown = text
    .replace("<html ", "<html data-kept ")
    .replace('id="nearby-kept" hidden', 'id="nearby-kept"')
    .replaceAll('<p class="nearby-state">', () => `<p class="nearby-state"><span class="muted small">${asOf}</span> `);
  const headers = new Headers(kept.headers);
  headers.delete("Content-Encoding");
  headers.delete("Content-Length");
  return new Response(shown, { status: 200, headers });
}

function noMap() {
  const text = `<!doctype html><html lang="${SHELL.language}" dir="${SHELL.direction}"><meta charset="utf-8"><title>${SHELL.no_map}</title><main><h1>${SHELL.no_map}</h1></main></html>`;
  const headers = { "Content-Type": "text/html; charset=utf-8", "Content-Security-Policy": "default-src 'none'" };
  return new Response(text, { headers });
}

// Files -------------------------------------------------------------------------------------------------------------

// A kept page of an earlier release names its files with another hash.
function nameOf(file) {
  return file.replace(/\.[0-9a-f]{12}(?=\.\w+$)/, "");
}

async function ofThisRelease(pathname) {
  const file = SHELL.files.find((one) => nameOf(one) === nameOf(pathname));
  return (await caches.match(file, { cacheName: SHELF, ...ANY })) ?? Response.error();
}
