//! Dropbox's client against the sandbox's Dropbox: every step the sync takes, with the documented faults.
#![allow(clippy::unwrap_used, reason = "a test that cannot set up its world has failed")]

mod support;

use sandbox::{Effect, Fault, Options, Origin, TooManyWritesForm};
use serde_json::json;
use std::future::Future;
use std::rc::Rc;
use support::ports::{content_hash, Content, WorldPorts};
use support::scene::Scene;
use support::store::MemoryStore;
use support::told;
use sync_core::{
    Commit, Cursor, Delete, Entry, Failure, FileEntry, FileWrite, Move, Reason, Revision, Side,
    Staged, WriteMode,
};
use teamleader_dropbox::dropbox::Dropbox;

type Client = Rc<Dropbox<WorldPorts>>;

/// A connected client in a world.
struct Bench {
    scene: Scene,
    client: Client,
}

impl Bench {
    fn new() -> Self {
        Self::with(Options::default())
    }

    fn with(options: Options) -> Self {
        let scene = Scene::new(options, None);
        let tab = scene.tab(&MemoryStore::default(), "anna", 1);
        scene.connect(&tab, 0);
        let client = Rc::new(scene.clients(&tab).0);
        Self { scene, client }
    }

    fn run<T, F: Future<Output = T>>(&mut self, act: impl FnOnce(Client) -> F) -> T {
        self.scene.executor.block_on(act(self.client.clone()))
    }

    fn fault(&self, path: &str, effect: Effect) {
        let fault = Fault { origin: None, ..Fault::new(Origin::DropboxApi, path, effect) };
        self.scene.world().plan_fault(fault);
    }

    fn stage(&mut self, bytes: &[u8]) -> Result<Staged, Failure> {
        let content = Content::from(bytes);
        let hash = content_hash(bytes);
        self.run(|client| async move { client.stage(&content, &hash).await })
    }

    fn commit(
        &mut self,
        staged: &Staged,
        path: &str,
        mode: WriteMode,
    ) -> Result<FileEntry, Failure> {
        self.write(FileWrite::Commit(Commit { staged: staged.clone(), path: path.into(), mode }))
    }

    fn write(&mut self, write: FileWrite) -> Result<FileEntry, Failure> {
        Ok(*self.try_write(write)?.expect("nothing is told of a delete alone"))
    }

    fn try_write(&mut self, write: FileWrite) -> Result<Option<Box<FileEntry>>, Failure> {
        self.run(|client| async move { client.write_files(&[write]).await }).unwrap().remove(0)
    }

    fn put(&mut self, path: &str, bytes: &[u8]) -> Result<FileEntry, Failure> {
        let staged = self.stage(bytes)?;
        self.commit(&staged, path, WriteMode::Add)
    }

    fn changes(&mut self, cursor: Option<Cursor>) -> Result<(Vec<Entry>, Cursor), Failure> {
        self.run(|client| async move { client.changes(cursor.as_ref()).await.map(told::changes) })
    }

    fn download(&mut self, file: &FileEntry, bytes: &[u8]) -> Result<Content, Failure> {
        let (rev, hash, size) = (file.rev.clone(), content_hash(bytes), bytes.len() as u64);
        self.run(|client| async move { client.download(&rev, size, &hash).await })
    }

    fn move_file(&mut self, file: &FileEntry, to: &str) -> Result<FileEntry, Failure> {
        self.write(FileWrite::Move(Move { id: file.id.clone(), to: to.into() }))
    }

    fn delete(&mut self, file: &FileEntry, rev: &Revision) -> Result<(), Failure> {
        let delete = Delete { id: file.id.clone(), rev: rev.clone() };
        self.try_write(FileWrite::Delete(delete)).map(|_| ())
    }

    /// What stands, by path, without the folders.
    fn paths(&self) -> Vec<String> {
        let tree = self.scene.world().dropbox.tree(0);
        tree.into_iter().filter(|(_, (_, hash))| hash.is_some()).map(|(path, _)| path).collect()
    }

