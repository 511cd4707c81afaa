// Both trees by content hash, and what differs between them. The folder rule stands here a second time, on purpose:
// `/<Module>/<name of the record>/<id>/<folder>/<document>`.

import assert from "node:assert/strict";

const MODULE_FOLDERS = { companies: "Companies", contacts: "Contacts", projects: "Projects", meetings: "Meetings", products: "Products" };

/** The folder in Dropbox that belongs to a record of `/state`. */
export function folderOf(record) {
  return `/${MODULE_FOLDERS[record.module]}/${record.name}/${record.id}`;
}

/** Where the documents of these records belong in Dropbox: path → content hash. */
export function crmTree(state, ids) {
  const tree = new Map();
  for (const record of state.crm.records.filter((record) => ids.includes(record.id))) {
    for (const document of record.documents) {
      const folder = document.folder === state.crm.default_folder ? "" : `/${document.folder}`;
      const path = `${folderOf(record)}${folder}/${document.name}`;
      // Two documents of one place would hide each other in the map: that is a twin, and has to be seen.
      tree.set(tree.has(path) ? `${path} (twin ${document.id})` : path, document.content_hash);
    }
  }
  return tree;
}

/** What stands in the app folder for people: all but the checkpoint. */
export const isSeen = ({ path }) => path !== "/.teamleader-sync" && !path.startsWith("/.teamleader-sync/");

/** The files of a Dropbox account: path → content hash. */
export function dropboxTree(state, account = 0) {
  const files = state.dropbox.accounts[account].entries.filter((entry) => entry.type === "file" && isSeen(entry));
  return new Map(files.map((file) => [file.path, file.content_hash]));
}

/** The folders of a Dropbox account, by path. */
export function dropboxFolders(state, account = 0) {
  return state.dropbox.accounts[account].entries.filter((entry) => entry.type === "folder" && isSeen(entry)).map((entry) => entry.path);
}

/** One line for each path that differs; empty if the trees are equal. */
export function difference(crm, dropbox) {
  const lines = [];
  for (const path of [...new Set([...crm.keys(), ...dropbox.keys()])].sort()) {
    const [here, there] = [crm.get(path), dropbox.get(path)];
    if (here === there) continue;
    if (there === undefined) lines.push(`only in the CRM:  ${path}  ${short(here)}`);
    else if (here === undefined) lines.push(`only in Dropbox:  ${path}  ${short(there)}`);
    else lines.push(`different:        ${path}  CRM ${short(here)}, Dropbox ${short(there)}`);
  }
  return lines.join("\n");
}

/** Asserts that Dropbox holds the documents of these records, and nothing else. */
export function assertEqualTrees(state, ids, account = 0) {
  assert.equal(difference(crmTree(state, ids), dropboxTree(state, account)), "");
}

/** A tree as text, one path a line with the start of its hash. */
export function listing(tree) {
  if (tree.size === 0) return "  (empty)";
  return [...tree].sort(([a], [b]) => (a < b ? -1 : 1)).map(([path, hash]) => `  ${short(hash)}  ${path}`).join("\n");
}

const short = (hash) => hash.slice(0, 12);
