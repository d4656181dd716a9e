// Checks spelling beside the page, so that typing never waits for it.
import { Spellbook } from "./spellbook.js";

const asked = [];
let book = null;

onmessage = async ({ data }) => {
  if (data.open) {
    const [english, terms] = await Promise.all(data.open.map(lines));
    book = new Spellbook(english, terms);
    asked.splice(0).forEach(answer);
  } else if (book) answer(data);
  else asked.push(data);
};

async function lines(url) {
  const answer = await fetch(url, { credentials: "same-origin" });
  return answer.ok ? (await answer.text()).split("\n") : [];
}

function answer({ id, check, suggest, add }) {
  if (add) book.add(add);
  if (check) postMessage({ id, wrong: check.filter((word) => !book.knows(word)) });
  if (suggest) postMessage({ id, forms: book.suggest(suggest) });
}
