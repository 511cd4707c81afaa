// Firefox driven over Marionette, the protocol under its WebDriver: unlike BiDi it looks into frames and pages of
// extensions.

import { spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { until } from "./until.mjs";

/** How elements are named in answers: WebDriver's identifier. */
const ELEMENT = "element-6066-11e4-a52e-4f735466cecf";

/** A Firefox with a profile of its own and one session. */
export class Firefox {
  #child;
  #profile;
  #socket;
  #received = Buffer.alloc(0);
  #asked = new Map();

  /** Starts one with an extension in its profile, as an installer of programs would put it there. */
  static async launch({ id, archive, preferences }) {
    const firefox = new this();
    firefox.#profile = mkdtempSync(join(tmpdir(), "firefox-"));
    mkdirSync(join(firefox.#profile, "extensions"));
    writeFileSync(join(firefox.#profile, "extensions", `${id}.xpi`), archive);
    // Nobody signs what is built here, and nobody is asked whether it may run.
    const unasked = { "xpinstall.signatures.required": false, "extensions.autoDisableScopes": 0 };
    const lines = Object.entries({ ...preferences, ...unasked, "marionette.port": 0 }).map((entry) => `user_pref(${entry.map((part) => JSON.stringify(part)).join(", ")});`);
    writeFileSync(join(firefox.#profile, "user.js"), lines.join("\n"));
    firefox.#child = spawn(process.env.FIREFOX ?? "/usr/bin/firefox-esr", ["--marionette", "--headless", "--no-remote", "--profile", firefox.#profile], { stdio: "ignore" });
    process.once("exit", () => firefox.#child.kill());
    const port = join(firefox.#profile, "MarionetteActivePort");
    await until("Firefox has started", () => existsSync(port) && readFileSync(port, "utf8") !== "", 60_000);
    await firefox.#connect(Number(readFileSync(port, "utf8")));
    await firefox.ask("WebDriver:NewSession", {});
    return firefox;
  }

  async close() {
    const ended = new Promise((resolve) => this.#child.once("exit", resolve));
    this.#socket?.destroy();
    this.#child.kill();
    await ended;
    rmSync(this.#profile, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  }

  /** One command; answers its value, throws what it refuses. */
  ask(command, parameters) {
    const id = this.#asked.size + 1;
    const message = JSON.stringify([0, id, command, parameters]);
    return new Promise((resolve, reject) => {
      this.#asked.set(id, { resolve, reject, command });
      this.#socket.write(`${Buffer.byteLength(message)}:${message}`);
    });
  }

  goTo = (url) => this.ask("WebDriver:Navigate", { url });
  reload = () => this.ask("WebDriver:Refresh", {});
  type = (element, text) => this.ask("WebDriver:ElementSendKeys", { id: element, text });
  windows = () => this.ask("WebDriver:GetWindowHandles", {});
  window = () => this.ask("WebDriver:GetWindowHandle", {});
  switchTo = (handle) => this.ask("WebDriver:SwitchToWindow", { handle, focus: true });
  closeTab = () => this.ask("WebDriver:CloseWindow", {});
  /** Goes into a frame, or out of all. */
  frame = (element) => this.ask("WebDriver:SwitchToFrame", element ? { element } : {});

  /** Runs a function in the page; elements come back as their ids. */
  async run(work, ...values) {
    const value = await this.ask("WebDriver:ExecuteScript", { script: `return (${work})(...arguments)`, args: values });
    return value?.[ELEMENT] ?? value;
  }

  #connect(port) {
    return new Promise((resolve, reject) => {
      this.#socket = connect(port, "127.0.0.1").once("error", reject);
      this.#socket.on("data", (bytes) => {
        this.#received = Buffer.concat([this.#received, bytes]);
        for (let message; (message = this.#take()); ) Array.isArray(message) ? this.#answer(message) : resolve();
      });
    });
  }

  /** The next whole message, if there is one: its length, a colon, and JSON. */
  #take() {
    const colon = this.#received.indexOf(":");
    if (colon < 0) return undefined;
    const end = colon + 1 + Number(this.#received.subarray(0, colon));
    if (this.#received.length < end) return undefined;
    const message = JSON.parse(this.#received.subarray(colon + 1, end));
    this.#received = this.#received.subarray(end);
    return message;
  }

  #answer([, id, error, result]) {
    const { resolve, reject, command } = this.#asked.get(id);
    if (error) reject(Object.assign(new Error(`${command}: ${error.error}: ${error.message}`), { name: error.error }));
    else resolve(result !== null && "value" in result ? result.value : result);
  }
}
