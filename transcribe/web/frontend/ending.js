// Says in time that the session is about to end, and leaves the page when it has: nobody is there, others may look.

const LOOK_SECONDS = 20;
const WARN_SECONDS = 120;

export function ending() {
  const dialog = document.getElementById("ending");
  if (!dialog) return;
  dialog.addEventListener("close", () => fetch("/api/v1/me").catch(() => null)); // Any request is a sign that somebody is there.
  const look = async () => {
    const answer = await fetch("/api/v1/session").catch(() => null);
    const over = answer?.status === 401 && dispatchEvent(new Event("session-over", { cancelable: true }));
    if (over) location.reload(); // Which leads to signing in, and back. The review room asks on the page itself.
    if (!answer?.ok) return;
    const { seconds_left: left } = await answer.json();
    if (left !== null && left < WARN_SECONDS && !dialog.open) dialog.showModal();
    else if (left >= WARN_SECONDS && dialog.open) dialog.close();
  };
  setInterval(look, LOOK_SECONDS * 1000);
  document.addEventListener("visibilitychange", () => document.hidden || look());
}
