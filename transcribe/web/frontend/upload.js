// The page for sending dictations: files are chosen or dropped, sent two at a time, and go on after any cut.
import { Refusal, Sender } from "./tus.js";

const AT_ONCE = 2;

const form = document.querySelector("#sending");
const list = document.querySelector("#chosen");
const bar = document.querySelector("#send");
const words = document.querySelector("#words").content;
const say = (key) => words.querySelector(`[data-said="${key}"]`)?.textContent ?? key;
const headers = { "X-CSRF-Token": form.elements.csrf.value };
const files = new Set();

// One chosen file: its line on the page and what became of it.
class Chosen {
  constructor(file) {
    this.file = file;
    this.line = document.querySelector("#file").content.cloneNode(true).firstElementChild;
    this.#name();
    this.line.querySelector(".file-name").textContent = file.name;
    this.line.querySelector("[data-size]").textContent = size(file.size);
    this.line.querySelector("progress").setAttribute("aria-label", file.name);
    this.line.addEventListener("click", (event) => this.#do(event.target.closest("[data-do]")?.dataset.do));
    list.append(this.line);
    this.show("chosen");
    const begun = unfinished(file);
    if (!file.size) this.refuse("empty");
    else if (file.size > Number(form.dataset.most)) this.refuse("large");
    else if (begun) this.#goOn(begun);
  }

  // Ids are a document's own, so each line gets some.
  #name() {
    Chosen.count = (Chosen.count ?? 0) + 1;
    for (const each of this.line.querySelectorAll("[id]")) each.id += `-${Chosen.count}`;
    for (const each of this.line.querySelectorAll("label[for]")) each.htmlFor += `-${Chosen.count}`;
  }

  // An upload that was cut off goes on at once: the server has its header already.
  #goOn(begun) {
    this.url = begun.dataset.url;
    begun.remove();
    document.querySelector("#unfinished").hidden = !document.querySelector("#unfinished li");
    this.why(say("resumed"));
    this.state = "ready";
  }

  show(state) {
    this.state = this.line.dataset.state = state;
    const kinds = { received: "good", refused: "bad", paused: "warn", waiting: "warn", sending: "info" };
    const badge = this.line.querySelector("[data-said]");
    badge.textContent = words.querySelector(`[data-state="${state}"]`).textContent;
    badge.dataset.kind = kinds[state] ?? "quiet";
    if (state === "received" || state === "refused") tell(`${this.file.name}: ${badge.textContent}`);
    settle();
  }

  why(text) {
    const line = this.line.querySelector("[data-why]");
    line.textContent = text;
    line.hidden = !text;
  }

  // Trying again would not help.
  refuse(key) {
    this.line.dataset.final = "";
    this.why(say(key));
    this.show("refused");
  }

  async send(header) {
    this.sender ??= new Sender({
      file: this.file, metadata: { ...header, ...this.#header() }, headers, url: this.url,
      on: {
        progress: (share) => { this.line.querySelector("progress").value = share; },
        waiting: () => { this.why(say("cut")); this.show("waiting"); },
        sending: () => { this.why(""); this.show("sending"); },
      },
    });
    this.show("sending");
    try {
      const received = await this.sender.run();
      if (!received) return this.state !== "removed" && this.show("paused");
      this.why(received.duplicateOf ? say("duplicate") : "");
      this.show("received");
      await appear(received.job);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      this.sender = this.url = undefined;
      this.why(error.status === 401 || error.status === 403 ? say("signin") : error.message);
      this.show("refused");
    }
  }

  #header() {
    return Object.fromEntries([...this.line.querySelectorAll("[name]")].map((field) => [field.name, field.value.trim()]));
  }

  #do(what) {
    if (what === "pause") this.sender?.pause();
    else if (what === "resume" || what === "again") { this.why(""); this.state = "ready"; send(); }
    else if (what === "remove") this.remove();
  }

  remove() {
    if (this.state !== "received") this.sender?.drop();
    this.state = "removed";
    const next = this.line.nextElementSibling ?? this.line.previousElementSibling;
    this.line.remove();
    files.delete(this);
    (next?.querySelector("button:not([hidden])") ?? form.querySelector("#files")).focus();
    settle();
  }
}

