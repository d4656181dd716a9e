// Lists that are worked through from the keyboard: j and k move, other keys press what names them; Enter is the browser's.

const TYPING = "input, textarea, select, [contenteditable='true'], dialog";

export function lists() {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest(TYPING)) return;
    if (event.key === "?") return open(event, document.querySelector("dialog#keys"));
    const list = document.querySelector("[data-list]");
    if (!list) return;
    const key = event.key.toLowerCase();
    if (key === "j" || key === "arrowdown") move(event, list, 1);
    else if (key === "k" || key === "arrowup") move(event, list, -1);
    else press(event, list, key);
  });
}

function open(event, dialog) {
  if (!dialog) return;
  event.preventDefault();
  dialog.showModal();
}

const rows = (list) => [...list.querySelectorAll("[data-line]")];
const chosen = (list) => list.querySelector('[data-line][data-chosen]');

function move(event, list, by) {
  const all = rows(list);
  if (!all.length) return;
  event.preventDefault();
  const at = all.indexOf(chosen(list));
  const next = all[Math.max(0, Math.min(all.length - 1, at < 0 ? 0 : at + by))];
  for (const each of all) each.toggleAttribute("data-chosen", each === next);
  next.querySelector("a, button, summary")?.focus();
  next.scrollIntoView({ block: "nearest" });
}

// The button or link of the chosen line, or of the page, that names this key.
function press(event, list, key) {
  const line = event.target.closest("[data-line]") ?? chosen(list);
  const found = line?.querySelector(`[data-key="${CSS.escape(key)}"]`) ?? document.querySelector(`[data-page-key="${CSS.escape(key)}"]`);
  if (!found) return;
  event.preventDefault();
  found.focus();
  found.click();
}
