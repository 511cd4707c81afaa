// Dropbox's official JavaScript SDK against the emulated Dropbox: every operation that the plugin uses, and its
// refusals. The sandbox is started here from SANDBOX_BIN; without that variable one is expected at SANDBOX_PORT_BASE.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { after, before, beforeEach, test } from "node:test";
import sdk from "dropbox";

const { Dropbox, DropboxAuth } = sdk;
const binary = process.env.SANDBOX_BIN;
// Away from the other test files, which run at the same time, each with a sandbox of its own.
const base = Number(binary ? 42000 + (process.pid % 400) * 50 : process.env.SANDBOX_PORT_BASE ?? 7400);
const at = (offset) => `http://127.0.0.1:${base + offset}`;
const HOSTS = { "api.dropboxapi.com": 11, "content.dropboxapi.com": 12, "notify.dropboxapi.com": 13 };
const REDIRECT = `${at(0)}/plugin/oauth.html`;

let server;
let tokens;

/** The SDK knows only Dropbox's own hosts: its requests are sent to the sandbox's. */
async function redirected(url, options) {
  const address = new URL(url);
  const offset = HOSTS[address.host];
  assert.ok(offset, `the SDK called ${address.host}`);
  const response = await fetch(at(offset) + address.pathname + address.search, options);
  // In Node the SDK reads downloads as node-fetch offers them.
  response.buffer = async () => Buffer.from(await response.arrayBuffer());
  return response;
}

async function control(method, path, body) {
  const response = await fetch(`${at(20)}/${path}`, { method, body: body === undefined ? undefined : JSON.stringify(body) });
  const answer = await response.json();
  assert.equal(response.status, 200, `${path}: ${JSON.stringify(answer)}`);
  return answer;
}

async function reset(options = {}) {
  await control("POST", "reset", { sample: false, rate_limits: false, variants: {}, quota_bytes: 2 ** 31, token_life_s: 14400, ...options });
  tokens = (await control("POST", "tokens", {})).dropbox;
}

const client = (accessToken = tokens.access_token) => new Dropbox({ accessToken, fetch: redirected });

/** The error of a refused call: `{status, error}` with the body the documentation promises. */
async function refusal(promise, status = 409) {
  try {
    await promise;
  } catch (error) {
    assert.equal(error.status, status, `${error}: ${JSON.stringify(error.error)}`);
    if (status === 409) assert.match(error.error.error_summary, /\/\.{1,3}$/);
    return error.error;
  }
  assert.fail("the call was not refused");
}

function contentHash(bytes) {
  const blocks = createHash("sha256");
  for (let from = 0; from < bytes.length; from += 4 << 20) {
    blocks.update(createHash("sha256").update(bytes.subarray(from, from + (4 << 20))).digest());
  }
  return blocks.digest("hex");
}

async function put(path, contents, options = {}) {
  return (await client().filesUpload({ path, contents: Buffer.from(contents), ...options })).result;
}

before(async () => {
  if (binary) {
    server = spawn(binary, ["--port-base", String(base), "--empty"], { stdio: ["ignore", "pipe", "inherit"] });
    await new Promise((resolve, reject) => {
      server.stdout.once("data", resolve);
      server.once("exit", (code) => reject(new Error(`the sandbox ended with ${code}`)));
    });
  }
});

after(() => server?.kill());

beforeEach(() => reset());

test("upload and download: bytes, hash, names beyond ASCII", async () => {
  const bytes = randomBytes(5_000_000);
  const { result } = await client().filesUpload({ path: "/Größe/😀 ü.bin", contents: bytes, mute: true });
  assert.equal(result.content_hash, contentHash(bytes));
  assert.equal(result.size, bytes.length);
  assert.equal(result[".tag"], undefined);
  assert.equal(result.path_display, "/Größe/😀 ü.bin");
  const back = await client().filesDownload({ path: result.id });
  assert.equal(back.result.name, "😀 ü.bin");
  assert.ok(bytes.equals(back.result.fileBinary));
  const byRev = await client().filesDownload({ path: `rev:${result.rev}` });
  assert.ok(bytes.equals(byRev.result.fileBinary));
});

