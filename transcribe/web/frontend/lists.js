// Lists that are worked through from the keyboard: j and k move, other keys press what names them; Enter is the
// browser's own.

const TYPING = "input, textarea, select, [contenteditable='true'], dialog[open]";

export function lists() {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest(TYPING)) return;
    const key = event.key.toLowerCase();
    const done = key === "?" ? open() : key === "j" ? move(1) : key === "k" ? move(-1) : press(event.target, key);
    if (done) event.preventDefault();
  });
}

function open() {
  const sheet = document.querySelector("dialog#keys");
  sheet?.showModal();
  return sheet;
}

function move(by) {
  const lines = [...document.querySelectorAll("[data-list] [data-line]")];
  const at = lines.findIndex((each) => each.hasAttribute("data-chosen"));
  const next = lines[at < 0 ? 0 : Math.max(0, Math.min(lines.length - 1, at + by))];
  for (const each of lines) each.toggleAttribute("data-chosen", each === next);
  next?.querySelector("a, button, summary").focus();
  next?.scrollIntoView({ block: "nearest" });
  return next;
}

// The button or link of the chosen line, or of the page, that names this key.
function press(target, key) {
  const name = CSS.escape(key);
  const line = target.closest("[data-line]") ?? document.querySelector("[data-chosen]");
  const found = line?.querySelector(`[data-key="${name}"]`) ?? document.querySelector(`[data-page-key="${name}"]`);
  found?.focus();
  found?.click();
  return found;
}
