// What every page does: light or dark, the language switch that keeps what was asked for, waiting forms.
import "./site.css";

const root = document.documentElement;
const YEAR_S = 31_536_000;

function isDark(): boolean {
  const chosen = root.dataset.theme;
  return chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
}

function wireThemeSwitch(button: HTMLButtonElement): void {
  button.hidden = false;
  button.setAttribute("aria-pressed", String(isDark()));
  button.addEventListener("click", () => {
    const theme = isDark() ? "light" : "dark";
    root.dataset.theme = theme;
    const secure = location.protocol === "https:" ? "; Secure" : "";
    document.cookie = `theme=${theme}; Path=/; Max-Age=${YEAR_S}; SameSite=Lax${secure}`;
    button.setAttribute("aria-pressed", String(theme === "dark"));
    document.dispatchEvent(new CustomEvent("themechange"));
  });
}

function keepQuery(link: HTMLAnchorElement): void {
  link.addEventListener("click", () => {
    link.search = location.search;
    link.hash = location.hash;
  });
}

// A form that was sent once is not sent twice; the browser's own history restores the button.
function sendOnce(form: HTMLFormElement): void {
  form.addEventListener("submit", () => {
    form.setAttribute("aria-busy", "true");
    queueMicrotask(() => {
      for (const button of form.querySelectorAll<HTMLButtonElement>("button[type=submit]")) {
        button.setAttribute("aria-disabled", "true");
        button.addEventListener("click", (event) => event.preventDefault());
      }
    });
  });
}

// A question that depends on an earlier answer is shown where that answer was given; the server asks no other way.
function showAsked(form: HTMLFormElement): void {
  const rows = [...form.querySelectorAll<HTMLElement>("[data-only-if]")];
  if (rows.length === 0) return;
  const look = (): void => {
    for (const row of rows) {
      const other = form.elements.namedItem(row.dataset.onlyIf ?? "") as HTMLInputElement | HTMLSelectElement | null;
      row.hidden = other?.value !== row.dataset.onlyValue || other?.closest<HTMLElement>("[data-only-if]")?.hidden === true;
    }
  };
  form.addEventListener("change", look);
  look();
}

// On a phone the links of the header are wider than the screen: the page's own comes into view.
function showCurrent(link: HTMLElement | null): void {
  const list = link?.closest<HTMLElement>(".site-nav");
  if (!link || !list) return;
  const [inner, outer] = [link.getBoundingClientRect(), list.getBoundingClientRect()];
  list.scrollBy({ left: inner.left + inner.width / 2 - (outer.left + outer.width / 2), behavior: "instant" });
}

for (const button of document.querySelectorAll<HTMLButtonElement>("[data-theme-switch]")) wireThemeSwitch(button);
for (const link of document.querySelectorAll<HTMLAnchorElement>("[data-keep-query]")) keepQuery(link);
for (const form of document.querySelectorAll<HTMLFormElement>("form[method=post]")) {
  sendOnce(form);
  showAsked(form);
}
showCurrent(document.querySelector(".site-nav [aria-current]"));
window.addEventListener("pageshow", (event) => {
  if (event.persisted) location.reload();
});
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
  document.dispatchEvent(new CustomEvent("themechange"));
});
