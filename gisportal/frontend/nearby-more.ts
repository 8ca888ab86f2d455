// Pages beside the locator's list work without this; with it, a phone shares, copies, prints, and says where it is.
const DECIMALS = 3;
const WAIT_MS = 10_000;

function wireTap(box: HTMLElement): void {
  const button = box.querySelector<HTMLButtonElement>("[data-tap-locate]");
  const problem = box.querySelector<HTMLElement>("[data-tap-problem]");
  const field = box.querySelector<HTMLInputElement>('input[name="position"]');
  const look = box.querySelector<HTMLButtonElement>('button[name="look"]');
  if (!button || !problem || !field || !look || !("geolocation" in navigator)) return;
  button.hidden = false;
  button.addEventListener("click", () => {
    problem.hidden = true;
    button.setAttribute("aria-busy", "true");
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        // Rounded before it leaves the device: the drawing shows the surroundings, and a press says the rest.
        field.value = `${coords.latitude.toFixed(DECIMALS)}, ${coords.longitude.toFixed(DECIMALS)}`;
        look.click();
      },
      () => {
        button.removeAttribute("aria-busy");
        problem.hidden = false;
      },
      { enableHighAccuracy: false, maximumAge: 60_000, timeout: WAIT_MS },
    );
  });
}

function wireShare(box: HTMLElement): void {
  const button = box.querySelector<HTMLButtonElement>("[data-share-button]");
  const said = box.querySelector<HTMLElement>("[data-share-said]");
  const link = box.querySelector<HTMLInputElement>("[data-share-link]");
  if (!button || !said || !link) return;
  button.hidden = false;
  button.addEventListener("click", async () => {
    if (typeof navigator.share === "function") {
      try {
        await navigator.share({ title: document.title, url: link.value });
        return;
      } catch (error) {
        if (error instanceof DOMException && error.name === "AbortError") return;
      }
    }
    try {
      await navigator.clipboard.writeText(link.value);
      said.textContent = said.dataset.copied ?? "";
    } catch {
      box.querySelector("details")?.setAttribute("open", "");
      link.focus();
      link.select();
      said.textContent = said.dataset.select ?? "";
    }
  });
}

for (const box of document.querySelectorAll<HTMLElement>("[data-tap]")) wireTap(box);
for (const box of document.querySelectorAll<HTMLElement>("[data-share]")) wireShare(box);
for (const button of document.querySelectorAll<HTMLButtonElement>("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => print());
}
