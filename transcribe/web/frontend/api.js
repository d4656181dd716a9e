// Talks to the server: JSON both ways, refusals as Problem, and after a session's end once more when somebody has signed in.

// What the server refused: `status`, `code` and `detail` as problem+json has them, the rest in `body`.
export class Problem extends Error {
  constructor(status, body) {
    super(body?.detail ?? `HTTP ${status}`);
    Object.assign(this, { status, code: body?.code ?? "", body: body ?? {} });
  }
}

// That no answer came.
export class Offline extends Error {}

export class Api {
  // `signIn()` is called when the session has ended; it resolves when there is a new one.
  constructor({ token = "", signIn = () => Promise.reject(new Problem(401)) } = {}) {
    Object.assign(this, { token, signIn });
  }

  get(path) {
    return this.send("GET", path);
  }

  // The parsed answer; null where it has no body.
  async send(method, path, body, headers = {}) {
    const answer = await this.fetch(method, path, body, headers);
    const kind = answer.headers.get("content-type") ?? "";
    const parsed = kind.includes("json") ? await answer.json().catch(() => null) : null;
    if (!answer.ok) throw new Problem(answer.status, parsed);
    return parsed;
  }

  async fetch(method, path, body, headers = {}, again = false) {
    const asked = {
      method, credentials: "same-origin",
      headers: { Accept: "application/json", ...(method === "GET" ? {} : { "X-CSRF-Token": this.token }), ...headers },
    };
    if (body !== undefined) {
      asked.body = JSON.stringify(body);
      asked.headers["Content-Type"] = "application/json";
    }
    let answer;
    try {
      answer = await fetch(path, asked);
    } catch {
      throw new Offline();
    }
    if (answer.status !== 401 || again) return answer;
    await (this.signing ??= this.signIn().finally(() => (this.signing = null)));
    return this.fetch(method, path, body, headers, true);
  }
}