    /// Nothing was asked that no correct client asks.
    fn check_log(&self) {
        let world = self.scene.world();
        let odd: Vec<_> = world.log.iter().filter(|entry| entry.unexpected.is_some()).collect();
        assert!(odd.is_empty(), "{odd:?}");
    }
}

#[test]
fn m2_contents_go_up_and_come_down_as_they_were() {
    let mut dropbox = Bench::new();
    let mut all = Vec::new();
    for (path, size) in [("/Ä b/😀.txt", 3), ("/empty", 0), ("/one", 1)] {
        let bytes = vec![b'a'; size];
        let file = dropbox.put(path, &bytes).unwrap();
        assert_eq!(file.hash, Some(content_hash(&bytes)));
        assert_eq!(&*dropbox.download(&file, &bytes).unwrap(), &bytes[..]);
        all.push(path.to_owned());
    }
    all.sort();
    assert_eq!(dropbox.paths(), all);
    dropbox.check_log();
}

#[test]
fn z2_blocks_of_four_mebibytes_and_their_neighbours() {
    let mut dropbox = Bench::new();
    for size in [4_194_303, 4_194_304, 4_194_305] {
        let bytes = vec![b'a'; size];
        let file = dropbox.put(&format!("/{size}"), &bytes).unwrap();
        assert_eq!((file.size_bytes, file.hash.clone()), (size as u64, Some(content_hash(&bytes))));
        assert!(dropbox.download(&file, &bytes).is_ok());
    }
    dropbox.check_log();
}

#[test]
fn f8_changes_come_in_order_from_where_the_cursor_stood() {
    let mut dropbox = Bench::new();
    dropbox.put("/a/one.txt", b"1").unwrap();
    let (entries, cursor) = dropbox.changes(None).unwrap();
    assert_eq!(entries.iter().filter(|entry| matches!(entry, Entry::File(_))).count(), 1);
    let (entries, cursor) = dropbox.changes(Some(cursor)).unwrap();
    assert!(entries.is_empty());
    dropbox.scene.world().with_dropbox(|dropbox, ctx| dropbox.user_delete(ctx, 0, "/a")).unwrap();
    let (entries, _) = dropbox.changes(Some(cursor)).unwrap();
    let gone = Entry::Deleted { path_lower: "/a".into() };
    assert!(entries.contains(&gone), "{entries:?}");
    dropbox.check_log();
}

#[test]
fn c8_a_reset_cursor_is_told() {
    let mut dropbox = Bench::new();
    let (_, cursor) = dropbox.changes(None).unwrap();
    dropbox.fault("list_folder/continue", Effect::CursorReset);
    assert_eq!(dropbox.changes(Some(cursor)).unwrap_err(), Failure::CursorReset);
    assert!(dropbox.changes(None).is_ok());
}

#[test]
fn m7_writes_are_conditional() {
    let mut dropbox = Bench::new();
    let first = dropbox.put("/a.txt", b"one").unwrap();
    assert_eq!(dropbox.put("/A.TXT", b"two").unwrap_err(), Failure::Conflict);
    assert_eq!(dropbox.put("/a.txt", b"one").unwrap_err(), Failure::Conflict, "even if equal");
    let staged = dropbox.stage(b"two").unwrap();
    let mode = WriteMode::Update(first.rev.clone());
    let second = dropbox.commit(&staged, first.id.as_str(), mode.clone()).unwrap();
    assert_eq!((&second.id, second.path_display.as_str()), (&first.id, "/a.txt"));
    let staged = dropbox.stage(b"three").unwrap();
    let late = dropbox.commit(&staged, first.id.as_str(), mode);
    assert_eq!(late.unwrap_err(), Failure::Conflict);
    assert_eq!(dropbox.delete(&first, &first.rev).unwrap_err(), Failure::Conflict);
    dropbox.delete(&first, &second.rev).unwrap();
    dropbox.delete(&first, &second.rev).unwrap();
    let staged = dropbox.stage(b"four").unwrap();
    let mode = WriteMode::Update(second.rev);
    let gone = dropbox.commit(&staged, "/a.txt", mode);
    assert_eq!(gone.unwrap_err(), Failure::Conflict, "a deleted target is one, too");
    assert!(dropbox.paths().is_empty());
    dropbox.check_log();
}

