//! The emulated CRM against its facts: paging, two-step upload, variants, limits, refusals.

#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

use serde_json::{json, Value};

use super::model::{date_time, parse_date_time, Kind, Subject};
use super::variants::CrmVariants;
use super::{Settings, Teamleader};
use crate::{Origin, Request, Response};

const NOW_MS: u64 = 1_764_000_000_000;

struct Crm {
    crm: Teamleader,
    token: String,
    now_ms: u64,
}

impl Crm {
    fn new(variants: &[(&str, &str)]) -> Crm {
        let mut settings = Settings::default();
        for (name, value) in variants {
            settings.variants.set(name, value).unwrap().unwrap();
        }
        Crm::with(settings)
    }

    fn with(settings: Settings) -> Crm {
        let mut crm = Teamleader::new(settings, 7);
        let (token, _) = crm.issue_token("anna", NOW_MS).unwrap();
        Crm { crm, token, now_ms: NOW_MS }
    }

    fn company(&mut self) -> Subject {
        self.crm.add_record(Kind::Company, "Pied Piper", NOW_MS)
    }

    fn send(
        &mut self,
        origin: Origin,
        target: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Response {
        let method = if body.is_empty() && origin == Origin::CrmFiles { "GET" } else { "POST" };
        self.send_as(method, origin, target, headers, body)
    }

    fn send_as(
        &mut self,
        method: &str,
        origin: Origin,
        target: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Response {
        let request = Request {
            origin,
            method: method.to_owned(),
            target: target.to_owned(),
            headers: headers.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect(),
            body: body.to_vec(),
        };
        self.crm.handle(&request, self.now_ms)
    }

    fn call(&mut self, endpoint: &str, body: &Value) -> (u16, Value) {
        let bearer = format!("Bearer {}", self.token);
        let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
        let response = self.send(
            Origin::CrmApi,
            &format!("/{endpoint}"),
            &headers,
            body.to_string().as_bytes(),
        );
        (response.status, serde_json::from_slice(&response.body).unwrap_or(Value::Null))
    }

    fn location(&mut self, endpoint: &str, body: &Value) -> String {
        let (status, answer) = self.call(endpoint, body);
        assert_eq!(status, 200, "{answer}");
        let location = answer["data"]["location"].as_str().unwrap().to_owned();
        location.strip_prefix("http://127.0.0.1:7402").unwrap().to_owned()
    }

    fn upload(
        &mut self,
        subject: &Subject,
        folder: Option<&str>,
        name: &str,
        bytes: &[u8],
    ) -> Response {
        let mut body =
            json!({ "name": name, "subject": { "type": subject.kind.name(), "id": subject.id } });
        if let Some(folder) = folder {
            body["folder"] = folder.into();
        }
        let location = self.location("files.upload", &body);
        let headers = [("content-type", "application/octet-stream")];
        self.send_as("POST", Origin::CrmFiles, &location, &headers, bytes)
    }

    fn list(&mut self, subject: &Subject, page: Value) -> Vec<Value> {
        let body = json!({ "filter": { "subject": { "type": subject.kind.name(), "id": subject.id } }, "page": page });
        let (status, answer) = self.call("files.list", &body);
        assert_eq!(status, 200, "{answer}");
        answer["data"].as_array().unwrap().clone()
    }
}

#[test]
fn pages_hold_twenty_rows_unless_told_and_a_hundred_at_most() {
    let mut crm = Crm::new(&[]);
    let company = crm.company();
    for at in 0..130 {
        crm.crm.user_add(&company, "", &format!("{at}.txt"), *b"x", NOW_MS + at * 1000);
    }
    assert_eq!(crm.list(&company, Value::Null).len(), 20);
    assert_eq!(crm.list(&company, json!({ "size": 500 })).len(), 100);
    assert_eq!(crm.list(&company, json!({ "size": 100, "number": 2 })).len(), 30);
    assert_eq!(crm.list(&company, json!({ "size": 100, "number": 3 })).len(), 0);
    assert_eq!(crm.list(&company, Value::Null)[0]["name"], "129.txt");
    let (status, _) = crm.call("files.list", &json!({ "filter": { "subject": { "type": "company", "id": company.id } }, "page": { "number": 0 } }));
    assert_eq!(status, 400);
}

#[test]
fn an_upload_takes_two_steps_and_a_download_needs_no_token() {
    let mut crm = Crm::new(&[]);
    let company = crm.company();
    let answer = crm.upload(&company, None, "note.txt", b"hello");
    assert_eq!(answer.status, 201);
    let id = serde_json::from_slice::<Value>(&answer.body).unwrap()["data"]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let rows = crm.list(&company, Value::Null);
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0]["id"], id.as_str());
    assert_eq!(rows[0]["folder"], "General");
    assert_eq!(rows[0]["size"], 5);
    assert_eq!(rows[0]["mime_type"], "text/plain");
    assert_eq!(rows[0]["updated_at"], date_time(NOW_MS / 1000));
    let location = crm.location("files.download", &json!({ "id": id }));
    let got = crm.send(Origin::CrmFiles, &location, &[], b"");
    assert_eq!((got.status, got.body.as_slice()), (200, b"hello".as_slice()));
    let leaked = crm.send(Origin::CrmFiles, &location, &[("authorization", "Bearer x")], b"");
    assert_eq!(leaked.status, 400);
}

