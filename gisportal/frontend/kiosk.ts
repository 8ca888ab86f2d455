// A screen that many people use: it goes back to its start when nobody touches it, and nothing of a person stays in its
// history. Without this the pages work all the same, and stay where they are.
const dialog = document.querySelector<HTMLDialogElement>("[data-kiosk]");
const TOUCHES = ["pointerdown", "keydown", "wheel", "input", "touchmove"];
const TOUCHED = "kiosk-touched";
const RETRY_MS = 15_000;
const isMapFrame = window !== window.parent && document.body.classList.contains("nearby-map-page");

// The address of the page that a person leaves is not kept: there is no way back to it.
function go(address: URL): void {
  (isMapFrame ? window.parent : window).location.replace(address);
}

document.addEventListener("click", (event) => {
  const link = (event.target as Element).closest<HTMLAnchorElement>("a[href]");
  if (!link || event.defaultPrevented) return;
  const address = new URL(link.href);
  if (address.origin === location.origin && address.hash && address.pathname === location.pathname) return;
  event.preventDefault();
  if (address.origin === location.origin) go(address);
});

document.addEventListener("submit", (event) => {
  const form = event.target as HTMLFormElement;
  if (form.method !== "get" || event.defaultPrevented) return;
  event.preventDefault();
  const address = new URL(form.action);
  address.search = "";
  for (const [name, value] of new FormData(form)) if (typeof value === "string" && value) address.searchParams.append(name, value);
  go(address);
});

function isFresh(start: URL): boolean {
  const fields = [...document.querySelectorAll("input:not([type=hidden])")] as HTMLInputElement[];
  const isMapOpen = document.querySelector("iframe") !== null;
  return location.href === start.href && scrollY === 0 && !isMapOpen && fields.every((one) => one.value === one.defaultValue);
}

function wire(dialog: HTMLDialogElement): void {
  const start = new URL(dialog.dataset.start ?? "", location.href);
  const quietMs = Number(dialog.dataset.quietS) * 1000;
  const warningMs = Number(dialog.dataset.warningS) * 1000;
  const left = dialog.querySelector<HTMLElement>("[data-kiosk-left]");
  let touched = Date.now();
  let leftAt = -Infinity;

  const goOn = () => {
    touched = Date.now();
    if (dialog.open) dialog.close();
  };
  const look = () => {
    const quiet = Date.now() - touched;
    if (quiet < quietMs) return;
    if (isFresh(start)) return goOn();
    if (!dialog.open) dialog.showModal();
    const restMs = quietMs + warningMs - quiet;
    if (left) left.textContent = String(Math.max(0, Math.ceil(restMs / 1000)));
    // Asked for again before it has come, the page would begin anew each time, and on a slow line never come.
    if (restMs > 0 || Date.now() - leftAt < RETRY_MS) return;
    leftAt = Date.now();
    go(start);
  };
  for (const name of TOUCHES) {
    addEventListener(name, () => { if (!dialog.open) goOn(); }, { passive: true, capture: true });
  }
  addEventListener("message", (event) => {
    if (event.origin === location.origin && event.data === TOUCHED && !dialog.open) goOn();
  });
  dialog.querySelector("[data-kiosk-go-on]")?.addEventListener("click", goOn);
  dialog.addEventListener("click", (event) => { if (event.target === dialog) goOn(); }); // beside it
  dialog.addEventListener("cancel", goOn); // Escape
  setInterval(look, 250);
}

if (isMapFrame) {
  for (const name of TOUCHES) {
    addEventListener(name, () => window.parent.postMessage(TOUCHED, location.origin), { passive: true, capture: true });
  }
} else if (dialog) {
  wire(dialog);
}

export {}; // its names are its own
