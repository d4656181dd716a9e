// What every page around the editor does with scripts; without them links and forms do the same, less conveniently.
import { ending } from "./ending.js";
import { lists } from "./lists.js";

const CLOCK = { month: "short", day: "numeric", hour: "numeric", minute: "2-digit" };

// Times are shown in the reader's own zone.
function local(root) {
  for (const each of root.querySelectorAll("time[datetime]:not([data-local])")) {
    const at = new Date(each.dateTime);
    each.title = each.textContent;
    const year = at.getFullYear() === new Date().getFullYear() ? {} : { year: "numeric" };
    each.textContent = at.toLocaleString(document.documentElement.lang, { ...CLOCK, ...year });
    each.dataset.local = "";
  }
}

// What was said is said once, and not again after a reload.
function forgetMessage() {
  const here = new URL(location.href);
  if (!here.searchParams.has("said")) return;
  here.searchParams.delete("said");
  history.replaceState(null, "", here);
}

// A question or menu that floats closes with Escape, with a click elsewhere, and when another opens.
function floating() {
  const open = () => [...document.querySelectorAll("details.ask[open], details.more[open]")];
  document.addEventListener("click", (event) => open().forEach((each) => each.contains(event.target) || (each.open = false)));
  document.addEventListener("keydown", (event) => {
    const last = event.key === "Escape" && open().pop();
    if (!last) return;
    last.open = false;
    last.querySelector("summary").focus();
  });
}

// On a tablet the menu begins folded.
function fold() {
  const narrow = matchMedia("(max-width: 60rem)");
  const menu = document.querySelector(".menu .fold");
  const set = () => menu && (menu.open = !narrow.matches);
  narrow.addEventListener("change", set);
  set();
}

// Filters take effect as soon as they are chosen.
function filters() {
  document.addEventListener("change", (event) => event.target.closest("form[data-filters]")?.requestSubmit());
}

// Lines of a list that the server sends when they change.
function live() {
  document.addEventListener("row", (event) => place(event.detail));
  const card = document.querySelector("[data-events]");
  if (!card?.dataset.events) return;
  const source = new EventSource(card.dataset.events);
  source.addEventListener("row", (event) => place(JSON.parse(event.data)));
}

function place(html) {
  const body = document.querySelector("#sent tbody");
  const row = document.createRange().createContextualFragment(`<table>${html}</table>`).querySelector("tr");
  const old = document.getElementById(row.id);
  if (old?.contains(document.activeElement)) return; // Whoever is about to press a button keeps it.
  if (old) old.replaceWith(row);
  else body.prepend(row);
  body.closest("table").hidden = false;
  body.closest(".card").querySelector(".empty")?.remove();
  local(row);
}

// A list that others change, too, is asked for again while nobody is about to do something in it.
const REFRESH_SECONDS = 15;

function refreshing() {
  if (!document.querySelector("[data-refresh]")) return;
  setInterval(async () => {
    const old = document.querySelector("[data-refresh]");
    if (document.hidden || old.contains(document.activeElement) || old.querySelector("details.more[open], details.ask[open]")) return;
    const answer = await fetch(location.href, { headers: { "X-Refresh": "1" } }).catch(() => null);
    if (!answer?.ok || answer.redirected) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("[data-refresh]");
    if (!fresh || old.contains(document.activeElement)) return;
    const chosen = old.querySelector("[data-chosen] a")?.getAttribute("href");
    old.replaceWith(fresh);
    fresh.querySelector(`a[href="${chosen}"]`)?.closest("[data-line]")?.toggleAttribute("data-chosen", true);
    local(fresh);
  }, REFRESH_SECONDS * 1000);
}

// A dialog opens by any button that names it.
function dialogs() {
  document.addEventListener("click", (event) => {
    const name = event.target.closest("[data-opens]")?.dataset.opens;
    if (name) document.getElementById(name).showModal();
  });
}

local(document);
forgetMessage();
floating();
fold();
filters();
live();
dialogs();
lists();
refreshing();
ending();
