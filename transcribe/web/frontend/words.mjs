// Writes every word of a Hunspell dictionary out: a checker then needs no more than a set, and no rules in the browser.
import { readFile } from "node:fs/promises";

// All words of `name`.aff and `name`.dic, sorted; words that exist only inside compounds are left out.
export async function wordsOf(name) {
  const rules = rulesOf(await readFile(`${name}.aff`, "utf8"));
  const found = new Set();
  for (const line of (await readFile(`${name}.dic`, "utf8")).split("\n").slice(1)) {
    const [word, flags = ""] = line.trim().split("/");
    if (word && !flags.includes("c")) for (const form of formsOf(word, flags, rules)) found.add(form);
  }
  return [...found].sort();
}

// {flag: {prefix, cross, forms: [{strip, add, when}]}}
function rulesOf(affixes) {
  const rules = {};
  for (const line of affixes.split("\n")) {
    const [kind, flag, first, second, condition] = line.trim().split(/\s+/);
    if (kind !== "PFX" && kind !== "SFX") continue;
    const prefix = kind === "PFX";
    if (!(flag in rules)) rules[flag] = { prefix, cross: first === "Y", forms: [] };
    else rules[flag].forms.push({ strip: first === "0" ? "" : first, add: second === "0" ? "" : second.split("/")[0], when: new RegExp(prefix ? `^${condition}` : `${condition}$`) });
  }
  return rules;
}

function* formsOf(word, flags, rules) {
  const own = [...flags].map((flag) => rules[flag]).filter(Boolean);
  yield word;
  const prefixed = own.filter((rule) => rule.prefix).flatMap((rule) => affixed(word, rule).map((form) => [form, rule.cross]));
  for (const [form] of prefixed) yield form;
  for (const rule of own.filter((each) => !each.prefix)) {
    yield* affixed(word, rule);
    if (rule.cross) for (const [form, cross] of prefixed) if (cross) yield* affixed(form, rule);
  }
}

function affixed(word, { prefix, forms }) {
  return forms.filter(({ when, strip }) => when.test(word) && (prefix ? word.startsWith(strip) : word.endsWith(strip)))
    .map(({ strip, add }) => (prefix ? add + word.slice(strip.length) : word.slice(0, word.length - strip.length) + add));
}
