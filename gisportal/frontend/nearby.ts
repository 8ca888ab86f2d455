// The locator's list works without this; with it, a device may say where it is: rounded before it goes anywhere.
const DECIMALS = 3;
const WAIT_MS = 10_000;

function wire(form: HTMLFormElement): void {
  const button = form.querySelector<HTMLButtonElement>("[data-locate]");
  const problem = form.querySelector<HTMLElement>("[data-locate-problem]");
  if (!button || !problem || !("geolocation" in navigator)) return;
  button.hidden = false;
  button.addEventListener("click", () => {
    problem.hidden = true;
    button.setAttribute("aria-busy", "true");
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => go(form, coords),
      () => {
        button.removeAttribute("aria-busy");
        problem.hidden = false;
      },
      { enableHighAccuracy: false, maximumAge: 60_000, timeout: WAIT_MS },
    );
  });
}

function go(form: HTMLFormElement, coords: GeolocationCoordinates): void {
  const address = new URL(form.action);
  for (const [name, value] of new FormData(form)) {
    if (name !== "q" && typeof value === "string") address.searchParams.append(name, value);
  }
  address.searchParams.set("lon", coords.longitude.toFixed(DECIMALS));
  address.searchParams.set("lat", coords.latitude.toFixed(DECIMALS));
  location.assign(address);
}

for (const form of document.querySelectorAll<HTMLFormElement>("[data-nearby]")) wire(form);

// The map is a page of its own; with script it opens in a frame where the drawing was, and loads only then.
function wireMap(link: HTMLAnchorElement): void {
  link.addEventListener("click", (event) => {
    const split = document.querySelector(".nearby-split");
    if (!split || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    let frame = split.querySelector<HTMLIFrameElement>(".nearby-map");
    if (!frame) {
      frame = document.createElement("iframe");
      frame.className = "nearby-map card";
      frame.title = link.textContent?.trim() ?? "";
      frame.allow = "geolocation";
      frame.src = link.href;
      const drawing = split.querySelector(".nearby-sketch");
      if (drawing) drawing.replaceWith(frame);
      else split.append(frame);
    }
    frame.focus();
    frame.scrollIntoView({ block: "start" }); // all of it below the header that stays on top
  });
}

for (const link of document.querySelectorAll<HTMLAnchorElement>("[data-nearby-map]")) wireMap(link);

for (const button of document.querySelectorAll<HTMLButtonElement>("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => print());
}

export {}; // its names are its own