test("upload: write modes and their conflicts", async () => {
  const first = await put("/a.txt", "one");
  assert.equal((await put("/A.TXT", "one")).rev, first.rev, "identical content writes nothing");
  const conflict = await refusal(put("/a.txt", "two"));
  assert.deepEqual(conflict.error.reason, { ".tag": "conflict", conflict: { ".tag": "file" } });
  assert.equal(conflict.error[".tag"], "path");
  assert.match(conflict.error.upload_session_id, /^pid_upload_session:/);
  const strict = await refusal(put("/a.txt", "one", { strict_conflict: true }));
  assert.equal(strict.error.reason[".tag"], "conflict");
  const renamed = await put("/a.txt", "two", { autorename: true });
  assert.equal(renamed.name, "a (1).txt");
  const updated = await put("/a.txt", "three", { mode: { ".tag": "update", update: first.rev }, strict_conflict: true });
  assert.equal(updated.id, first.id);
  assert.notEqual(updated.rev, first.rev);
  await refusal(put("/a.txt", "four", { mode: { ".tag": "update", update: first.rev } }));
  const copy = await put("/a.txt", "four", { mode: { ".tag": "update", update: first.rev }, autorename: true });
  assert.equal(copy.name, "a (conflicted copy).txt");
  assert.equal((await put("/a.txt", "five", { mode: { ".tag": "overwrite" } })).id, first.id);
  const folder = await refusal(put("/", "x"));
  assert.equal(folder.error.reason[".tag"], "malformed_path");
  const ancestor = await refusal(put("/a.txt/b.txt", "x"));
  assert.deepEqual(ancestor.error.reason.conflict, { ".tag": "file_ancestor" });
});

test("update of a deleted file: a conflict only when strict", async () => {
  const first = await put("/a.txt", "one");
  await client().filesDeleteV2({ path: first.id, parent_rev: first.rev });
  const mode = { ".tag": "update", update: first.rev };
  const strict = await refusal(put("/a.txt", "two", { mode, strict_conflict: true }));
  assert.equal(strict.error.reason[".tag"], "conflict");
  assert.notEqual((await put("/a.txt", "two", { mode })).id, first.id);
});

test("names that Dropbox refuses", async () => {
  for (const path of ["/a\\b", "/a ", "/x//y", `/${"x".repeat(256)}`, "/a\u007f"]) {
    const error = await refusal(put(path, "x"));
    assert.equal(error.error.reason[".tag"], "malformed_path", path);
  }
  for (const path of ["/thumbs.db", "/.DS_Store", "/Desktop.ini"]) {
    const error = await refusal(put(path, "x"));
    assert.equal(error.error.reason[".tag"], "disallowed_name", path);
  }
  const decomposed = await put("/A\u0308.txt", "x");
  assert.equal(decomposed.name, "Ä.txt");
});

test("a wrong content_hash, and a full Dropbox", async () => {
  const wrong = await refusal(put("/a.txt", "x", { content_hash: contentHash(Buffer.from("y")) }));
  assert.equal(wrong.error[".tag"], "content_hash_mismatch");
  await reset({ quota_bytes: 10 });
  const full = await refusal(put("/a.txt", "more than ten bytes"));
  assert.equal(full.error.reason[".tag"], "insufficient_space");
  const { result } = await client().usersGetSpaceUsage();
  assert.deepEqual(result, { used: 0, allocation: { ".tag": "individual", allocated: 10 } });
});