#[test]
fn r2_moves_keep_the_id_and_want_a_free_place() {
    let mut dropbox = Bench::new();
    let one = dropbox.put("/one.txt", b"1").unwrap();
    let two = dropbox.put("/two.txt", b"2").unwrap();
    let moved = dropbox.move_file(&one, "/deep/er/one.txt").unwrap();
    assert_eq!((&moved.id, moved.path_lower.as_str()), (&one.id, "/deep/er/one.txt"));
    assert_eq!(dropbox.move_file(&two, "/deep/er/one.txt").unwrap_err(), Failure::Conflict);
    dropbox.delete(&two, &two.rev).unwrap();
    assert_eq!(dropbox.move_file(&two, "/three.txt").unwrap_err(), Failure::NotFound);
    assert_eq!(dropbox.paths(), ["/deep/er/one.txt"]);
    dropbox.check_log();
}

#[test]
fn m5_a_copy_wants_a_free_place() {
    let mut dropbox = Bench::new();
    let one = dropbox.put("/one.txt", b"1").unwrap();
    let id = one.id.clone();
    let copy = |client: Client| async move { client.copy_file(&id, "/copy.txt").await };
    let copied = dropbox.run(copy.clone()).unwrap();
    assert!(copied.id != one.id && copied.hash == one.hash);
    assert_eq!(dropbox.run(copy).unwrap_err(), Failure::Conflict);
    dropbox.check_log();
}

#[test]
fn r10_folders_are_made_found_counted_and_moved() {
    let mut dropbox = Bench::new();
    let ensure = |client: Client| async move {
        client.ensure_folder("/Companies/A/1").await.map(told::folder)
    };
    let (made, existed) = dropbox.run(ensure).unwrap();
    assert!(!existed);
    assert_eq!(dropbox.run(ensure).unwrap(), (made.clone(), true));
    let count = |client: Client| async move {
        client.count_children("/companies/a").await.map(told::children)
    };
    assert_eq!(dropbox.run(count).unwrap(), 1);
    let inside = dropbox.put("/Companies/A/1/x.txt", b"x").unwrap();
    let id = made.id.to_string();
    let moved =
        dropbox
            .run(|client| async move {
                client.move_folder(&id, "/Companies/B/1").await.map(told::folder)
            })
            .unwrap()
            .0;
    assert_eq!((moved.id, moved.path.as_str()), (made.id, "/Companies/B/1"));
    let listed =
        |client: Client| async move { client.folder_tree("/Companies/B").await.map(told::changes) };
    let (entries, _) = dropbox.run(listed).unwrap();
    let file = entries.iter().find_map(|entry| match entry {
        Entry::File(file) => Some(file),
        _ => None,
    });
    assert_eq!(file.unwrap().id, inside.id);
    let gone = dropbox.run(|client| async move { client.folder_tree("/Nowhere").await });
    assert_eq!(gone.unwrap_err(), Failure::NotFound);
    dropbox.check_log();
}