#[test]
fn step_two_refuses_forms_repeats_and_late_comers() {
    let mut crm = Crm::new(&[]);
    let company = crm.company();
    let body = json!({ "name": "a.txt", "subject": { "type": "company", "id": company.id } });
    let location = crm.location("files.upload", &body);
    let form = [("content-type", "multipart/form-data; boundary=x")];
    assert_eq!(crm.send(Origin::CrmFiles, &location, &form, b"--x").status, 400);
    assert_eq!(crm.send(Origin::CrmFiles, &location, &[], b"a").status, 201);
    assert_eq!(crm.send(Origin::CrmFiles, &location, &[], b"a").status, 404);
    let late = crm.location("files.upload", &body);
    crm.now_ms += 901_000;
    assert_eq!(crm.send(Origin::CrmFiles, &late, &[], b"a").status, 403);
    assert_eq!(crm.list(&company, Value::Null).len(), 1);
}

#[test]
fn a_download_address_expires_and_dies_with_its_document() {
    let mut crm = Crm::new(&[("link-seconds", "60")]);
    let company = crm.company();
    let id = crm.crm.user_add(&company, "", "a.txt", *b"a", NOW_MS).unwrap();
    let first = crm.location("files.download", &json!({ "id": id }));
    crm.now_ms += 59_000;
    assert_eq!(crm.send(Origin::CrmFiles, &first, &[], b"").status, 200);
    crm.now_ms += 1_000;
    assert_eq!(crm.send(Origin::CrmFiles, &first, &[], b"").status, 403);
    let second = crm.location("files.download", &json!({ "id": id }));
    assert_eq!(crm.call("files.delete", &json!({ "id": id })), (204, Value::Null));
    assert_eq!(crm.send(Origin::CrmFiles, &second, &[], b"").status, 404);
    assert_eq!(crm.call("files.info", &json!({ "id": id })).0, 404);
}

#[test]
fn variant_same_name_upload() {
    for (value, count) in [("second-document", 2), ("new-version", 1)] {
        let mut crm = Crm::new(&[("same-name-upload", value)]);
        let company = crm.company();
        crm.upload(&company, None, "a.txt", b"one");
        let before = crm.list(&company, Value::Null)[0].clone();
        crm.upload(&company, None, "a.txt", b"second");
        let rows = crm.list(&company, Value::Null);
        assert_eq!(rows.len(), count);
        if count == 1 {
            assert_eq!(rows[0]["id"], before["id"]);
            assert_eq!(rows[0]["size"], 6);
            assert!(rows[0]["updated_at"].as_str() > before["updated_at"].as_str());
        }
    }
}

#[test]
fn variants_of_folder_answer_and_empty_bodies() {
    let mut crm = Crm::new(&[
        ("folder-slash", "refused"),
        ("upload-answer", "empty"),
        ("empty-upload", "refused"),
    ]);
    let company = crm.company();
    let body =
        json!({ "name": "a", "folder": "x/y", "subject": { "type": "company", "id": company.id } });
    let (status, answer) = crm.call("files.upload", &body);
    assert_eq!((status, &answer["errors"][0]["meta"]["field"]), (400, &json!("folder")));
    let done = crm.upload(&company, Some("x"), "a", b"1");
    assert_eq!((done.status, done.body.len()), (204, 0));
    assert_eq!(crm.upload(&company, Some("x"), "b", b"").status, 400);
    let mut crm = Crm::new(&[]);
    let company = crm.company();
    assert_eq!(crm.upload(&company, Some("x/y"), "b", b"").status, 201);
    assert_eq!(crm.list(&company, Value::Null)[0]["folder"], "x/y");
}

#[test]
fn every_variant_is_set_and_read_back_by_name() {
    let mut variants = CrmVariants::default();
    for (name, values) in CrmVariants::ALL {
        assert_eq!(variants.value(name).unwrap(), values[0], "{name}");
        for value in values {
            variants.set(name, value).unwrap().unwrap();
            assert_eq!(variants.value(name).unwrap(), *value);
        }
        assert!(variants.set(name, "nonsense").unwrap().is_err());
    }
    assert!(variants.set("nothing", "x").is_none());
    assert_eq!(CrmVariants::draw(5), CrmVariants::draw(5));
    assert!((0..40).any(|seed| CrmVariants::draw(seed) != CrmVariants::draw(5)));
}

