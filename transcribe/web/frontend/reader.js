// Has the text read again when typing has rested, and shows what was found in it.
const REST = 3000; // ms after the last save
const LOOKS = [700, 1000, 1500, 2500, 4000, 6000, 10_000, 15_000, 30_000]; // ms before each look whether it is read

export class Reader {
  constructor(room) {
    this.room = room;
    room.editor.keeper.addEventListener("state", ({ detail }) => {
      clearTimeout(this.timer);
      if (detail.state === "saved") this.timer = setTimeout(() => this.read(), REST);
    });
    const { version, read_version, may } = room.editor.report;
    if (read_version < version && may.includes("edit")) this.timer = setTimeout(() => this.read(), REST);
  }

  async read() {
    const { api, job, editor } = this.room;
    const path = `/api/v1/jobs/${job}`;
    const { version } = editor.keeper;
    try {
      await api.send("POST", `${path}/reread`);
      for (const wait of LOOKS) {
        await new Promise((resolve) => setTimeout(resolve, wait));
        if (editor.keeper.dirty || editor.keeper.version !== version) return; // Typed on: the next rest reads again.
        const { read_version: read, failed } = await api.get(`${path}/reading`);
        if (failed) return;
        if (read < version) continue;
        const report = await api.get(`${path}/report`);
        if (report.version === version && !editor.keeper.dirty) editor.read({ ...report, claim: editor.report.claim }, { marks: true });
        return;
      }
    } catch {
      // Nothing is lost: what was read before stands, and the next save asks again.
    }
  }
}
