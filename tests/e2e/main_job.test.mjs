// The main job: connect, press the button, and every document of the record is in Dropbox. Once for each module.

import assert from "node:assert/strict";
import { scenes } from "./harness.mjs";
import { assertEqualTrees, crmTree, dropboxTree } from "./trees.mjs";

const scene = scenes();

const RECORDS = [
  ["company", "Lumen Lighting", 7],
  ["contact", "Erla Jónsdóttir", 2],
  ["project", "Harbour office refit", 2],
  ["meeting", "Kick-off harbour office", 2],
  ["product", "Lämpchen L2", 2],
];

for (const [kind, name, count] of RECORDS) {
  scene(`every document of a ${kind} is in Dropbox`, {}, async ({ sandbox, person }) => {
    const record = await sandbox.record(name);
    await person.signIn();
    await person.openRecord(kind, name);
    assert.equal(await person.screen(), "not-connected");
    assert.equal(dropboxTree(await sandbox.state()).size, 0);

    await person.connectDropbox();
    assert.equal(await person.screen(), "not-linked");
    assert.equal(await person.sync(), "up-to-date");

    const state = await sandbox.state();
    assertEqualTrees(state, [record.id]);
    assert.equal(crmTree(state, [record.id]).size, count);
    // Dropbox tells the plugin of its own writes, which it looks at once more.
    await person.panel.getByText(`${count} documents in Dropbox · just now`).waitFor();
    await person.link("Open in Dropbox").waitFor();
  });
}
