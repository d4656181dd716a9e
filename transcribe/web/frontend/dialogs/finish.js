// How a report leaves the room: released, signed, held, to quality assurance, back to its author, or to somebody else.
import { button, el } from "../dom.js";
import { t } from "../strings.js";

const cancel = () => button(t("cancel"), (event) => event.target.closest("dialog").close());

// The buttons below a dialog: Enter does what the first says.
function ending(words, kind = "primary") {
  return el("div", { class: "actions end" }, cancel(), el("button", { class: kind }, words));
}

function noteField(label, required) {
  return el("div", { class: "field" }, el("label", { for: "note" }, label), el("textarea", { id: "note", name: "note", required, maxlength: 2000, rows: 3, autofocus: true }));
}

export async function release(room) {
  const { editor, dialogs } = room;
  if (!room.may("release") || !(await room.savedAll())) return;
  const open = editor.openPlaces();
  const grave = open.filter((mark) => mark.severity === "critical");
  const said = el("p", { class: "error", role: "alert" });
  const reason = el("div", { class: "field", hidden: !grave.length }, el("label", { for: "despite" }, t("despite")), el("textarea", { id: "despite", name: "despite", maxlength: 2000, rows: 2 }));
  dialogs.open(t("do_release"), [
    el("p", {}, t(grave.length ? "release_with_grave" : open.length ? "release_with_open" : "release_clean", { count: open.length, grave: grave.length })),
    grave.length ? el("ul", { class: "reasons" }, grave.map((mark) => el("li", {}, mark.reason))) : null, reason, said, ending(t("act_release")),
  ], {
    async submit({ despite }) {
      const answer = await room.act("release", { version: editor.keeper.version, ...(despite ? { despite } : {}) }, said);
      if (answer === undefined) {
        reason.hidden = false;
        return false;
      }
      room.leaveFor("released");
      return true;
    },
  });
}

export async function sign(room) {
  const { editor, dialogs } = room;
  if (!room.may("sign") || !(await room.savedAll())) return;
  const said = el("p", { class: "error", role: "alert" });
  const code = el("div", { class: "field", hidden: true }, el("label", { for: "code" }, t("code")), el("input", { id: "code", name: "code", inputmode: "numeric", autocomplete: "one-time-code" }));
  dialogs.open(t("do_sign"), [
    el("p", {}, t("sign_as", { name: room.name })), said,
    el("div", { class: "field" }, el("label", { for: "meaning" }, t("meaning")), el("select", { id: "meaning", name: "meaning" }, ["author", "reviewed_and_approved"].map((each) => el("option", { value: t(`meaning_${each}`) }, t(`meaning_${each}`))))),
    el("div", { class: "field" }, el("label", { for: "password" }, t("password")), el("input", { id: "password", name: "password", type: "password", autocomplete: "current-password", required: true, autofocus: true })), code, ending(t("act_sign")),
  ], {
    async submit(given) {
      const answer = await room.act("sign", { version: editor.keeper.version, password: given.password, meaning: given.meaning, ...(given.code ? { code: given.code } : {}) }, said);
      if (answer !== undefined) return room.leaveFor("signed") ?? true;
      code.hidden = false;
      return false;
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
      room.leaveFor(kind);
      return true;
    },
  });
}

export async function sendBack(room) {
  if (!room.may("send_back") || !(await room.savedAll())) return;
  const said = el("p", { class: "error", role: "alert" });
  room.dialogs.open(t("do_send_back"), [noteField(t("note"), true), said, ending(t("act_send_back"))], {
    async submit({ note: words }) {
      if ((await room.act("send_back", { note: words }, said)) === undefined) return false;
      room.leaveFor("sent_back");
      return true;
    },
  });
}

export async function skip(room) {
  if (!room.may("skip") || !(await room.savedAll())) return;
  room.dialogs.open(t("do_skip"), [el("p", {}, t("about_skip")), ending(t("act_skip"))], {
    async submit() {
      if ((await room.act("skip")) === undefined) return false;
      room.leaveFor("skipped");
      return true;
    },
  });
}
