// Makes elements without markup in strings, so that no text of a report is ever read as HTML.

// `attributes`: "class", "data-…", "aria-…" and the like; functions are listeners; true is an empty attribute, and
// false, null or undefined none. `children`: elements, texts, or lists of them; null and false are left out.
export function el(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") made.addEventListener(name.replace(/^on/, ""), value);
    else if (value === true) made.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) made.setAttribute(name, value);
  }
  made.append(...kept(children));
  return made;
}

export function fill(element, ...children) {
  element.replaceChildren(...kept(children));
  return element;
}

function kept(children) {
  return children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false);
}

export function button(label, act, attributes = {}) {
  return el("button", { type: "button", onclick: act, ...attributes }, label);
}

const SVG = "http://www.w3.org/2000/svg";

// An icon of the sprite that the page names in <meta name="icons">.
export function icon(name) {
  const sprite = document.querySelector("meta[name=icons]")?.content ?? "";
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `${sprite}#${name}`);
  svg.append(use);
  return svg;
}

// Keys on a list whose items take the focus one at a time: up and down walk, `keys` act on the item's element.
export function walkable(list, keys = {}) {
  list.addEventListener("keydown", (event) => {
    const items = [...list.querySelectorAll("[data-item]")].filter((each) => !each.hidden);
    const at = items.findIndex((each) => each.contains(document.activeElement));
    const typing = event.target.matches("input:not([type=checkbox]), select, textarea");
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: items.length - 1 }[event.key];
    if (to !== undefined && !typing && items.length) {
      const next = items[Math.max(0, Math.min(items.length - 1, to))];
      items.forEach((each) => (each.tabIndex = each === next ? 0 : -1));
      next.focus();
      event.preventDefault();
    } else if (at >= 0 && !typing && !event.ctrlKey && !event.metaKey && !event.altKey && keys[event.key] && (event.target === items[at] || event.key !== "Enter")) {
      keys[event.key](items[at]);
      event.preventDefault();
    }
  });
  return list;
}

// Seconds as 1:02.
export function clock(seconds) {
  const whole = Math.max(0, Math.floor(seconds || 0));
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, String(whole % 60).padStart(2, "0")];
  return hours ? `${hours}:${String(minutes).padStart(2, "0")}:${rest}` : `${minutes}:${rest}`;
}

export function timeOfDay(at) {
  return new Date(at).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
}

export function dayAndTime(at) {
  return `${new Date(at).toLocaleDateString([], { month: "short", day: "numeric" })}, ${timeOfDay(at)}`;
}
