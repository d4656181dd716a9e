// From the ranges of a report, which point into its text, to places in the document.
import { docFromText, posOf, textFromDoc } from "./text.js";

// The tables of a report, with what their rows say in the order of the columns.
export const TABLES = {
  medications: ["drug", "dose", "route", "frequency", "reason"],
  problems: ["problem", "status", "side", "severity"],
  allergies: ["substance", "reaction"],
  vitals: ["test", "value"],
  laboratory: ["test", "value"],
};
const FARTHEST = 200; // characters from the name of a row to what is said of it

// `report`: {text, words, marks} and, where they were read from this very text, sections, entities, codes and more.
// {words, marks, voice, known}: see WordTimes, marksPlugin, voicePlugin and placesPlugin.
export function places(report) {
  const { runs } = textFromDoc(docFromText(report.text));
  const placed = ({ start, end }) => {
    const from = posOf(runs, start);
    return { from, to: Math.max(from, posOf(runs, end, true)) };
  };
  const words = report.words.filter((word) => word.audio).map((word) => ({
    ...placed(word), start: word.audio[0], end: word.audio[1], probability: word.probability, text: report.text.slice(word.start, word.end),
  }));
  const marks = report.marks.map((mark, id) => ({ ...mark, ...placed(mark), id: id + 1 }));
  const voice = (report.commands ?? []).map((command, id) => ({ id: id + 1, said: command.said, ...placed(command) }));
  const fresh = report.read_version === undefined || report.read_version === report.version;
  return { words, marks, voice, known: fresh ? known(report, placed) : [] };
}

// Everything that was read from the text, by ids that panels know: e3 an entity, s0 a section, c2.1 evidence of a code.
function known(report, placed) {
  const all = [];
  const add = (id, range, more = {}) => all.push({ id, ...placed(range), ...more });
  (report.entities ?? []).forEach((entity, i) => add(`e${i}`, entity, { entity }));
  (report.sections ?? []).forEach((section, i) => add(`s${i}`, section));
  (report.procedures ?? []).forEach((procedure, i) => add(`p${i}`, procedure));
  for (const [kind, columns] of Object.entries(TABLES)) {
    (report.tables?.[kind] ?? []).forEach((row, i, rows) => add(`${kind}${i}`, { start: row.start, end: endOfRow(report.text, row, columns, rows) }));
  }
  for (const [letter, codes] of [["c", report.codes], ["m", report.mentioned]]) {
    (codes ?? []).forEach((code, i) => code.evidence.forEach((range, j) => add(`${letter}${i}.${j}`, range)));
  }
  return all;
}

// Where the last of what a row says ends: behind its name, in the same paragraph, before the next row begins.
function endOfRow(text, row, columns, rows) {
  const stops = [text.indexOf("\n", row.end), row.end + FARTHEST, ...rows.map((each) => each.start)].filter((each) => each > row.end);
  const stretch = text.slice(row.end, Math.min(text.length, ...stops));
  const ends = columns.slice(1).filter((column) => row[column] && column !== "status").map((column) => stretch.indexOf(row[column]) + 1 && stretch.indexOf(row[column]) + row[column].length);
  return row.end + Math.max(0, ...ends);
}
