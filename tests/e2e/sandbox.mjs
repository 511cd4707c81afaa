// The sandbox as a process of its own, and its control port. What the answers mean is the tests' business.

import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

const BINARY = process.env.SANDBOX_BIN;
const PLUGIN = process.env.PLUGIN_ZIP;
/** Where a run looks for ports; the sandbox takes 21 in a row. Below what systems hand out by themselves. */
const PORTS = { first: 10_000, count: 20_000, step: 32 };
const OFFSETS = { crm: 0, crmApi: 1, crmFiles: 2, dropbox: 10, api: 11, content: 12, notify: 13, control: 20 };

/** Where a sandbox on these ports answers: an origin for each of its parts. */
export const origins = (base) => Object.fromEntries(Object.entries(OFFSETS).map(([name, offset]) => [name, `http://127.0.0.1:${base + offset}`]));

/** A running sandbox on ports of its own. */
export class Sandbox {
  #child;

  /** Starts one; `flags` as on its command line, or what answers them for the first of its ports. */
  static async start(flags = []) {
    for (const name of ["SANDBOX_BIN", "PLUGIN_ZIP"]) {
      if (!process.env[name]) throw new Error(`${name} is not set: run these tests with \`cargo xtask test e2e\``);
    }
    let refusal = "";
    for (let attempt = 0; attempt < 20; attempt++) {
      // Two test files run at once: each begins elsewhere, and goes on where ports are taken.
      const base = PORTS.first + ((process.pid * 7 + attempt * 131) * PORTS.step) % PORTS.count;
      const child = spawn(BINARY, ["--port-base", String(base), "--plugin", PLUGIN, ...(typeof flags === "function" ? flags(base) : flags)], { stdio: ["ignore", "pipe", "pipe"] });
      const outcome = await readiness(child);
      if (outcome === "ready") return new this(child, base);
      refusal = outcome;
      if (!/^sandbox: port /m.test(refusal)) break;
    }
    throw new Error(`the sandbox does not start: ${refusal}`);
  }

  constructor(child, base) {
    this.#child = child;
    this.base = base;
    process.once("exit", () => child.kill());
    Object.assign(this, origins(base));
  }

  async stop() {
    const ended = new Promise((resolve) => this.#child.once("exit", resolve));
    this.#child.kill();
    await ended;
  }

  /** One call of the control port; answers its JSON and throws what it refuses. */
  async ask(method, path, body) {
    const bytes = body instanceof Uint8Array ? body : body === undefined ? undefined : JSON.stringify(body);
    const response = await fetch(this.control + path, { method, body: bytes });
    const answer = await response.json();
    if (!response.ok) throw new Error(`${method} ${path}: ${answer.error}`);
    return answer;
  }

  /** A new world; options as in the sandbox's `control.rs`. */
  reset = (options = {}) => this.ask("POST", "/reset", options);
  state = () => this.ask("GET", "/state");
  requests = () => this.ask("GET", "/requests");
  forgetRequests = () => this.ask("DELETE", "/requests");
  seed = (records) => this.ask("POST", "/seed", { clear: true, records });
  fault = (fault) => this.ask("POST", "/faults", fault);
  advance = (seconds) => this.ask("POST", "/clock/advance", { seconds });

  /** What a person does in Dropbox; paths below the app folder. */
  putFile(path, content, account = 0) {
    const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
    return this.ask("POST", `/dropbox/put?${new URLSearchParams({ path, account })}`, bytes);
  }
  moveFile = (from, to, account = 0) => this.ask("POST", "/dropbox/move", { from, to, account });
  deleteFile = (path, account = 0) => this.ask("POST", "/dropbox/delete", { path, account });

  /** What another person does in the CRM, behind the back of the page: no event tells the plugin. */
  inCrm = (action, body) => this.ask("POST", `/crm/${action}`, body);

  /** The record of this name, as `/state` shows it. */
  async record(name) {
    const { crm } = await this.state();
    const found = crm.records.filter((record) => record.name === name);
    if (found.length !== 1) throw new Error(`${found.length} records are called ${name}`);
    return found[0];
  }

  /** The id of a record's document. */
  async documentId(record, name) {
    return (await this.record(record)).documents.find((document) => document.name === name).id;
  }
}

/** "ready", or what the process said before it ended. */
function readiness(child) {
  return new Promise((resolve) => {
    let said = "";
    child.stderr.on("data", (bytes) => (said += bytes));
    child.once("error", (error) => resolve(error.message));
    child.once("close", () => resolve(said));
    createInterface({ input: child.stdout }).on("line", (line) => line.startsWith("ready:") && resolve("ready"));
  });
}
