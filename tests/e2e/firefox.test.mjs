// The main job in Firefox, and what browsers do each in their own way: the sign-in's window, sealed tokens that outlive
// a reload, hashes, uploads in both directions, and the connection's end.

import assert from "node:assert/strict";
import { launchFirefox } from "./firefox.mjs";
import { scenes } from "./harness.mjs";
import { assertEqualTrees, dropboxTree, folderOf } from "./trees.mjs";

const scene = scenes(launchFirefox);

scene("Firefox: connect, press, and every document is in Dropbox", {}, async ({ sandbox, person }) => {
  const record = await sandbox.record("Lumen Lighting");
  await person.signIn();
  await person.openRecord("company", record.name);
  assert.equal(await person.screen(), "not-connected");
  await person.connectDropbox();
  assert.equal(await person.screen(), "not-linked");
  assert.equal(await person.sync(), "up-to-date");
  const state = await sandbox.state();
  assertEqualTrees(state, [record.id]);
  assert.equal(dropboxTree(state).size, 7);
});

scene("Firefox: a file added in Dropbox comes to the record, one added there goes to Dropbox, across a reload", {}, async (s) => {
  const { sandbox, person } = s;
  const record = await sandbox.record("Pied Piper");
  await person.arrive("company", record.name);
  await person.sync();
  await person.page.reload();
  await person.untilScreen("up-to-date");
  await sandbox.putFile(`${folderOf(record)}/Plans/From Dropbox.txt`, "drawn in Dropbox");
  await person.document("From Dropbox.txt").waitFor();
  await person.addDocuments([["From the CRM.txt", "written in the CRM"]]);
  const state = await s.untilEqual(record.id);
  assert.equal(dropboxTree(state).size, 2);
});
