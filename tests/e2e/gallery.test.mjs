// Every state of the panel in a browser, drawn from fixed snapshots: accessibility by axe-core, the keyboard, what
// stays when something changes, widths and zoom. How a state comes about is checked elsewhere.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { after, before, test } from "node:test";
import { launch } from "./browser.mjs";
import { goTo, openGallery, sceneNames, serveGallery } from "./gallery.mjs";

const AXE = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const RULES = { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"], resultTypes: ["violations"] };
/** The gallery is no page of a CRM: it has no headings and landmarks of its own. */
const OF_A_PAGE = ["region", "landmark-one-main", "page-has-heading-one"];

let server;
let browser;
let names;

before(async () => {
  server = await serveGallery();
  browser = await launch();
  const page = await openGallery(browser, server.address, { scene: "not-connected" });
  names = await sceneNames(page);
  await page.context().close();
});

after(async () => {
  await browser?.close();
  server?.close();
});

const root = (page) => page.locator(".plugin");

/** What axe-core finds on the page, one line a finding. */
async function findings(page) {
  if (!(await page.evaluate(() => "axe" in window))) await page.addScriptTag({ content: AXE });
  const { violations } = await page.evaluate((rules) => window.axe.run(document, rules), RULES);
  return violations
    .filter((violation) => !OF_A_PAGE.includes(violation.id))
    .flatMap((violation) => violation.nodes.map((node) => `${violation.id}: ${node.html.slice(0, 160)} ${node.failureSummary?.split("\n")[1]?.trim() ?? ""}`));
}

/** Everything that can be opened stands open. */
const openAll = (page) => root(page).evaluate((panel) => panel.querySelectorAll("details").forEach((fold) => (fold.open = true)));

for (const theme of ["light", "dark"]) {
  test(`axe-core finds nothing in any state (${theme})`, async () => {
    const page = await openGallery(browser, server.address, { scene: names[0], theme });
    const found = [];
    for (const scene of names) {
      await goTo(page, scene);
      await openAll(page);
      for (const finding of await findings(page)) found.push(`${scene}: ${finding}`);
      // The same with each question asked that can be asked here. What moves old folders is itself the question.
      for (const asks of ["button.destructive", "button[aria-label^='Unlink']", ".bulk:has(.candidates) button.primary"]) {
        const button = root(page).locator(asks).first();
        if ((await button.count()) === 0) continue;
        await button.click();
        await root(page).locator(".confirm").waitFor();
        for (const finding of await findings(page)) found.push(`${scene}, asked: ${finding}`);
        await root(page).locator(".confirm").getByRole("button", { name: "Cancel" }).click();
      }
    }
    assert.deepEqual([...new Set(found)], []);
    assert.deepEqual(page.errors, []);
    await page.context().close();
  });
}

test("nothing runs over the edge: at 320 px, and with letters of twice the size", async () => {
  const found = [];
  for (const locale of ["en", "de", "nl", "fr", "it", "es"]) {
    const page = await openGallery(browser, server.address, { locale });
    for (const [width, letters] of [[320, "100%"], [640, "200%"], [1280, "100%"]]) {
      await page.setViewportSize({ width, height: 400 });
      const over = await page.evaluate((letters) => {
        document.documentElement.style.fontSize = letters;
        return [...document.querySelectorAll("figure")].flatMap((figure) => {
          const panel = figure.lastElementChild.shadowRoot.querySelector(".plugin");
          panel.querySelectorAll("details").forEach((fold) => (fold.open = true));
          const edge = panel.getBoundingClientRect();
          const outside = [...panel.querySelectorAll("*")].filter((element) => {
            const box = element.getBoundingClientRect();
            // Parts that scroll or are cut on purpose.
            return box.width > 0 && (box.right > edge.right + 1 || box.left < edge.left - 1) && !element.closest(".track, .said, .current, .affected");
          });
          return outside.slice(0, 3).map((element) => `${figure.dataset.scene}: ${element.localName}.${element.getAttribute("class")}`);
        });
      }, letters);
      const edges = await page.evaluate(() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]);
      if (over.length > 0 || edges[0] > edges[1]) found.push(`${locale}, ${width} px, ${letters}: ${edges} ${over}`);
      assert.deepEqual(page.errors, []);
    }
    await page.context().close();
  }
  assert.deepEqual(found, []);
});

test("the keyboard reaches everything, in order, and one sees where it is", async () => {
  const page = await openGallery(browser, server.address, { scene: names[0] });
  for (const scene of names) {
    await goTo(page, scene);
    await openAll(page);
    const reachable = await root(page).evaluate((panel) => {
      const all = [...panel.querySelectorAll("a[href], button, select, input:not([disabled]), summary, [tabindex='0']")];
      window.seen = [];
      panel.addEventListener("focusin", ({ target }) => {
        const style = getComputedStyle(target);
        const ring = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
        window.seen.push(ring ? all.indexOf(target) : `${target.textContent}: no ring`);
      });
      return all.length;
    });
    for (let at = 0; at < reachable; at += 1) await page.keyboard.press("Tab");
    const seen = await page.evaluate(() => window.seen);
    assert.deepEqual(seen, Array.from({ length: reachable }, (_, at) => at), scene);
  }
  await page.context().close();
});