#[test]
fn c5_every_write_recognises_itself_after_a_lost_answer() {
    let lost = [Effect::CutAfter, Effect::ServerError { status: 502, acted: true }];
    for effect in lost {
        let mut dropbox = Bench::new();
        dropbox.fault("upload_session/start", effect.clone());
        dropbox.fault("finish_batch_v2", effect.clone());
        let one = dropbox.put("/one.txt", b"1").unwrap();
        let staged = dropbox.stage(b"2").unwrap();
        dropbox.fault("finish_batch_v2", effect.clone());
        let mode = WriteMode::Update(one.rev.clone());
        let two = dropbox.commit(&staged, one.id.as_str(), mode).unwrap();
        assert!(two.id == one.id && two.rev != one.rev);
        dropbox.fault("move_batch_v2", effect.clone());
        let two = dropbox.move_file(&two, "/two.txt").unwrap();
        dropbox.fault("copy_v2", effect.clone());
        let id = two.id.clone();
        dropbox.run(|client| async move { client.copy_file(&id, "/copy.txt").await }).unwrap();
        dropbox.fault("create_folder_v2", effect.clone());
        let (folder, existed) = dropbox
            .run(|client| async move { client.ensure_folder("/F").await.map(told::folder) })
            .unwrap();
        assert!(existed, "our own counts as there before");
        dropbox.fault("move_v2", effect.clone());
        let id = folder.id.to_string();
        dropbox.run(|client| async move { client.move_folder(&id, "/G").await }).unwrap();
        dropbox.fault("delete_batch", effect.clone());
        dropbox.delete(&two, &two.rev).unwrap();
        assert_eq!(dropbox.paths(), ["/copy.txt"]);
    }
}

#[test]
fn c3_writers_in_the_way_are_waited_for_in_every_form() {
    use TooManyWritesForm::{BatchEntries, Error409, Status429};
    for form in [Status429, Error409, BatchEntries] {
        let mut dropbox = Bench::new();
        dropbox.fault("finish_batch_v2", Effect::TooManyWrites(form));
        let one = dropbox.put("/one.txt", b"1").unwrap();
        dropbox.fault("move_batch_v2", Effect::TooManyWrites(form));
        let one = dropbox.move_file(&one, "/two.txt").unwrap();
        dropbox.fault("delete_batch", Effect::TooManyWrites(form));
        dropbox.delete(&one, &one.rev).unwrap();
        assert!(dropbox.paths().is_empty(), "{form:?}");
    }
}

#[test]
fn c6_c7_expired_tokens_are_renewed_and_revoked_grants_told() {
    let mut dropbox = Bench::new();
    dropbox.fault("list_folder", Effect::ExpireToken);
    assert!(dropbox.changes(None).is_ok());
    dropbox.fault("upload_session/start", Effect::ExpireToken);
    assert!(dropbox.put("/a", b"a").is_ok());
    dropbox.fault("list_folder", Effect::RevokeGrant);
    let refused = dropbox.changes(None).unwrap_err();
    assert_eq!(refused, Failure::Unauthorized(Side::Dropbox));
}

#[test]
fn c9_damage_on_the_way_is_repeated_then_refused() {
    let mut dropbox = Bench::new();
    dropbox.fault("upload_session/start", Effect::BadHash);
    let file = dropbox.put("/a", b"abc").unwrap();
    for effect in [Effect::BadHash, Effect::TruncateBody, Effect::CutInBody] {
        dropbox.fault("files/download", effect);
        assert_eq!(&*dropbox.download(&file, b"abc").unwrap(), b"abc");
    }
    for path in ["files/download", "upload_session/start"] {
        let fault = Fault::new(Origin::DropboxContent, path, Effect::BadHash);
        dropbox.scene.world().plan_fault(Fault { times: 2, ..fault });
    }
    let damaged = Failure::Refused(Reason::Damaged);
    assert_eq!(dropbox.download(&file, b"abc").unwrap_err(), damaged);
    assert_eq!(dropbox.stage(b"abc").unwrap_err(), damaged);
}

#[test]
fn c11_a_full_dropbox_is_told_for_the_file_that_does_not_fit() {
    let options = Options { dropbox_quota_bytes: 10, ..Options::default() };
    let mut dropbox = Bench::with(options);
    dropbox.put("/small", b"12345").unwrap();
    assert_eq!(dropbox.put("/large", b"123456").unwrap_err(), Failure::OutOfSpace);
    assert!(dropbox.put("/small too", b"12345").is_ok());
    let space = dropbox.run(|client| async move { client.space().await }).unwrap();
    assert_eq!((space.used_bytes, space.allocated_bytes), (10, Some(10)));
}

