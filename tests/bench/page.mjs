// A page that is only spoken to. Of Playwright's own pages the browser tells every request with its body, which takes
// longer than the requests themselves; so these are opened beside it, over the same connection.

export class Page {
  #cdp; #profile; #target; #session;
  #last = 0;
  #waiting = new Map();

  /** Opens an address in a profile of its own, or in that of another page. */
  static async open(browser, address, beside) {
    const page = new Page();
    page.#cdp = await browser.newBrowserCDPSession();
    page.#profile = beside?.#profile ?? (await page.#cdp.send("Target.createBrowserContext")).browserContextId;
    page.#target = (await page.#cdp.send("Target.createTarget", { url: "about:blank", newWindow: true, browserContextId: page.#profile })).targetId;
    page.#cdp.on("Target.receivedMessageFromTarget", ({ sessionId, message }) => {
      if (sessionId === page.#session) page.#receive(JSON.parse(message));
    });
    page.#session = (await page.#cdp.send("Target.attachToTarget", { targetId: page.#target, flatten: false })).sessionId;
    await page.send("Runtime.enable");
    await page.send("Page.enable");
    await page.send("Page.navigate", { url: address });
    return page;
  }

  /** Runs a function in the page and answers what it returns, as JSON. */
  async evaluate(work, argument) {
    const expression = `(${work})(${JSON.stringify(argument) ?? ""})`;
    const { result, exceptionDetails } = await this.send("Runtime.evaluate", { expression, awaitPromise: true, returnByValue: true });
    if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
    return result.value;
  }

  /** One command of the browser's own protocol. */
  send(method, params = {}) {
    const id = ++this.#last;
    const answered = new Promise((resolve, reject) => this.#waiting.set(id, { method, resolve, reject }));
    this.#cdp.send("Target.sendMessageToTarget", { sessionId: this.#session, message: JSON.stringify({ id, method, params }) }).catch((error) => this.#end(error));
    return answered;
  }

  /** Closes the page; its profile stays until the browser is closed. */
  async close() {
    await this.#cdp.send("Target.closeTarget", { targetId: this.#target });
    await this.#cdp.detach();
  }

  #receive({ id, result, error, method, params }) {
    if (method === "Inspector.targetCrashed") this.#end(new Error("the page crashed"));
    // After a panic nothing of the module answers any more: what waits for it would wait for ever.
    if (method === "Runtime.exceptionThrown") this.#end(new Error(params.exceptionDetails.exception?.description ?? params.exceptionDetails.text));
    const waiting = this.#waiting.get(id);
    if (!waiting) return;
    this.#waiting.delete(id);
    if (error) waiting.reject(new Error(`${waiting.method}: ${error.message}`));
    else waiting.resolve(result);
  }

  #end(error) {
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }
}
