// What every page around the editor does with scripts; without them links and forms do the same, less conveniently.
import { ending } from "./ending.js";
import { judging } from "./judging.js";
import { lists } from "./lists.js";
import { sends } from "./sends.js";

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

// Filters take effect as soon as they are chosen: what they are about is asked for again, and all else stays.
function filters() {
  document.addEventListener("change", (event) => {
    const form = event.target.closest("form[data-filters]");
    if (!form) return;
    const asked = new URL(form.action);
    asked.search = new URLSearchParams([...new FormData(form)].filter(([, value]) => value));
    history.replaceState(null, "", asked);
    refresh();
  });
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

async function refresh() {
  const answer = await fetch(location.href).catch(() => null);
  if (!answer?.ok || answer.redirected) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const old of document.querySelectorAll("[data-refresh]")) {
    const next = fresh.querySelector(`[data-refresh="${old.dataset.refresh}"]`);
    if (next && !busy(old)) exchange(old, next);
  }
}

function busy(part) {
  return part.contains(document.activeElement) || part.querySelector("details.more[open], details.ask[open]");
}

function exchange(old, next) {
  const chosen = old.querySelector("[data-chosen] a")?.getAttribute("href");
  old.replaceWith(next);
  next.querySelector(`[data-line] a[href="${chosen}"]`)?.closest("[data-line]").toggleAttribute("data-chosen", true);
  local(next);
}

function refreshing() {
  if (document.querySelector("[data-refresh]")) setInterval(() => document.hidden || refresh(), REFRESH_SECONDS * 1000);
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
sends(local);
judging();
ending();
