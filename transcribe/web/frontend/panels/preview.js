// The report as it will print: the PDF that the server makes of the saved version, or its text where there is no PDF.
import { button, el, fill } from "../dom.js";
import { t } from "../strings.js";

export function preview(room, body) {
  let address = null;
  const forget = () => {
    if (address) URL.revokeObjectURL(address);
    address = null;
  };
  async function shown() {
    fill(body, el("h2", { class: "hidden" }, t("panel_preview")), el("p", { class: "empty small", role: "status" }, t("making_preview")));
    await room.editor.keeper.save();
    const answer = await room.asked(() => room.api.fetch("GET", `/api/v1/jobs/${room.job}/result?form=pdf`, undefined, { Accept: "application/pdf, application/problem+json" }));
    forget();
    if (answer?.ok) {
      address = URL.createObjectURL(await answer.blob());
      const open = () => window.open(address, "_blank", "noopener");
      fill(body, el("h2", { class: "hidden" }, t("panel_preview")), el("iframe", { src: address, title: t("panel_preview") }), el("div", { class: "actions" }, button(t("open_in_tab"), open, { class: "small" })));
    } else fill(body, el("h2", { class: "hidden" }, t("panel_preview")), el("p", { class: "hint" }, t("no_pdf")), sheet(room));
  }
  return { shown, hidden: forget };
}

// Header and text on a page, as plain as on paper.
function sheet({ editor: { report, text } }) {
  const { header } = report;
  const facts = [["patient", header.patient], ["record_number", header.record_number], ["date_of_birth", header.date_of_birth], ["date_of_service", header.date_of_service], ["author", header.author]];
  return el("article", { class: "sheet", tabindex: "0", "aria-label": t("panel_preview") },
    el("dl", {}, facts.filter(([, value]) => value).map(([name, value]) => [el("dt", {}, t(`header_${name}`)), el("dd", {}, value)])),
    text.split(/\n{2,}/).map((part) => el(/^[^a-z]*:$/.test(part) ? "h3" : "p", {}, part)));
}
