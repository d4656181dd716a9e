// A form with large files shows how far they are, and then what the server says, in its place.

// Forms are marked with data-sends; `after(root)` is told of what was put into the page.
export function sends(after) {
  document.addEventListener("submit", (event) => {
    const form = event.target.closest("form[data-sends]");
    if (!form) return;
    event.preventDefault();
    send(form, after);
  });
}

function send(form, after) {
  const bar = document.createElement("progress");
  bar.setAttribute("aria-label", form.querySelector("button.primary").textContent);
  form.append(bar);
  for (const each of form.querySelectorAll("button")) each.disabled = true;
  const request = new XMLHttpRequest();
  request.upload.addEventListener("progress", ({ loaded, total }) => {
    if (loaded < total) Object.assign(bar, { max: total, value: loaded });
    else bar.removeAttribute("value"); // All is there; now it is read, which takes as long as it takes.
  });
  request.addEventListener("load", () => show(request, after));
  request.addEventListener("error", () => location.reload());
  request.open("POST", form.action);
  request.setRequestHeader("Accept", "text/html");
  request.send(new FormData(form));
}

function show(request, after) {
  const fresh = new DOMParser().parseFromString(request.responseText, "text/html").querySelector("main");
  if (!fresh) return location.reload();
  document.querySelector("main").replaceWith(fresh);
  after(fresh);
  scrollTo(0, 0);
  fresh.focus();
}
