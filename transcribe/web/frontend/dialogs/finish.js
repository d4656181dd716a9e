// How a report leaves the room: released, signed, held, to quality assurance, back to its author, or to somebody else.
import { button, el } from "../dom.js";
import { decisionOn } from "../panels/codes.js";
import { t } from "../strings.js";

const cancel = () => button(t("cancel"), (event) => event.target.closest("dialog").close());

// The buttons below a dialog: Enter does what the first says.
function ending(words, { autofocus = false } = {}) {
  return el("div", { class: "actions end" }, cancel(), el("button", { class: "primary", autofocus }, words));
}

function noteField(label, required) {
  return el("div", { class: "field" }, el("label", { for: "note" }, label), el("textarea", { id: "note", name: "note", required, maxlength: 2000, rows: 3, autofocus: true }));
}

// The codes that go with the report: those that were chosen, and those that stand ticked.
function ticked(editor) {
  const chosen = editor.decisions.filter((each) => each.decision !== "rejected").map((each) => each.replaced_by ?? each.code);
  return { chosen, untouched: editor.report.codes.filter((code) => code.band === "suggested" && decisionOn(editor.decisions, code).unsaid) };
}

// What stood ticked when somebody let go of the report was decided by them, and is written down as such.
async function decideTicked(room) {
  const { editor } = room;
  const { untouched } = ticked(editor);
  if (!untouched.length) return true;
  editor.decide([...editor.decisions, ...untouched.map(({ system, code }) => ({ system, code, decision: "accepted" }))]);
  return room.savedAll();
}

export async function release(room) {
  const { editor, dialogs } = room;
  if (!room.may("release") || !(await room.savedAll())) return;
  const open = editor.openPlaces();
  const grave = open.filter((mark) => mark.severity === "critical");
  const { chosen, untouched } = ticked(editor);
  const codes = [...chosen, ...untouched.map(({ code }) => code)].join(", ");
  const said = el("p", { class: "error", role: "alert" });
  const reason = el("div", { class: "field", hidden: !grave.length }, el("label", { for: "despite" }, t("despite")), el("textarea", { id: "despite", name: "despite", maxlength: 2000, rows: 2 }));
  dialogs.open(t("do_release"), [
    el("p", {}, t(grave.length ? "release_with_grave" : open.length ? "release_with_open" : "release_clean", { count: open.length, grave: grave.length })),
    el("p", {}, codes ? t("release_codes", { codes }) : t("release_no_codes")),
    grave.length ? el("ul", { class: "reasons" }, grave.map((mark) => el("li", {}, mark.reason))) : null, reason, said, ending(t("act_release"), { autofocus: !grave.length }),
  ], {
    async submit({ despite }) {
      if ((await decideTicked(room)) && (await released(room, despite, said))) return room.leaveFor("released");
      reason.hidden = false;
      return false;
    },
  });
}

// Waits while the workers read the newest text: a report that nobody checked goes nowhere.
async function released(room, despite, said) {
  const body = { version: room.editor.keeper.version, ...(despite ? { despite } : {}) };
  for (let i = 0; i < 40; i++) {
    if ((await room.act("release", body, said)) !== undefined) return true;
    if (room.refused !== 503) return false;
    said.textContent = t("still_being_read");
    await new Promise((resolve) => setTimeout(resolve, 1500));
  }
  return false;
}

export async function sign(room) {
  const { editor, dialogs } = room;
  if (!room.may("sign") || !(await room.savedAll())) return;
  const asked = await room.asked(() => room.api.get(`/api/v1/jobs/${room.job}/sign`));
  if (!asked) return;
  const said = el("p", { class: "error", role: "alert" });
  const field = (name, input) => el("div", { class: "field" }, el("label", { for: name }, t(name)), input);
  dialogs.open(t("do_sign"), [
    el("p", {}, t("sign_as", { name: room.name })), said,
    field("meaning", el("select", { id: "meaning", name: "meaning" }, asked.meanings.map((each) => el("option", { value: each }, each)))),
    field("password", el("input", { id: "password", name: "password", type: "password", autocomplete: "current-password", required: true, autofocus: true })),
    asked.code ? field("code", el("input", { id: "code", name: "code", inputmode: "numeric", autocomplete: "one-time-code" })) : null, ending(t("act_sign")),
  ], {
    async submit({ password, meaning, code = "" }) {
      const answer = await room.act("sign", { version: editor.keeper.version, password, meaning, code }, said);
      return answer === undefined ? false : room.leaveFor("signed");
    },
  });
}

export async function note(room, kind) {
  if (!room.may(kind) || !(await room.savedAll())) return;
  const said = el("p", { class: "error", role: "alert" });
  room.dialogs.open(t(`do_${kind}`), [el("p", {}, t(`about_${kind}`)), noteField(t("note"), kind !== "hold"), said, ending(t(`act_${kind}`))], {
    async submit({ note: words }) {
      const answer = await room.act(kind, words ? { note: words } : {}, said);
      if (answer === undefined) return false;
      return room.leaveFor(`did_${kind}`);
    },
  });
}

export async function sendBack(room) {
  if (!room.may("send_back") || !(await room.savedAll())) return;
  const said = el("p", { class: "error", role: "alert" });
  room.dialogs.open(t("do_send_back"), [noteField(t("note"), true), said, ending(t("act_send_back"))], {
    async submit({ note: words }) {
      if ((await room.act("send_back", { note: words }, said)) === undefined) return false;
      return room.leaveFor("did_send_back");
    },
  });
}

export function addendum(room) {
  if (!room.may("addenda")) return;
  const said = el("p", { class: "error", role: "alert" });
  room.dialogs.open(t("do_addenda"), [
    el("p", {}, t("about_addenda")), el("div", { class: "field" }, el("label", { for: "addendum" }, t("addendum")), el("textarea", { id: "addendum", name: "text", required: true, rows: 6, autofocus: true })), said, ending(t("act_addenda")),
  ], {
    async submit({ text }) {
      const made = await room.act("addenda", { text }, said);
      return made === undefined ? false : location.assign(`/review/${made.job}`);
    },
  });
}

export async function skip(room) {
  if (!room.may("skip") || !(await room.savedAll())) return;
  room.dialogs.open(t("do_skip"), [el("p", {}, t("about_skip")), ending(t("act_skip"), { autofocus: true })], {
    async submit() {
      if ((await room.act("skip")) === undefined) return false;
      return room.leaveFor("did_skip");
    },
  });
}
