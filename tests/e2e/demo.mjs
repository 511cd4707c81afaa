// The main job by itself, to be looked at: `cargo xtask demo --headless`. From "not connected" to every document of the
// sample data in Dropbox; prints both trees before and after, leaves pictures, and ends 0 only if the trees are equal.

import { mkdirSync } from "node:fs";
import { Profile, launch } from "./browser.mjs";
import { Person } from "./person.mjs";
import { Sandbox } from "./sandbox.mjs";
import { crmTree, difference, dropboxTree, listing } from "./trees.mjs";

const PICTURES = process.env.PICTURES_DIR;
/** The record that is shown in the pictures. */
const SHOWN = "Lumen Lighting";

let failed = true;
const sandbox = await Sandbox.start();
const browser = await launch();
try {
  failed = !(await demonstrate());
} catch (error) {
  console.error(error.message);
} finally {
  await browser.close();
  await sandbox.stop();
}
process.exitCode = failed ? 1 : 0;

async function demonstrate() {
  mkdirSync(PICTURES, { recursive: true });
  const profile = await Profile.open(browser, { tour: true });
  const person = await Person.in(profile, sandbox);
  // The whole record on one picture.
  await person.page.setViewportSize({ width: 1280, height: 1240 });
  let pictures = 0;
  const picture = async (name, of = person.page) => {
    await of.mouse.move(0, 0);
    await of.screenshot({ path: `${PICTURES}/${++pictures}-${name}.png` });
  };
  const before = await sandbox.state();
  const records = before.crm.records.filter((record) => record.documents.length > 0);
  records.sort((a, b) => (b.name === SHOWN) - (a.name === SHOWN));
  const ids = records.map((record) => record.id);
  print("Before", before, ids);

  const [first, ...others] = records;
  await person.signIn();
  await person.openRecord(kindOf(first), first.name);
  await picture("not-connected");
  const popup = await person.openSignIn();
  await popup.getByRole("button", { name: "Sign in as Anna Peeters" }).click();
  await popup.getByRole("button", { name: "Allow" }).waitFor();
  await picture("dropbox-asks", popup);
  await popup.getByRole("button", { name: "Allow" }).click();
  await person.untilScreen("not-linked");
  await picture("connected");
  await press(person, first);
  await picture("in-dropbox");
  await person.page.locator(".documents-panel").screenshot({ path: `${PICTURES}/panel.png` });
  for (const record of others) {
    await person.openRecord(kindOf(record), record.name);
    await press(person, record);
  }

  const files = await profile.context.newPage();
  await files.goto(`${sandbox.dropbox}/home/Apps/Teamleader%20CRM/Companies/${encodeURIComponent(first.name)}/${first.id}`);
  const [inRoot] = first.documents.filter((document) => document.folder === before.crm.default_folder);
  await files.getByText(inRoot.name).first().waitFor();
  await picture("the-folder-in-dropbox", files);

  const after = await sandbox.state();
  print("After", after, ids);
  console.log(`\nPictures: ${PICTURES}`);
  const differences = difference(crmTree(after, ids), dropboxTree(after));
  if (differences) console.log(`\nThe trees differ:\n${differences}`);
  else console.log(`\nBoth trees are equal: ${dropboxTree(after).size} documents of ${records.length} records, by content hash.`);
  return differences === "";
}

async function press(person, record) {
  const screen = await person.sync();
  console.log(`${record.name}: ${await person.panel.getByText(/documents? in Dropbox/).first().innerText()} (${screen})`);
}

function print(when, state, ids) {
  console.log(`\n${when}, in the CRM (by the place in Dropbox that belongs to each):\n${listing(crmTree(state, ids))}`);
  console.log(`\n${when}, in Dropbox:\n${listing(dropboxTree(state))}\n`);
}

/** Both generations of projects stand on one page. */
function kindOf(record) {
  return record.kind === "nextgenProject" ? "project" : record.kind;
}