test("bad input is 400 in plain text", async () => {
  for (const call of [
    () => client().filesListFolder({ path: "/" }),
    () => client().filesListFolder({ path: "relative" }),
    () => client().filesListFolder({ path: "", surprise: 1 }),
    () => client().filesGetMetadata({ path: "" }),
    () => put("/a.txt", "x", { mode: "update" }),
    () => client().filesListFolderContinue({ cursor: "made up" }),
  ]) {
    const error = await refusal(call(), 400);
    assert.match(error, /^Error in call to API function "/);
  }
});

test("a sequential session: append, offsets, close, finish", async () => {
  const bytes = randomBytes(9_000_000);
  const [one, two, three] = [bytes.subarray(0, 4_000_000), bytes.subarray(4_000_000, 8_000_000), bytes.subarray(8_000_000)];
  const dbx = client();
  const { session_id } = (await dbx.filesUploadSessionStart({ contents: one })).result;
  await dbx.filesUploadSessionAppendV2({ cursor: { session_id, offset: 4_000_000 }, contents: two });
  const offset = await refusal(dbx.filesUploadSessionAppendV2({ cursor: { session_id, offset: 4_000_000 }, contents: two }));
  assert.deepEqual(offset.error, { ".tag": "incorrect_offset", correct_offset: 8_000_000 });
  const commit = { path: "/big.bin", mode: { ".tag": "add" }, strict_conflict: true };
  const early = await refusal(dbx.filesUploadSessionFinish({ cursor: { session_id, offset: 7 }, commit, contents: three }));
  assert.deepEqual(early.error, { ".tag": "lookup_failed", lookup_failed: { ".tag": "incorrect_offset", correct_offset: 8_000_000 } });
  const { result } = await dbx.filesUploadSessionFinish({ cursor: { session_id, offset: 8_000_000 }, commit, contents: three });
  assert.equal(result.content_hash, contentHash(bytes));
  const again = await refusal(dbx.filesUploadSessionFinish({ cursor: { session_id, offset: 8_000_000 }, commit, contents: three }));
  assert.equal(again.error[".tag"], "lookup_failed");
  const unknown = await refusal(dbx.filesUploadSessionAppendV2({ cursor: { session_id: "nothing", offset: 0 }, contents: one }));
  assert.equal(unknown.error[".tag"], "not_found");
});

test("a session lives seven days", async () => {
  const dbx = client();
  const { session_id } = (await dbx.filesUploadSessionStart({ contents: Buffer.from("x"), close: true })).result;
  await control("POST", "clock/advance", { seconds: 7 * 24 * 3600 });
  tokens = (await control("POST", "tokens", {})).dropbox;
  const error = await refusal(client().filesUploadSessionFinish({ cursor: { session_id, offset: 1 }, commit: { path: "/a" }, contents: Buffer.alloc(0) }));
  assert.deepEqual(error.error, { ".tag": "lookup_failed", lookup_failed: { ".tag": "not_found" } });
});

test("a concurrent session", async () => {
  const part = 4 << 20;
  const bytes = randomBytes(part * 2 + 5);
  const dbx = client();
  const session_type = { ".tag": "concurrent" };
  const data = await refusal(dbx.filesUploadSessionStart({ session_type, contents: Buffer.from("x") }));
  assert.equal(data.error[".tag"], "concurrent_session_data_not_allowed");
  const { session_id } = (await dbx.filesUploadSessionStart({ session_type, contents: Buffer.alloc(0) })).result;
  const append = (offset, to, close) =>
    dbx.filesUploadSessionAppendV2({ cursor: { session_id, offset }, close, contents: bytes.subarray(offset, to) });
  assert.equal((await refusal(append(5, part, false))).error[".tag"], "concurrent_session_invalid_offset");
  assert.equal((await refusal(append(0, part - 1, false))).error[".tag"], "concurrent_session_invalid_data_size");
  await append(part * 2, part * 2 + 5, true);
  const commit = { path: "/parts.bin" };
  const finish = () => dbx.filesUploadSessionFinish({ cursor: { session_id, offset: bytes.length }, commit, contents: Buffer.alloc(0) });
  assert.equal((await refusal(finish())).error[".tag"], "concurrent_session_missing_data");
  await Promise.all([append(part, part * 2, false), append(0, part, false)]);
  assert.equal((await finish()).result.content_hash, contentHash(bytes));
});

test("finish_batch_v2: each entry its own result", async () => {
  const dbx = client();
  await put("/there.txt", "old");
  const start = async (text, close = true) =>
    (await dbx.filesUploadSessionStart({ contents: Buffer.from(text), close })).result.session_id;
  const entry = (session_id, offset, path) => ({ cursor: { session_id, offset }, commit: { path, mode: { ".tag": "add" }, strict_conflict: true } });
  const { result } = await dbx.filesUploadSessionFinishBatchV2({
    entries: [
      entry(await start("new"), 3, "/new.txt"),
      entry(await start("old"), 3, "/there.txt"),
      entry(await start("open", false), 4, "/open.txt"),
      entry("nothing", 0, "/nothing.txt"),
    ],
  });
  assert.equal(result.entries[0][".tag"], "success");
  assert.equal(result.entries[0].path_display, "/new.txt");
  assert.deepEqual(result.entries[1].failure, { ".tag": "path", path: { ".tag": "conflict", conflict: { ".tag": "file" } } });
  assert.deepEqual(result.entries[2].failure, { ".tag": "lookup_failed", lookup_failed: { ".tag": "not_closed" } });
  assert.deepEqual(result.entries[3].failure, { ".tag": "lookup_failed", lookup_failed: { ".tag": "not_found" } });
});

test("start_batch, append_batch's neighbours and a thousand commits", async () => {
  const dbx = client();
  const { session_ids } = (await dbx.filesUploadSessionStartBatch({ num_sessions: 1000 })).result;
  assert.equal(new Set(session_ids).size, 1000);
  for (let from = 0; from < 1000; from += 100) {
    await Promise.all(session_ids.slice(from, from + 100).map((session_id, n) =>
      dbx.filesUploadSessionAppendV2({ cursor: { session_id, offset: 0 }, close: true, contents: Buffer.from(`${from + n}`) })));
  }
  const entries = session_ids.map((session_id, n) => ({ cursor: { session_id, offset: `${n}`.length }, commit: { path: `/many/${n}.txt` } }));
  const { result } = await dbx.filesUploadSessionFinishBatchV2({ entries });
  assert.ok(result.entries.every((entry) => entry[".tag"] === "success"));
  await refusal(dbx.filesUploadSessionFinishBatchV2({ entries: [...entries, entries[0]] }), 400);
});

async function listAll(options) {
  const dbx = client();
  let { result } = await dbx.filesListFolder(options);
  const entries = [...result.entries];
  while (result.has_more) {
    ({ result } = await dbx.filesListFolderContinue({ cursor: result.cursor }));
    entries.push(...result.entries);
  }
  return { entries, cursor: result.cursor };
}

const changes = async (cursor) => {
  const dbx = client();
  const entries = [];
  for (;;) {
    const { result } = await dbx.filesListFolderContinue({ cursor });
    entries.push(...result.entries);
    cursor = result.cursor;
    if (!result.has_more) return { entries, cursor };
  }
};

test("list_folder: pages, recursion, and later changes in order", async () => {
  for (let n = 0; n < 25; n += 1) await put(`/A/${n}.txt`, `${n}`);
  await put("/top.txt", "x");
  const own = await listAll({ path: "", limit: 1 });
  assert.deepEqual(own.entries.map((entry) => entry.path_lower).sort(), ["/a", "/top.txt"]);
  const { entries, cursor } = await listAll({ path: "", recursive: true, limit: 10 });
  assert.equal(entries.length, 27);
  assert.deepEqual((await changes(cursor)).entries, []);

  const folder = entries.find((entry) => entry.path_lower === "/a");
  await client().filesMoveV2({ from_path: folder.id, to_path: "/B" });
  const moved = await changes(cursor);
  assert.equal(moved.entries[0][".tag"], "deleted");
  assert.equal(moved.entries[0].path_lower, "/a");
  assert.equal(moved.entries.length, 27);
  for (const entry of moved.entries.slice(1)) {
    const before = entries.find((old) => old.path_lower === entry.path_lower.replace("/b", "/a"));
    assert.equal(entry.id, before.id, "ids survive a move");
  }
  await client().filesDeleteV2({ path: "/b" });
  const gone = await changes(moved.cursor);
  assert.deepEqual(gone.entries.map((entry) => [entry[".tag"], entry.path_lower]), [["deleted", "/b"]]);
  assert.equal((await refusal(client().filesListFolder({ path: "/b" }))).error.path[".tag"], "not_found");
  assert.equal((await refusal(client().filesListFolder({ path: "/top.txt" }))).error.path[".tag"], "not_folder");
});

test("a deleted folder with entries for its children; empty pages; small pages", async () => {
  await reset({ variants: { "deleted-folder-lists-children": true, "empty-page-has-more": true, "small-pages": true } });
  for (let n = 0; n < 7; n += 1) await put(`/A/${n}.txt`, `${n}`);
  const { entries, cursor } = await listAll({ path: "", recursive: true });
  assert.equal(entries.length, 8);
  await client().filesDeleteV2({ path: "/A" });
  const gone = await changes(cursor);
  assert.equal(gone.entries.length, 8);
  assert.ok(gone.entries.every((entry) => entry[".tag"] === "deleted" && !("id" in entry)));
});

test("get_latest_cursor, longpoll, reset", async () => {
  const dbx = client();
  const { cursor } = (await dbx.filesListFolderGetLatestCursor({ path: "", recursive: true })).result;
  const waiting = dbx.filesListFolderLongpoll({ cursor, timeout: 30 });
  await put("/a.txt", "x");
  assert.equal((await waiting).result.changes, true);
  const later = (await changes(cursor)).cursor;
  const idle = dbx.filesListFolderLongpoll({ cursor: later, timeout: 30 });
  // The answer is due when the clock says so, not when thirty seconds have passed.
  await new Promise((resolve) => { setImmediate(resolve); });
  let quiet;
  do {
    await control("POST", "clock/advance", { seconds: 31 });
    quiet = await Promise.race([idle, new Promise((resolve) => { setTimeout(resolve, 20); })]);
  } while (quiet === undefined);
  assert.equal(quiet.result.changes, false);
  await control("POST", "faults", { origin: "dropbox_api", path: "list_folder/continue", effect: "cursor_reset" });
  assert.equal((await refusal(dbx.filesListFolderContinue({ cursor: later }))).error[".tag"], "reset");
  assert.equal((await refusal(dbx.filesListFolderLongpoll({ cursor: later }))).error[".tag"], "reset");
});

test("create_folder_v2, get_metadata, delete_v2", async () => {
  const dbx = client();
  const { metadata } = (await dbx.filesCreateFolderV2({ path: "/A/B" })).result;
  assert.equal(metadata[".tag"], undefined);
  assert.equal(metadata.path_display, "/A/B");
  const again = await refusal(dbx.filesCreateFolderV2({ path: "/a/b" }));
  assert.deepEqual(again.error, { ".tag": "path", path: { ".tag": "conflict", conflict: { ".tag": "folder" } } });
  const folder = (await dbx.filesGetMetadata({ path: metadata.id })).result;
  assert.equal(folder[".tag"], "folder");
  const file = await put("/A/x.txt", "x");
  const stale = await refusal(dbx.filesDeleteV2({ path: file.id, parent_rev: "0123456789abcdef" }));
  assert.equal(stale.error[".tag"], "path_write");
  const deleted = (await dbx.filesDeleteV2({ path: "/A" })).result.metadata;
  assert.equal(deleted[".tag"], "folder");
  assert.equal((await refusal(dbx.filesDeleteV2({ path: "/A" }))).error.path_lookup[".tag"], "not_found");
  assert.equal((await refusal(dbx.filesGetMetadata({ path: file.id }))).error.path[".tag"], "not_found");
  const tombstone = (await dbx.filesGetMetadata({ path: "/a/x.txt", include_deleted: true })).result;
  assert.equal(tombstone[".tag"], "deleted");
});

test("move_v2 and copy_v2", async () => {
  const dbx = client();
  const file = await put("/A/x.txt", "x");
  await put("/A/y.txt", "y");
  const { metadata } = (await dbx.filesMoveV2({ from_path: file.id, to_path: "/New/z.txt" })).result;
  assert.equal(metadata[".tag"], "file");
  assert.equal(metadata.id, file.id);
  const taken = await refusal(dbx.filesMoveV2({ from_path: file.id, to_path: "/a/Y.txt" }));
  assert.deepEqual(taken.error, { ".tag": "to", to: { ".tag": "conflict", conflict: { ".tag": "file" } } });
  const missing = await refusal(dbx.filesMoveV2({ from_path: "/nothing", to_path: "/b" }));
  assert.deepEqual(missing.error, { ".tag": "from_lookup", from_lookup: { ".tag": "not_found" } });
  const inside = await refusal(dbx.filesMoveV2({ from_path: "/A", to_path: "/A/B" }));
  assert.equal(inside.error[".tag"], "cant_move_folder_into_itself");
  const copy = (await dbx.filesCopyV2({ from_path: `rev:${file.rev}`, to_path: "/c.txt" }).catch(() => dbx.filesCopyV2({ from_path: file.id, to_path: "/c.txt" }))).result;
  assert.notEqual(copy.metadata.id, file.id);
  assert.equal(copy.metadata.content_hash, file.content_hash);
});

test("batches, complete at once and as jobs", async () => {
  for (const asJobs of [false, true]) {
    await reset({ variants: { "batches-async": asJobs } });
    const dbx = client();
    const finished = async (launch, check) => {
      if (!asJobs) {
        assert.equal(launch.result[".tag"], "complete");
        return launch.result.entries;
      }
      assert.equal(launch.result[".tag"], "async_job_id");
      const { async_job_id } = launch.result;
      assert.equal((await check({ async_job_id })).result[".tag"], "in_progress");
      await control("POST", "clock/advance", { seconds: 2 });
      const { result } = await check({ async_job_id });
      assert.equal(result[".tag"], "complete");
      return result.entries;
    };
    const folders = await finished(await dbx.filesCreateFolderBatch({ paths: ["/a", "/b", "/b"] }), (arg) => dbx.filesCreateFolderBatchCheck(arg));
    assert.deepEqual(folders.map((entry) => entry[".tag"]), ["success", "success"]);
    assert.equal(folders[0].metadata.path_display, "/a");
    await put("/a/x.txt", "x");
    const moves = await finished(
      await dbx.filesMoveBatchV2({ entries: [{ from_path: "/a/x.txt", to_path: "/b/x.txt" }, { from_path: "/no", to_path: "/b/y.txt" }] }),
      (arg) => dbx.filesMoveBatchCheckV2(arg),
    );
    assert.equal(moves[0].success.path_display, "/b/x.txt");
    assert.equal(moves[0].success[".tag"], "file");
    assert.deepEqual(moves[1].failure, { ".tag": "relocation_error", relocation_error: { ".tag": "from_lookup", from_lookup: { ".tag": "not_found" } } });
    const deletes = await finished(
      await dbx.filesDeleteBatch({ entries: [{ path: "/b/x.txt" }, { path: "/no" }] }),
      (arg) => dbx.filesDeleteBatchCheck(arg),
    );
    assert.equal(deletes[0].metadata[".tag"], "file");
    assert.deepEqual(deletes[1].failure, { ".tag": "path_lookup", path_lookup: { ".tag": "not_found" } });
    assert.equal((await refusal(dbx.filesDeleteBatchCheck({ async_job_id: "nothing" }))).error[".tag"], "invalid_async_job_id");
  }
});

test("list_revisions and restore", async () => {
  const dbx = client();
  const one = await put("/a.txt", "one");
  const two = await put("/a.txt", "two", { mode: { ".tag": "overwrite" } });
  const { result } = await dbx.filesListRevisions({ path: "/a.txt" });
  assert.deepEqual(result.entries.map((entry) => entry.rev), [two.rev, one.rev]);
  assert.equal(result.is_deleted, false);
  const restored = (await dbx.filesRestore({ path: "/a.txt", rev: one.rev })).result;
  assert.equal(restored.content_hash, one.content_hash);
  assert.equal((await refusal(dbx.filesRestore({ path: "/a.txt", rev: "0123456789" }))).error[".tag"], "invalid_revision");
});

test("who is connected", async () => {
  const { result } = await client().usersGetCurrentAccount();
  assert.equal(result.account_id.length, 40);
  assert.equal(result.name.display_name, "Anna Peeters");
  assert.equal((await client().checkUser({ query: "hello" })).result.result, "hello");
});

test("download refusals", async () => {
  await client().filesCreateFolderV2({ path: "/A" });
  assert.equal((await refusal(client().filesDownload({ path: "/A" }))).error.path[".tag"], "not_file");
  assert.equal((await refusal(client().filesDownload({ path: "/x" }))).error.path[".tag"], "not_found");
});

test("tokens: malformed, unknown, expired, without scope", async () => {
  const list = (token) => client(token).filesListFolder({ path: "" });
  assert.equal((await refusal(list("sl.unknown"), 401)).error[".tag"], "invalid_access_token");
  await control("POST", "clock/advance", { seconds: 14401 });
  assert.equal((await refusal(list(tokens.access_token), 401)).error[".tag"], "expired_access_token");
  const few = (await control("POST", "tokens", { scopes: ["account_info.read"] })).dropbox.access_token;
  const error = await refusal(list(few), 401);
  assert.deepEqual(error.error, { ".tag": "missing_scope", required_scope: "files.metadata.read" });
});

/** Goes through the pages as a browser would: signs in, answers the consent page. Returns the redirect. */
async function consent(address, choice) {
  const manual = (url, options = {}) => fetch(new URL(url, at(10)), { redirect: "manual", ...options });
  const form = { "content-type": "application/x-www-form-urlencoded" };
  const target = new URL(address).pathname + new URL(address).search;
  const login = await manual("/login", { method: "POST", headers: form, body: new URLSearchParams({ account: "0", next: target }) });
  const cookie = login.headers.get("set-cookie").split(";")[0];
  const page = await manual(login.headers.get("location"), { headers: { cookie } });
  assert.match(await page.text(), /wants its own folder/);
  const answer = await manual(target, { method: "POST", headers: { ...form, cookie }, body: `choice=${choice}` });
  return new URL(answer.headers.get("location"));
}

test("OAuth with PKCE, as the SDK does it", async () => {
  const auth = new DropboxAuth({ clientId: "sandbox-app-key", fetch: redirected });
  const scopes = ["account_info.read", "files.metadata.read"];
  const url = (await auth.getAuthenticationUrl(REDIRECT, "the state", "code", "offline", scopes, "none", true)).replace("https://dropbox.com", at(10)).replace("https://www.dropbox.com", at(10));
  const denied = await consent(`${url}&force_reapprove=true`, "deny");
  assert.equal(denied.searchParams.get("error"), "access_denied");
  const back = await consent(url, "allow");
  assert.equal(back.origin + back.pathname, REDIRECT);
  assert.equal(back.searchParams.get("state"), "the state");
  const code = back.searchParams.get("code");
  const { result } = await auth.getAccessTokenFromCode(REDIRECT, code);
  assert.equal(result.token_type, "bearer");
  assert.equal(result.expires_in, 14400);
  const twice = await refusal(auth.getAccessTokenFromCode(REDIRECT, code), 400);
  assert.equal(twice.error, "invalid_grant");

  const bounced = await fetch(`${url}&again=1`, { redirect: "manual" });
  assert.match(bounced.headers.get("location"), /^\/login\?next=/);

  const longLived = new Dropbox({ clientId: "sandbox-app-key", refreshToken: result.refresh_token, fetch: redirected });
  await longLived.filesListFolder({ path: "" });
  await refusal(longLived.filesUpload({ path: "/a", contents: "x" }), 401);
  await longLived.authTokenRevoke();
  await refusal(longLived.filesListFolder({ path: "" }), 401);
  const gone = new Dropbox({ clientId: "sandbox-app-key", refreshToken: result.refresh_token, fetch: redirected });
  const revoked = await refusal(gone.filesListFolder({ path: "" }), 400);
  assert.equal(revoked.error, "invalid_grant");
});

test("faults: limits, server errors, cut connections, a full batch", async () => {
  const dbx = client();
  const fault = (effect, path = "files/list_folder", origin = "dropbox_api") => control("POST", "faults", { origin, path, effect });
  await fault({ status: { status: 429, retry_after: 1, body: "json" } });
  const limited = await refusal(dbx.filesListFolder({ path: "" }), 429);
  assert.deepEqual(limited.error, { reason: { ".tag": "too_many_requests" }, retry_after: 1 });
  await fault({ status: { status: 429, body: "plain" } });
  assert.equal(typeof await refusal(dbx.filesListFolder({ path: "" }), 429), "string");
  await fault({ too_many_writes: "status429" }, "files/create_folder_v2");
  const locked = await refusal(dbx.filesCreateFolderV2({ path: "/a" }), 429);
  assert.deepEqual(locked.error, { reason: { ".tag": "too_many_write_operations" } });
  await fault({ too_many_writes: "error409" }, "files/delete_v2");
  assert.equal((await refusal(dbx.filesDeleteV2({ path: "/a" }))).error[".tag"], "too_many_write_operations");
  await fault({ server_error: { status: 503, acted: true } }, "files/create_folder_v2");
  await refusal(dbx.filesCreateFolderV2({ path: "/acted" }), 503);
  assert.equal((await dbx.filesGetMetadata({ path: "/acted" })).result.name, "acted");
  await fault("cut_before");
  await assert.rejects(dbx.filesListFolder({ path: "" }), /fetch failed/);
  await fault({ dropbox_error: { ".tag": "path", path: { ".tag": "restricted_content" } } }, "files/download", "dropbox_content");
  assert.equal((await refusal(dbx.filesDownload({ path: "/a" }))).error.path[".tag"], "restricted_content");
});

test("the namespace's write lock", async () => {
  await reset({ rate_limits: true });
  const writes = await Promise.allSettled(["/a", "/b", "/c", "/d"].map((path) => client().filesCreateFolderV2({ path })));
  const refused = writes.filter((write) => write.status === "rejected");
  assert.ok(refused.length >= 1, "writes at the same time contend for the lock");
  for (const { reason } of refused) {
    assert.equal(reason.status, 429);
    assert.equal(reason.error.error.reason[".tag"], "too_many_write_operations");
  }
  for (const path of ["/e", "/f", "/g"]) await client().filesCreateFolderV2({ path });
});

test("CORS: preflights, readable headers, and none for Retry-After", async () => {
  for (const offset of [11, 12, 13]) {
    const response = await fetch(`${at(offset)}/2/files/upload`, {
      method: "OPTIONS",
      headers: { origin: at(0), "access-control-request-method": "POST", "access-control-request-headers": "authorization,content-type,dropbox-api-arg" },
    });
    assert.equal(response.headers.get("access-control-allow-origin"), at(0));
    assert.match(response.headers.get("access-control-allow-headers"), /Dropbox-API-Arg/);
    assert.doesNotMatch(response.headers.get("access-control-allow-headers"), /User-Agent,/);
    assert.equal(response.headers.get("access-control-max-age"), "600");
  }
  await control("POST", "faults", { origin: "dropbox_api", effect: { status: { status: 429, retry_after: 1 } } });
  const limited = await fetch(`${at(11)}/2/files/list_folder`, { method: "POST", headers: { origin: at(0) } });
  assert.equal(limited.headers.get("retry-after"), "1");
  assert.doesNotMatch(limited.headers.get("access-control-expose-headers"), /retry-after/i);
  assert.match(limited.headers.get("access-control-expose-headers"), /Dropbox-API-Result/);
});

test("the address style: arg and authorization as parameters", async () => {
  await put("/ü.txt", "hello");
  const query = new URLSearchParams({ arg: JSON.stringify({ path: "/ü.txt" }), authorization: `Bearer ${tokens.access_token}` });
  const response = await fetch(`${at(12)}/2/files/download?${query}&reject_cors_preflight=true`);
  assert.equal(await response.text(), "hello");
  assert.equal(JSON.parse(response.headers.get("dropbox-api-result")).name, "ü.txt");
  const part = await fetch(`${at(12)}/2/files/download?${query}`, { headers: { range: "bytes=1-2" } });
  assert.equal(part.status, 206);
  assert.equal(await part.text(), "el");
  assert.match(response.headers.get("etag"), /^W\/"[0-9a-f]+"$/);
  const same = await fetch(`${at(12)}/2/files/download?${query}`, { headers: { "if-none-match": response.headers.get("etag") } });
  assert.equal(same.status, 304);
});