// The upload of this very file that was cut off, if there is one.
function unfinished(file) {
  return [...document.querySelectorAll("#unfinished li")].find(({ dataset }) =>
    dataset.name === file.name && dataset.length === String(file.size) && dataset.modified === String(file.lastModified));
}

function size(bytes) {
  const power = Math.min(3, Math.floor(Math.log10(Math.max(1, bytes)) / 3));
  return `${(bytes / 1000 ** power).toFixed(power ? 1 : 0)} ${["B", "KB", "MB", "GB"][power]}`;
}

function tell(text) {
  document.querySelector("#told").textContent = text;
}

// What can be sent can be seen: the button says how many.
function settle() {
  const waiting = [...files].filter((each) => each.state === "chosen").length;
  list.hidden = !files.size;
  bar.hidden = !files.size;
  const button = bar.querySelector(".primary");
  button.hidden = !waiting;
  button.querySelector("span").textContent = `${(button.dataset.word ??= button.textContent.trim())} (${waiting})`;
}

function choose(found) {
  for (const file of found) files.add(new Chosen(file));
  settle();
  send();
  list.querySelector('[data-state="chosen"] input')?.focus();
}

// The header that is the same for all of them.
function common() {
  const header = {};
  for (const field of form.querySelectorAll(":scope > .fields [name], :scope > details [name]")) {
    header[field.name] = field.type === "checkbox" ? (field.checked ? "true" : "") : field.value.trim();
  }
  return header;
}

function send() {
  const header = common();
  const sending = [...files].filter((each) => each.state === "sending" || each.state === "waiting").length;
  const ready = [...files].filter((each) => each.state === "ready").slice(0, Math.max(0, AT_ONCE - sending));
  for (const each of ready) each.send(header).then(send);
}

async function appear(job) {
  const answer = await fetch(`/uploads/row/${job}`);
  if (answer.ok) document.dispatchEvent(new CustomEvent("row", { detail: await answer.text() }));
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  for (const each of files) if (each.state === "chosen") each.state = "ready";
  send();
});
form.querySelector("#files").addEventListener("change", (event) => {
  choose(event.target.files);
  event.target.value = "";
});
bar.querySelector("#clear").addEventListener("click", () => {
  for (const each of [...files]) each.remove();
});

const drop = document.querySelector("#drop");
for (const name of ["dragenter", "dragover"]) {
  document.addEventListener(name, (event) => {
    event.preventDefault();
    drop.classList.add("over");
  });
}
for (const name of ["dragleave", "drop"]) document.addEventListener(name, () => drop.classList.remove("over"));
document.addEventListener("drop", (event) => {
  event.preventDefault();
  choose(event.dataTransfer.files);
});

// What is usual for an author fills only what is still as it was.
form.elements.author.addEventListener("change", async (event) => {
  const answer = await fetch(`/uploads/usual?${new URLSearchParams({ author: event.target.value })}`);
  if (!answer.ok) return;
  for (const [name, value] of Object.entries(await answer.json())) {
    const field = form.elements[name];
    if (field && (!field.value || field.dataset.filled === field.value || field.tagName === "SELECT")) {
      field.value = field.dataset.filled = value;
    }
  }
});

document.querySelector("#unfinished").addEventListener("click", async (event) => {
  const line = event.target.closest("[data-do=forget]")?.closest("li");
  if (!line) return;
  await new Sender({ headers, url: line.dataset.url }).drop();
  line.remove();
  document.querySelector("#unfinished").hidden = !document.querySelector("#unfinished li");
});

window.addEventListener("beforeunload", (event) => {
  if ([...files].some((each) => each.state === "sending" || each.state === "waiting")) event.preventDefault();
});