#[test]
fn c12_restricted_content_is_told() {
    let mut dropbox = Bench::new();
    let file = dropbox.put("/a", b"abc").unwrap();
    let error = json!({ ".tag": "path", "path": { ".tag": "restricted_content" } });
    dropbox.fault("files/download", Effect::DropboxError(error));
    let refused = dropbox.download(&file, b"abc").unwrap_err();
    assert_eq!(refused, Failure::Refused(Reason::Restricted));
}

#[test]
fn n7_names_that_dropbox_refuses_cost_only_themselves() {
    let mut dropbox = Bench::new();
    let staged = dropbox.stage(b"x").unwrap();
    let names = ["/good.txt", "/thumbs.db", "/.DS_Store", "/back\\slash", "/trailing ", "/fine"];
    let mut commits = Vec::new();
    for name in names {
        let staged =
            if name == "/good.txt" { staged.clone() } else { dropbox.stage(b"x").unwrap() };
        let commit = Commit { staged, path: name.into(), mode: WriteMode::Add };
        commits.push(FileWrite::Commit(commit));
    }
    let done = dropbox.run(|client| async move { client.write_files(&commits).await }).unwrap();
    let name = Err(Failure::Refused(Reason::Name));
    let done: Vec<_> = done.into_iter().map(|result| result.map(|_| ())).collect();
    assert_eq!(done, [Ok(()), name, name, name, name, Ok(())]);
    assert_eq!(dropbox.paths(), ["/fine", "/good.txt"]);
}

#[test]
fn n6_names_come_back_in_normal_form() {
    let mut dropbox = Bench::new();
    let file = dropbox.put("/Mu\u{308}ller.txt", b"x").unwrap();
    assert_eq!(file.path_display, "/M\u{fc}ller.txt");
    assert_eq!(dropbox.put("/m\u{fc}ller.txt", b"y").unwrap_err(), Failure::Conflict);
}

#[test]
fn p3_longpoll_hears_a_change_and_says_so_when_there_is_none() {
    let mut dropbox = Bench::new();
    let (_, cursor) = dropbox.changes(None).unwrap();
    let begun_ms = dropbox.scene.now_ms();
    let still = cursor.clone();
    let heard = dropbox.run(|client| async move { client.longpoll(&still, 30).await }).unwrap();
    assert!(!heard.changes);
    assert!(dropbox.scene.now_ms() >= begun_ms + 30_000);
    let client = dropbox.client.clone();
    let heard = Rc::new(std::cell::Cell::new(false));
    let told = heard.clone();
    let listening = async move { told.set(client.longpoll(&cursor, 480).await.unwrap().changes) };
    dropbox.scene.executor.spawn(&support::power::Power::new(), listening);
    dropbox.scene.executor.run_for(1_000);
    dropbox.put("/new", b"n").unwrap();
    dropbox.scene.executor.run_for(1_000);
    assert!(heard.get());
    dropbox.check_log();
}

#[test]
fn z6_a_large_folder_is_listed_in_pages() {
    let mut dropbox = Bench::new();
    for index in 0..4_100 {
        let path = format!("/f/{index}");
        let mut world = dropbox.scene.world();
        world.with_dropbox(|dropbox, ctx| dropbox.user_put(ctx, 0, &path, b"x".to_vec())).unwrap();
    }
    let (entries, _) = dropbox.changes(None).unwrap();
    assert_eq!(entries.len(), 4_101);
    let world = dropbox.scene.world();
    let pages = world.log.iter().filter(|entry| entry.target.contains("list_folder")).count();
    assert!(pages <= 4, "{pages} pages");
}
