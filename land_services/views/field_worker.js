// Keeps the page of one field visit and its files for when there is no network; nothing of a case passes through it.
// SHELL stands before these lines (land_services/views/field_worker.py); a new release is another text, hence another
// worker.
const SHELF = `${SHELL.name}${SHELL.version}`;
const PATIENCE_MS = 6_000;
const ANY = { ignoreVary: true, ignoreSearch: true };

self.addEventListener("install", (event) => event.waitUntil(install()));
self.addEventListener("activate", (event) => event.waitUntil(activate()));
self.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== "GET" || url.origin !== self.location.origin) return;
  if (event.request.mode === "navigate" && url.pathname === SHELL.page) event.respondWith(page(event.request));
  else if (SHELL.files.includes(url.pathname)) {
    event.respondWith(caches.match(event.request, { cacheName: SHELF, ...ANY }).then((kept) => kept ?? fetch(event.request)));
  }
});

async function install() {
  const shelf = await caches.open(SHELF);
  await shelf.addAll(SHELL.files.map((file) => new Request(file, { credentials: "omit", cache: "no-cache" }))); // all or nothing
  const asked = new Request(SHELL.page, { credentials: "same-origin", cache: "no-cache" });
  const answer = await fetch(asked);
  if (!isThePage(answer)) throw new Error("the page of the visit could not be kept");
  await shelf.put(SHELL.page, answer);
  await self.skipWaiting();
}

async function activate() {
  for (const name of await caches.keys()) {
    if (name.startsWith(SHELL.name) && name !== SHELF) await caches.delete(name);
  }
  await self.clients.claim();
}

function isThePage(answer) {
  return answer.ok && !answer.redirected && answer.headers.get("X-Field-Keep") === "yes";
}

// The network first, with little patience; who may not see the visit any more still gets at what their device holds.
async function page(request) {
  const kept = await caches.match(SHELL.page, { cacheName: SHELF, ...ANY });
  if (!kept) return fetch(request);
  try {
    const answer = await Promise.race([fetch(request), new Promise((_, late) => setTimeout(late, PATIENCE_MS))]);
    if (answer.status === 404) return new Response(await kept.blob(), { status: 404, headers: kept.headers });
    return answer.status >= 500 ? kept : answer;
  } catch {
    return kept;
  }
}
