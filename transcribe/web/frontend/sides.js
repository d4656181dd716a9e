// Two texts beside each other: what differs is marked on both sides, and both scroll together.
import { el } from "./dom.js";

// `found`: blocks of both texts; `left`, `right`: [title, element for what differs]. Gives {node, places, show}: how many
// places differ, and `show(n)`, which brings the n-th into view on both sides.
export function sides(found, left, right) {
  let stepping = false;
  const differ = found.filter((block) => block.op !== "equal");
  const place = (block, tag, words) => el(words ? tag : "span", { "data-place": differ.indexOf(block) }, words);
  const side = ([title, tag], key) => el("section", { "aria-label": title, tabindex: "0" }, el("h3", {}, title),
    el("div", { class: "text" }, found.map((block) => (block.op === "equal" ? block[key] : place(block, tag, block[key])))));
  const both = [side(left, "left"), side(right, "right")];
  const together = ({ target }) => stepping || both.forEach((each) => each !== target && Math.abs(each.scrollTop - target.scrollTop) > 1 && (each.scrollTop = target.scrollTop));
  both.forEach((each) => each.addEventListener("scroll", together, { passive: true }));
  const node = el("div", { class: "sides" }, both);
  function show(n) {
    stepping = true; // The same place stands at different heights.
    node.querySelectorAll(".here").forEach((each) => each.classList.remove("here"));
    node.querySelectorAll(`[data-place="${n}"]`).forEach((each) => {
      each.classList.add("here");
      const section = each.closest("section"); // Scrolled alone: the dialog stays where it is.
      section.scrollTop += each.getBoundingClientRect().top - section.getBoundingClientRect().top - section.clientHeight / 2;
    });
    setTimeout(() => (stepping = false), 100);
  }
  return { node, places: differ.length, show };
}
