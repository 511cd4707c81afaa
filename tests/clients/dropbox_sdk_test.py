"""Dropbox's official Python SDK against the emulated Dropbox, over https.

Its validators refuse an answer that lacks a required field or has one of the wrong type, so every call here checks a
shape as well. The sandbox is started from SANDBOX_BIN; without that variable one is expected at SANDBOX_PORT_BASE, with
--tls (https stands at SANDBOX_TLS_PORT_BASE, 100 above unless told).
"""

import datetime
import json
import os
import subprocess
import tempfile
import unittest
import urllib.request

BINARY = os.environ.get("SANDBOX_BIN")
BASE = 10000 + os.getpid() % 60 * 150 if BINARY else int(os.environ.get("SANDBOX_PORT_BASE", "7400"))
TLS_BASE = BASE + 100 if BINARY else int(os.environ.get("SANDBOX_TLS_PORT_BASE", BASE + 100))
# The SDK reads these when it is imported.
os.environ["DROPBOX_API_HOST"] = f"127.0.0.1:{TLS_BASE + 11}"
os.environ["DROPBOX_API_CONTENT_HOST"] = f"127.0.0.1:{TLS_BASE + 12}"
os.environ["DROPBOX_API_NOTIFY_HOST"] = f"127.0.0.1:{TLS_BASE + 13}"
os.environ["DROPBOX_WEB_HOST"] = f"127.0.0.1:{TLS_BASE + 10}"

import dropbox  # noqa: E402
from dropbox import common, files, users  # noqa: E402
from dropbox.exceptions import ApiError, AuthError, BadInputError, InternalServerError, RateLimitError  # noqa: E402

SERVER = None
CERTIFICATE = None


def control(method, path, body=None):
    data = json.dumps(body).encode() if body is not None else None
    request = urllib.request.Request(f"http://127.0.0.1:{BASE + 20}/{path}", data=data, method=method)
    with urllib.request.urlopen(request) as answer:
        return answer.read().decode()


def setUpModule():
    global SERVER, CERTIFICATE
    if BINARY:
        SERVER = subprocess.Popen(
            [BINARY, "--port-base", str(BASE), "--tls", "--empty"], stdout=subprocess.PIPE, text=True
        )
        if not SERVER.stdout.readline().startswith("ready"):
            raise RuntimeError(f"the sandbox ended with {SERVER.wait()}")
    with tempfile.NamedTemporaryFile("w", suffix=".pem", delete=False) as file:
        file.write(control("GET", "certificate"))
        CERTIFICATE = file.name
    # Where the machine names certificates of its own, requests takes those before the client's.
    os.environ["REQUESTS_CA_BUNDLE"] = CERTIFICATE
    os.environ["NO_PROXY"] = "127.0.0.1"


def tearDownModule():
    if CERTIFICATE:
        os.unlink(CERTIFICATE)
    if SERVER:
        SERVER.terminate()
        SERVER.wait()
        SERVER.stdout.close()