#[test]
fn the_published_schema_takes_three_kinds_only() {
    for strict in [false, true] {
        let mut crm = Crm::with(Settings { strict_public_api: strict, ..Settings::default() });
        for kind in Kind::ALL {
            let subject = crm.crm.add_record(kind, "A b", NOW_MS);
            let body = json!({ "name": "a", "subject": { "type": kind.name(), "id": subject.id } });
            let expect = if strict && !kind.upload_is_documented() { 400 } else { 200 };
            assert_eq!(crm.call("files.upload", &body).0, expect, "{kind:?}");
        }
    }
}

#[test]
fn two_hundred_requests_fit_in_a_sliding_minute() {
    let mut crm = Crm::with(Settings { rate_limits: true, ..Settings::default() });
    for at in 0..200 {
        crm.now_ms = NOW_MS + at * 100;
        assert_eq!(crm.call("users.me", &json!({})).0, 200);
    }
    assert_eq!(crm.call("users.me", &json!({})).0, 429);
    crm.now_ms = NOW_MS + 59_999;
    assert_eq!(crm.call("users.me", &json!({})).0, 429);
    crm.now_ms = NOW_MS + 60_000;
    let (status, _) = crm.call("users.me", &json!({}));
    assert_eq!(status, 200);
    assert_eq!(crm.call("users.me", &json!({})).0, 429);
}

#[test]
fn tokens_expire_and_errors_have_the_documented_shape() {
    let mut crm = Crm::new(&[]);
    crm.now_ms += 3_600_000;
    let (status, answer) = crm.call("users.me", &json!({}));
    assert_eq!((status, &answer["errors"][0]["status"]), (401, &json!(401)));
    let mut crm = Crm::new(&[("error-body", "title-only")]);
    let (status, answer) = crm.call("files.info", &json!({ "id": "x" }));
    assert_eq!((status, answer), (404, json!({ "errors": [{ "title": "file not found" }] })));
    assert_eq!(crm.call("files.rename", &json!({})).0, 404);
}

#[test]
fn forbidden_and_deleted_records() {
    let mut crm = Crm::new(&[]);
    let company = crm.company();
    let id = crm.crm.user_add(&company, "", "a", *b"a", NOW_MS).unwrap();
    let list = json!({ "filter": { "subject": { "type": "company", "id": company.id } } });
    crm.crm.forbid_record(&company, true);
    assert_eq!(crm.call("files.list", &list).0, 403);
    assert_eq!(crm.call("files.info", &json!({ "id": id })).0, 403);
    assert_eq!(crm.call("companies.info", &json!({ "id": company.id })).0, 403);
    crm.crm.forbid_record(&company, false);
    assert_eq!(crm.call("files.list", &list).0, 200);
    crm.crm.delete_record(&company);
    assert_eq!(crm.call("files.list", &list).0, 404);
    assert_eq!(crm.call("files.info", &json!({ "id": id })).0, 404);
    crm.crm.settings.variants.set("deleted-subject", "empty-list").unwrap().unwrap();
    assert_eq!(crm.call("files.list", &list), (200, json!({ "data": [] })));
}

#[test]
fn edits_on_the_pages_keep_the_id_or_make_a_new_one() {
    for value in ["same-id", "new-id"] {
        let mut crm = Crm::new(&[("crm-edit", value), ("crm-rename", value)]);
        let company = crm.company();
        let id = crm.crm.user_add(&company, "", "a", *b"a", NOW_MS).unwrap();
        let edited = crm.crm.user_edit(&id, *b"bb", NOW_MS).unwrap();
        let renamed = crm.crm.user_rename(&edited, "b", NOW_MS).unwrap();
        let moved = crm.crm.user_move(&renamed, "Deep/er", NOW_MS).unwrap();
        assert_eq!(id == edited && edited == renamed && renamed == moved, value == "same-id");
        let documents = crm.crm.documents(&company);
        assert_eq!(documents.len(), 1);
        assert_eq!((documents[0].name.as_str(), documents[0].folder.as_str()), ("b", "Deep/er"));
        assert_eq!(documents[0].updated_s, NOW_MS / 1000 + 3);
        assert!(crm.crm.user_delete(&moved) && !crm.crm.user_delete(&moved));
    }
}

