// When the session has ended: signs in again over the page, which stays as it is.
import { el } from "./dom.js";
import { t } from "./strings.js";

// A dialog that resolves to the new CSRF token.
export function signInAgain() {
  return new Promise((resolve) => {
    const said = el("p", { class: "error", role: "alert" });
    const field = (name, kind, more = {}) => el("div", { class: "field" }, el("label", { for: `again-${name}` }, t(name)), el("input", { id: `again-${name}`, name, type: kind, required: true, ...more }));
    const code = field("code", "text", { inputmode: "numeric", autocomplete: "one-time-code", required: false });
    code.hidden = true;
    const form = el("form", { method: "dialog" }, el("h2", {}, t("session_over")), el("p", {}, t("session_over_more")), said,
      field("email", "text", { autocomplete: "username", autofocus: true }), field("password", "password", { autocomplete: "current-password" }), code,
      el("div", { class: "actions" }, el("button", { class: "primary" }, t("sign_in"))));
    const dialog = el("dialog", { class: "over", "aria-label": t("session_over"), oncancel: (event) => event.preventDefault() }, form);
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      said.textContent = "";
      const given = Object.fromEntries(new FormData(form));
      const { url, html } = await (code.hidden ? post("/sign-in", given) : post("/sign-in/code", given)).catch(() => ({ url: "", html: null }));
      if (!html) said.textContent = t("offline");
      else if (url.startsWith("/sign-in/code") && !problemOf(html)) {
        code.hidden = false;
        code.querySelector("input").focus();
      } else if (url.startsWith("/sign-in")) said.textContent = problemOf(html) || t("sign_in_elsewhere");
      else {
        dialog.close();
        dialog.remove();
        resolve(html.querySelector("meta[name=csrf]")?.content ?? "");
      }
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}

async function post(path, given) {
  const answer = await fetch(path, { method: "POST", body: new URLSearchParams({ ...given, next: location.pathname }), credentials: "same-origin" });
  return { url: new URL(answer.url).pathname, html: new DOMParser().parseFromString(await answer.text(), "text/html") };
}

function problemOf(html) {
  return html.querySelector("[data-kind=problem]")?.textContent.trim() ?? "";
}