class SdkTest(unittest.TestCase):
    def setUp(self):
        self.reset()

    def reset(self, **options):
        defaults = {"sample": False, "rate_limits": False, "variants": {}, "quota_bytes": 1 << 31, "token_life_s": 14400}
        control("POST", "reset", {**defaults, **options})
        self.tokens = json.loads(control("POST", "tokens", {}))["dropbox"]
        self.dbx = self.client(self.tokens["access_token"])

    def client(self, token=None, **options):
        client = dropbox.Dropbox(
            token, ca_certs=CERTIFICATE, max_retries_on_error=0, max_retries_on_rate_limit=0, **options
        )
        self.addCleanup(client.close)
        return client

    def fault(self, effect, path, origin="dropbox_api"):
        control("POST", "faults", {"origin": origin, "path": path, "effect": effect})

    def refused(self, call, *arguments, **options):
        with self.assertRaises(ApiError) as caught:
            call(*arguments, **options)
        return caught.exception.error

    # Account

    def test_current_account(self):
        account = self.dbx.users_get_current_account()
        self.assertEqual(len(account.account_id), 40)
        self.assertEqual(account.name.display_name, "Anna Peeters")
        self.assertTrue(account.account_type.is_basic())
        self.assertIsInstance(account.root_info, common.UserRootInfo)

    def test_space_usage(self):
        self.dbx.files_upload(b"12345", "/a")
        usage = self.dbx.users_get_space_usage()
        self.assertEqual(usage.used, 5)
        self.assertIsInstance(usage.allocation.get_individual(), users.IndividualSpaceAllocation)

    def test_check_user(self):
        self.assertEqual(self.dbx.check_user("hello").result, "hello")

    # Upload and download

    def test_upload_download(self):
        content = os.urandom(1 << 20)
        when = datetime.datetime(2020, 2, 29, 12, 30, 15)
        made = self.dbx.files_upload(content, "/Größe/😀 ü.bin", client_modified=when, mute=True)
        self.assertIsInstance(made, files.FileMetadata)
        self.assertEqual(made.client_modified.replace(tzinfo=None), when)
        self.assertEqual(made.size, len(content))
        self.assertEqual(len(made.content_hash), 64)
        found, answer = self.dbx.files_download(made.id)
        self.assertEqual(answer.content, content)
        self.assertEqual(found.name, "😀 ü.bin")
        self.assertEqual(found.path_display, "/Größe/😀 ü.bin")
        _, answer = self.dbx.files_download("rev:" + made.rev)
        self.assertEqual(answer.content, content)

    def test_empty_file(self):
        made = self.dbx.files_upload(b"", "/empty")
        self.assertEqual(made.size, 0)
        self.assertTrue(made.content_hash.startswith("e3b0c442"))

    def test_write_modes(self):
        one = self.dbx.files_upload(b"one", "/a.txt")
        self.assertEqual(self.dbx.files_upload(b"one", "/a.txt").rev, one.rev)
        error = self.refused(self.dbx.files_upload, b"two", "/a.txt")
        self.assertTrue(error.is_path())
        failed = error.get_path()
        self.assertIsInstance(failed, files.UploadWriteFailed)
        self.assertTrue(failed.reason.get_conflict().is_file())
        retried = self.dbx.files_upload_session_finish(
            b"", files.UploadSessionCursor(failed.upload_session_id, 3), files.CommitInfo("/b.txt")
        )
        self.assertEqual(retried.size, 3)
        error = self.refused(self.dbx.files_upload, b"one", "/a.txt", strict_conflict=True)
        self.assertTrue(error.get_path().reason.is_conflict())
        update = files.WriteMode.update(one.rev)
        two = self.dbx.files_upload(b"two", "/a.txt", mode=update, strict_conflict=True)
        self.assertEqual(two.id, one.id)
        error = self.refused(self.dbx.files_upload, b"three", "/a.txt", mode=update)
        self.assertTrue(error.get_path().reason.get_conflict().is_file())
        copy = self.dbx.files_upload(b"three", "/a.txt", mode=update, autorename=True)
        self.assertEqual(copy.name, "a (conflicted copy).txt")
        self.assertEqual(self.dbx.files_upload(b"4", "/a.txt", mode=files.WriteMode.overwrite).id, one.id)

    def test_refused_names(self):
        for path in ["/a\\b", "/a ", "/x//y", "/" + "x" * 256]:
            error = self.refused(self.dbx.files_upload, b"", path)
            self.assertTrue(error.get_path().reason.is_malformed_path(), path)
        for path in ["/Thumbs.db", "/.ds_store"]:
            error = self.refused(self.dbx.files_upload, b"", path)
            self.assertTrue(error.get_path().reason.is_disallowed_name(), path)
        self.reset(variants={"malformed-path-null": True})
        self.assertTrue(self.refused(self.dbx.files_upload, b"", "/a\\b").get_path().reason.is_malformed_path())

    def test_hash_mismatch_and_space(self):
        error = self.refused(self.dbx.files_upload, b"x", "/a", content_hash="0" * 64)
        self.assertTrue(error.is_content_hash_mismatch())
        self.reset(quota_bytes=3)
        error = self.refused(self.dbx.files_upload, b"1234", "/a")
        self.assertTrue(error.get_path().reason.is_insufficient_space())

    def test_download_refusals(self):
        self.dbx.files_create_folder_v2("/A")
        self.assertTrue(self.refused(self.dbx.files_download, "/A").get_path().is_not_file())
        self.assertTrue(self.refused(self.dbx.files_download, "/x").get_path().is_not_found())

    # Sessions

    def test_sequential_session(self):
        start = self.dbx.files_upload_session_start(b"12345")
        cursor = files.UploadSessionCursor(start.session_id, 5)
        self.assertIsNone(self.dbx.files_upload_session_append_v2(b"678", cursor))
        error = self.refused(self.dbx.files_upload_session_append_v2, b"678", cursor)
        self.assertEqual(error.get_incorrect_offset().correct_offset, 8)
        commit = files.CommitInfo("/s.txt", mode=files.WriteMode.add, strict_conflict=True)
        error = self.refused(self.dbx.files_upload_session_finish, b"9", cursor, commit)
        self.assertEqual(error.get_lookup_failed().get_incorrect_offset().correct_offset, 8)
        made = self.dbx.files_upload_session_finish(b"9", files.UploadSessionCursor(start.session_id, 8), commit)
        self.assertEqual(made.size, 9)
        error = self.refused(
            self.dbx.files_upload_session_append_v2, b"", files.UploadSessionCursor("nothing", 0)
        )
        self.assertTrue(error.is_not_found())
        closed = self.dbx.files_upload_session_start(b"1", close=True)
        error = self.refused(
            self.dbx.files_upload_session_append_v2, b"2", files.UploadSessionCursor(closed.session_id, 1)
        )
        self.assertTrue(error.is_closed())

    def test_finish_conflict_is_nested(self):
        self.dbx.files_upload(b"there", "/a")
        start = self.dbx.files_upload_session_start(b"new")
        error = self.refused(
            self.dbx.files_upload_session_finish,
            b"",
            files.UploadSessionCursor(start.session_id, 3),
            files.CommitInfo("/a"),
        )
        self.assertTrue(error.get_path().get_conflict().is_file())

    def test_concurrent_session(self):
        part = 4 << 20
        kind = files.UploadSessionType.concurrent
        error = self.refused(self.dbx.files_upload_session_start, b"x", session_type=kind)
        self.assertTrue(error.is_concurrent_session_data_not_allowed())
        error = self.refused(self.dbx.files_upload_session_start, b"", close=True, session_type=kind)
        self.assertTrue(error.is_concurrent_session_close_not_allowed())
        session = self.dbx.files_upload_session_start(b"", session_type=kind).session_id
        append = self.dbx.files_upload_session_append_v2
        error = self.refused(append, b"x" * part, files.UploadSessionCursor(session, 1))
        self.assertTrue(error.is_concurrent_session_invalid_offset())
        error = self.refused(append, b"x", files.UploadSessionCursor(session, 0))
        self.assertTrue(error.is_concurrent_session_invalid_data_size())
        finish = [b"", files.UploadSessionCursor(session, part + 1), files.CommitInfo("/parts")]
        self.assertTrue(self.refused(self.dbx.files_upload_session_finish, *finish).is_concurrent_session_not_closed())
        append(b"y", files.UploadSessionCursor(session, part), close=True)
        self.assertTrue(
            self.refused(self.dbx.files_upload_session_finish, *finish).is_concurrent_session_missing_data()
        )
        append(b"x" * part, files.UploadSessionCursor(session, 0))
        self.assertEqual(self.dbx.files_upload_session_finish(*finish).size, part + 1)

    def test_finish_batch(self):
        def entry(content, path, close=True):
            start = self.dbx.files_upload_session_start(content, close=close)
            cursor = files.UploadSessionCursor(start.session_id, len(content))
            return files.UploadSessionFinishArg(cursor, files.CommitInfo(path))

        self.dbx.files_upload(b"there", "/there")
        entries = [entry(b"1", "/1"), entry(b"x", "/there"), entry(b"2", "/2", close=False)]
        result = self.dbx.files_upload_session_finish_batch_v2(entries).entries
        self.assertIsInstance(result[0].get_success(), files.FileMetadata)
        self.assertTrue(result[1].get_failure().get_path().get_conflict().is_file())
        self.assertTrue(result[2].get_failure().get_lookup_failed().is_not_closed())
        launch = self.dbx.files_upload_session_finish_batch([entry(b"3", "/3")])
        self.assertEqual(launch.get_complete().entries[0].get_success().name, "3")
        ids = self.dbx.files_upload_session_start_batch(3).session_ids
        self.assertEqual(len(set(ids)), 3)

    # Listing

    def test_list_folder(self):
        for n in range(12):
            self.dbx.files_upload(b"%d" % n, f"/A/{n}")
        page = self.dbx.files_list_folder("", recursive=True, limit=5)
        entries = page.entries
        while page.has_more:
            page = self.dbx.files_list_folder_continue(page.cursor)
            entries += page.entries
        self.assertEqual(sum(isinstance(e, files.FileMetadata) for e in entries), 12)
        self.assertEqual(sum(isinstance(e, files.FolderMetadata) for e in entries), 1)
        self.dbx.files_delete_v2("/A")
        page = self.dbx.files_list_folder_continue(page.cursor)
        self.assertIsInstance(page.entries[0], files.DeletedMetadata)
        self.assertEqual(page.entries[0].path_lower, "/a")
        gone = self.dbx.files_list_folder("", include_deleted=True)
        self.assertIsInstance(gone.entries[0], files.DeletedMetadata)

    def test_list_folder_refusals(self):
        self.assertTrue(self.refused(self.dbx.files_list_folder, "/x").get_path().is_not_found())
        self.dbx.files_upload(b"", "/f")
        self.assertTrue(self.refused(self.dbx.files_list_folder, "/f").get_path().is_not_folder())
        cursor = self.dbx.files_list_folder("").cursor
        self.fault("cursor_reset", "list_folder/continue")
        self.assertTrue(self.refused(self.dbx.files_list_folder_continue, cursor).is_reset())
        with self.assertRaises(BadInputError):
            self.dbx.files_list_folder("/")

    def test_longpoll(self):
        cursor = self.dbx.files_list_folder_get_latest_cursor("", recursive=True).cursor
        self.dbx.files_upload(b"", "/a")
        answer = self.client("unused").files_list_folder_longpoll(cursor)
        self.assertTrue(answer.changes)
        self.assertIsNone(answer.backoff)
        self.reset(variants={"longpoll-backoff": True})
        cursor = self.dbx.files_list_folder_get_latest_cursor("", recursive=True).cursor
        self.dbx.files_upload(b"", "/a")
        self.assertEqual(self.dbx.files_list_folder_longpoll(cursor).backoff, 60)

    def test_metadata(self):
        made = self.dbx.files_upload(b"x", "/A/x")
        self.assertEqual(self.dbx.files_get_metadata("/a/X").id, made.id)
        self.assertIsInstance(self.dbx.files_get_metadata("/A"), files.FolderMetadata)
        self.assertTrue(self.refused(self.dbx.files_get_metadata, "/no").get_path().is_not_found())
        with self.assertRaises(BadInputError):
            self.dbx.files_get_metadata("/")

    # Folders, moves, deletes

    def test_create_folder(self):
        made = self.dbx.files_create_folder_v2("/A/B").metadata
        self.assertIsInstance(made, files.FolderMetadata)
        error = self.refused(self.dbx.files_create_folder_v2, "/a/b")
        self.assertTrue(error.get_path().get_conflict().is_folder())
        self.assertEqual(self.dbx.files_create_folder_v2("/a/b", autorename=True).metadata.name, "b (1)")
        batch = self.dbx.files_create_folder_batch(["/c", "/A/B", "/c"]).get_complete().entries
        self.assertEqual(len(batch), 2)
        self.assertEqual(batch[0].get_success().metadata.name, "c")
        self.assertTrue(batch[1].get_failure().get_path().get_conflict().is_folder())
        job = self.dbx.files_create_folder_batch(["/d"], force_async=True).get_async_job_id()
        self.assertTrue(self.dbx.files_create_folder_batch_check(job).is_in_progress())
        control("POST", "clock/advance", {"seconds": 1})
        self.assertTrue(self.dbx.files_create_folder_batch_check(job).is_complete())
        self.assertTrue(self.refused(self.dbx.files_create_folder_batch_check, "x").is_invalid_async_job_id())

    def test_delete(self):
        made = self.dbx.files_upload(b"x", "/A/x")
        error = self.refused(self.dbx.files_delete_v2, "/A/x", parent_rev="0123456789abcdef")
        self.assertTrue(error.get_path_write().get_conflict().is_file())
        self.assertEqual(self.dbx.files_delete_v2(made.id, parent_rev=made.rev).metadata.id, made.id)
        self.assertTrue(self.refused(self.dbx.files_delete_v2, "/A/x").get_path_lookup().is_not_found())
        entries = [files.DeleteArg("/A"), files.DeleteArg("/A")]
        batch = self.dbx.files_delete_batch(entries).get_complete().entries
        self.assertIsInstance(batch[0].get_success().metadata, files.FolderMetadata)
        self.assertTrue(batch[1].get_failure().get_path_lookup().is_not_found())

    def test_move_and_copy(self):
        made = self.dbx.files_upload(b"x", "/A/x")
        moved = self.dbx.files_move_v2(made.id, "/B/y").metadata
        self.assertEqual((moved.id, moved.path_display), (made.id, "/B/y"))
        copied = self.dbx.files_copy_v2("/B", "/C").metadata
        self.assertIsInstance(copied, files.FolderMetadata)
        self.assertEqual(self.dbx.files_get_metadata("/C/y").content_hash, made.content_hash)
        error = self.refused(self.dbx.files_move_v2, "/B/y", "/C/y")
        self.assertTrue(error.get_to().get_conflict().is_file())
        self.assertTrue(self.refused(self.dbx.files_move_v2, "/no", "/D").get_from_lookup().is_not_found())
        self.assertTrue(self.refused(self.dbx.files_move_v2, "/B", "/B/x").is_cant_move_folder_into_itself())
        entries = [files.RelocationPath("/B/y", "/E/z"), files.RelocationPath("/no", "/F")]
        batch = self.dbx.files_move_batch_v2(entries).get_complete().entries
        self.assertEqual(batch[0].get_success().path_lower, "/e/z")
        self.assertTrue(batch[1].get_failure().get_relocation_error().get_from_lookup().is_not_found())

    def test_revisions(self):
        one = self.dbx.files_upload(b"one", "/a")
        two = self.dbx.files_upload(b"two", "/a", mode=files.WriteMode.overwrite)
        listed = self.dbx.files_list_revisions("/a")
        self.assertEqual([entry.rev for entry in listed.entries], [two.rev, one.rev])
        self.assertFalse(listed.is_deleted)
        self.dbx.files_delete_v2("/a")
        listed = self.dbx.files_list_revisions("/a")
        self.assertTrue(listed.is_deleted)
        self.assertIsInstance(listed.server_deleted, datetime.datetime)
        self.assertEqual(self.dbx.files_restore("/a", one.rev).content_hash, one.content_hash)
        self.assertTrue(self.refused(self.dbx.files_restore, "/a", "0123456789").is_invalid_revision())
        self.assertTrue(self.refused(self.dbx.files_list_revisions, "/no").get_path().is_not_found())

    # Tokens, limits, faults

    def test_tokens(self):
        with self.assertRaises(AuthError) as caught:
            self.client("sl.unknown").files_list_folder("")
        self.assertTrue(caught.exception.error.is_invalid_access_token())
        few = json.loads(control("POST", "tokens", {"scopes": ["account_info.read"]}))["dropbox"]["access_token"]
        with self.assertRaises(AuthError) as caught:
            self.client(few).files_list_folder("")
        self.assertEqual(caught.exception.error.get_missing_scope().required_scope, "files.metadata.read")
        control("POST", "clock/advance", {"seconds": 14401})
        with self.assertRaises(AuthError) as caught:
            self.dbx.files_list_folder("")
        self.assertTrue(caught.exception.error.is_expired_access_token())

    def test_refresh_and_revoke(self):
        client = self.client(oauth2_refresh_token=self.tokens["refresh_token"], app_key="sandbox-app-key")
        client.files_list_folder("")
        client.auth_token_revoke()
        with self.assertRaises(AuthError):
            client.files_list_folder("")
        again = self.client(oauth2_refresh_token=self.tokens["refresh_token"], app_key="sandbox-app-key")
        with self.assertRaises((AuthError, BadInputError)):
            again.files_list_folder("")

    def test_limits(self):
        self.fault({"status": {"status": 429, "retry_after": 7, "body": "json"}}, "list_folder")
        with self.assertRaises(RateLimitError) as caught:
            self.dbx.files_list_folder("")
        self.assertTrue(caught.exception.error.reason.is_too_many_requests())
        self.fault({"too_many_writes": "status429"}, "create_folder_v2")
        with self.assertRaises(RateLimitError) as caught:
            self.dbx.files_create_folder_v2("/a")
        self.assertTrue(caught.exception.error.reason.is_too_many_write_operations())
        self.fault({"too_many_writes": "error409"}, "files/upload", "dropbox_content")
        error = self.refused(self.dbx.files_upload, b"", "/a")
        self.assertTrue(error.get_path().reason.is_too_many_write_operations())
        self.fault({"too_many_writes": "batch_entries"}, "delete_batch")
        batch = self.dbx.files_delete_batch([files.DeleteArg("/a")]).get_complete().entries
        self.assertTrue(batch[0].get_failure().is_too_many_write_operations())

    def test_server_errors(self):
        self.fault({"server_error": {"status": 500, "acted": True}}, "create_folder_v2")
        with self.assertRaises(InternalServerError):
            self.dbx.files_create_folder_v2("/acted")
        self.assertEqual(self.dbx.files_get_metadata("/acted").name, "acted")


if __name__ == "__main__":
    unittest.main()