#[test]
fn lists_filter_by_ids_term_and_change() {
    let mut crm = Crm::new(&[]);
    let a = crm.crm.add_record(Kind::Company, "Alpha", NOW_MS);
    crm.crm.add_record(Kind::Company, "Beta", NOW_MS + 60_000);
    let names = |crm: &mut Crm, filter: Value| -> Vec<String> {
        let (_, answer) = crm.call("companies.list", &json!({ "filter": filter }));
        let rows = answer["data"].as_array().unwrap();
        rows.iter().map(|r| r["name"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names(&mut crm, json!({ "ids": [a.id] })), ["Alpha"]);
    assert_eq!(names(&mut crm, json!({ "term": "BET" })), ["Beta"]);
    assert_eq!(names(&mut crm, json!({ "unknown": 1 })).len(), 2);
    let since = date_time(NOW_MS / 1000 + 30);
    assert_eq!(names(&mut crm, json!({ "updated_since": since })), ["Beta"]);
    let zulu = json!({ "filter": { "updated_since": "2026-01-01T00:00:00Z" } });
    assert_eq!(crm.call("companies.list", &zulu).0, 400);
    let number = crm.crm.record(&a).unwrap().number;
    let (_, migrated) = crm.call("migrate.id", &json!({ "type": "company", "id": number }));
    assert_eq!(migrated["data"]["id"], a.id.as_str());
}

#[test]
fn date_times_read_back() {
    for seconds in [0, 951_782_399, 951_782_400, 1_764_000_000, 4_107_542_400] {
        assert_eq!(parse_date_time(&date_time(seconds)), Some(seconds));
    }
    assert_eq!(date_time(1_550_000_000), "2019-02-12T19:33:20+00:00");
}

#[test]
fn the_sample_has_documents_in_every_module_and_the_same_ids_every_time() {
    let mut one = Teamleader::new(Settings::default(), 1);
    one.load_sample(NOW_MS);
    let mut two = Teamleader::new(Settings::default(), 1);
    two.load_sample(NOW_MS);
    assert_eq!(one.state(), two.state());
    for kind in Kind::ALL {
        let mut of_kind = one.records().filter(|r| r.subject.kind == kind);
        assert!(of_kind.any(|r| !one.documents(&r.subject).is_empty()), "{kind:?}");
    }
    assert!(one.records().any(|r| one.documents(&r.subject).is_empty()));
}

#[test]
fn state_tells_content_hashes_of_what_was_seeded() {
    let mut crm = Teamleader::new(Settings::default(), 1);
    let seed = json!({ "records": [{ "kind": "company", "id": "c-1", "name": "Seed", "documents": [
        { "name": "a", "text": "a" }, { "name": "b", "base64": "YQ==" }, { "name": "c", "size": 3 },
    ] }] });
    crm.seed(&seed, NOW_MS).unwrap();
    let state = crm.state();
    let documents = &state["records"][0]["documents"];
    let hash_of_a = "bf5d3affb73efd2ec6c36ad3112dd933efed63c4e1cbffcfa88e2759c144f2d8";
    assert_eq!(documents[0]["content_hash"], hash_of_a);
    assert_eq!(documents[1]["content_hash"], hash_of_a);
    assert_eq!(documents[2]["size"], 3);
    assert!(crm.seed(&json!({ "records": [{ "kind": "deal" }] }), NOW_MS).is_err());
}

#[test]
fn the_pages_sign_in_with_a_cookie_and_hand_out_tokens() {
    let mut crm = Crm::new(&[]);
    let anna = crm.crm.users()[0].id.clone();
    assert_eq!(crm.send(Origin::Crm, "/app/token", &[], b"").status, 401);
    let body = json!({ "user": anna }).to_string();
    let answer = crm.send(Origin::Crm, "/app/session", &[], body.as_bytes());
    let cookie = answer.headers.iter().find(|(n, _)| n == "set-cookie").unwrap().1.clone();
    let cookie = cookie.split(';').next().unwrap().to_owned();
    let answer = crm.send(Origin::Crm, "/app/token", &[("cookie", &cookie)], b"");
    let token: Value = serde_json::from_slice(&answer.body).unwrap();
    crm.token = token["access_token"].as_str().unwrap().to_owned();
    assert_eq!(crm.call("users.me", &json!({})).1["data"]["id"], anna.as_str());
    let page = crm.send_as("GET", Origin::Crm, "/companies/x", &[], b"");
    assert_eq!(page.status, 200);
    // Without a plugin, pages ask nobody but their own server.
    let policy = page.header("content-security-policy").unwrap();
    assert!(policy.contains("connect-src 'self' ") && !policy.contains("127.0.0.1"), "{policy}");
    assert_eq!(crm.send_as("GET", Origin::Crm, "/plugin/../Cargo.toml", &[], b"").status, 404);
}
