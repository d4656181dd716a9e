// The score of a judgement while it is being made: 100, less 3 for each critical fault and 1 for any other.
const [CRITICAL, MINOR, PASS] = [3, 1, 98];

export function judging() {
  const said = document.querySelector("output[data-score]");
  const form = said?.closest("form");
  if (!form) return;
  const count = (severity) => [...form.querySelectorAll("select[name^=s]")].filter((each) => each.value === severity).length;
  const show = () => {
    const [critical, minor] = [count("critical"), count("minor")];
    const score = Math.max(0, 100 - CRITICAL * critical - MINOR * minor);
    said.textContent = `${said.dataset.score} ${score}: ${score >= PASS && !critical ? said.dataset.passes : said.dataset.fails}`;
  };
  form.addEventListener("change", show);
  show();
}