test("a question takes the focus to its harmless answer and gives it back", async () => {
  const page = await openGallery(browser, server.address, { scene: "settings" });
  const focused = () => root(page).evaluate((panel) => panel.getRootNode().activeElement?.textContent);
  await page.getByRole("button", { name: "Disconnect Dropbox" }).focus();
  await page.keyboard.press("Enter");
  assert.equal(await focused(), "Cancel");
  await page.keyboard.press("Enter");
  assert.equal(await focused(), "Disconnect Dropbox");
  assert.deepEqual(await page.evaluate(() => window.actions), []);
  await page.keyboard.press("Enter");
  await page.keyboard.press("Shift+Tab");
  await page.keyboard.press("Enter");
  assert.deepEqual((await page.evaluate(() => window.actions)).map(({ action }) => action), ["Disconnect"]);
  await page.context().close();
});

test("a press is heard inside the click", async () => {
  const page = await openGallery(browser, server.address, { scene: "not-connected" });
  await page.getByRole("button", { name: "Connect Dropbox" }).click();
  assert.deepEqual(await page.evaluate(() => window.actions), [{ action: "Connect", inClick: true }]);
  const heard = await root(page).evaluate((panel) => {
    panel.querySelector("button").click();
    return window.actions.length;
  });
  assert.equal(heard, 2);
  await page.context().close();
});

test("a change leaves focus, nodes and open parts alone", async () => {
  const page = await openGallery(browser, server.address, { scene: "up-to-date" });
  const show = (scene) => page.evaluate((scene) => window.gallery.show(window.numbers["up-to-date"], scene), scene);
  await openAll(page);
  const file = page.getByRole("link", { name: "Framework agreement 2026.pdf" });
  await file.focus();
  await root(page).evaluate((panel) => {
    window.link = panel.getRootNode().activeElement;
    window.changes = [];
    new MutationObserver((list) => window.changes.push(...list.map((change) => change.target.parentElement?.className ?? change.target.className))).observe(panel, { subtree: true, childList: true, characterData: true, attributes: true });
  });
  await show("up-to-date");
  assert.deepEqual(await page.evaluate(() => window.changes), [], "the same state changes nothing");
  for (const scene of ["syncing", "first-copy", "conflict", "part-failed", "offline"]) {
    await show(scene);
    const kept = await root(page).evaluate((panel) => {
      const folds = [...panel.querySelectorAll("details")];
      return { focus: panel.getRootNode().activeElement === window.link, open: folds.every((fold) => fold.open) };
    });
    assert.deepEqual(kept, { focus: true, open: true }, scene);
  }
  await page.context().close();
});

test("where the focused button goes away, the keyboard goes on from the status line", async () => {
  const page = await openGallery(browser, server.address, { scene: "up-to-date" });
  await page.getByRole("button", { name: "Sync to Dropbox" }).focus();
  await page.evaluate(() => window.gallery.show(window.numbers["up-to-date"], "syncing"));
  const focused = await root(page).evaluate((panel) => panel.getRootNode().activeElement?.textContent);
  assert.equal(focused, "Syncing …");
  await page.keyboard.press("Tab");
  assert.equal(await root(page).evaluate((panel) => panel.getRootNode().activeElement?.textContent), "Cancel");
  await page.context().close();
});

test("the live region says a thing once", async () => {
  const page = await openGallery(browser, server.address, { scene: "first-copy" });
  await root(page).evaluate((panel) => {
    const live = panel.querySelector("[aria-live=polite]");
    window.said = () => [...window.observer.takeRecords().map((change) => change.oldValue), live.textContent];
    window.observer = new MutationObserver(() => {});
    window.observer.observe(live, { subtree: true, childList: true, characterData: true, characterDataOldValue: true });
  });
  // 500 documents: a quarter, a half and three quarters are said, not each document. (The first is of the state before.)
  const said = await page.evaluate(() => {
    window.gallery.copyFiveHundred(window.numbers["first-copy"]);
    return window.said();
  });
  assert.deepEqual(said, [25, 0, 25, 50, 75].map((percent) => `Copying to Dropbox: ${percent} percent`));
  await page.context().close();
});

test("the live region of the settings tells how linking many goes, once each", async () => {
  const page = await openGallery(browser, server.address, { scene: "settings-bulk-listing" });
  const said = async (scene) => {
    await page.evaluate((scene) => window.gallery.show(window.numbers["settings-bulk-listing"], scene), scene);
    return root(page).evaluate((panel) => panel.querySelector("[aria-live=polite]").textContent);
  };
  assert.deepEqual(await said("settings-bulk-listing"), "Contacts: listing records …");
  // 37 of 124: said in quarters.
  assert.deepEqual(await said("settings-bulk-linking"), "31 of 124 records");
  assert.deepEqual(await said("settings-bulk-paused"), "Contacts: paused.");
  assert.deepEqual(await said("settings-bulk-finished"), "Contacts: 124 records linked. Their documents are being copied.");
  assert.deepEqual(await said("settings-bulk-failed"), "Contacts: the records could not be listed. Try again in a moment.");
  assert.match(await said("settings-bulk-earlier"), /^17 of these records have a folder from the earlier integration/);
  assert.deepEqual(await said("settings-paused"), "Automatic sync is paused");
  assert.deepEqual(await said("settings"), "");
  await page.context().close();
});

test("who asks for less motion sees none", async () => {
  for (const [motion, some] of [["reduce", false], ["no-preference", true]]) {
    const page = await openGallery(browser, server.address, { scene: "connecting", motion });
    const running = await root(page).evaluate((panel) => panel.getRootNode().getAnimations().length);
    assert.equal(running > 0, some, motion);
    await page.context().close();
  }
});
