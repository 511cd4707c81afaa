//! List and info of the five modules, `users.me` and `migrate.id`.

use serde_json::{json, Map, Value};

use super::api::{Answer, Call, Refusal};
use super::files::migrated;
use super::model::{date_time, parse_date_time, Kind, Record, Subject};
use super::Teamleader;

impl Teamleader {
    pub(crate) fn records_list(&self, call: &Call, kind: Kind) -> Answer {
        let filter = &call.body["filter"];
        let ids: Option<Vec<&str>> =
            filter["ids"].as_array().map(|ids| ids.iter().filter_map(Value::as_str).collect());
        let term = filter["term"].as_str().map(str::to_lowercase);
        // New projects and meetings have no change marker: the filter is unknown there, and ignored.
        let since = match &filter["updated_since"] {
            Value::String(text) if !matches!(kind, Kind::NextgenProject | Kind::Meeting) => {
                let refusal = || {
                    Refusal::field("updated_since", "updated_since must be a date-time with +00:00")
                };
                Some(parse_date_time(text).ok_or_else(refusal)?)
            }
            _ => None,
        };
        let (number, size) = call.page()?;
        let mut records: Vec<&Record> = self
            .records
            .range(Subject::new(kind, "")..)
            .map(|(_, record)| record)
            .take_while(|record| record.subject.kind == kind)
            .filter(|record| !record.forbidden)
            .filter(|record| {
                ids.as_ref().is_none_or(|ids| ids.contains(&record.subject.id.as_str()))
            })
            .filter(|record| term.as_ref().is_none_or(|term| matches_term(record, term)))
            .filter(|record| since.is_none_or(|since| record.updated_s >= since))
            .collect();
        sort(&mut records, kind, &call.body["sort"][0]);
        let matches = records.len();
        let rows: Vec<Value> = records
            .into_iter()
            .skip(number.saturating_mul(size))
            .take(size)
            .map(|record| self.fields(call, record))
            .collect();
        let mut answer = json!({ "data": rows });
        let wants_meta = call.body["includes"].as_str().is_some_and(|i| i.contains("pagination"));
        if wants_meta && !matches!(kind, Kind::Company | Kind::Contact) {
            answer["meta"] = json!({
                "page": { "size": size, "number": number + 1 }, "matches": matches,
            });
        }
        Ok(Some(answer))
    }

    pub(crate) fn records_info(&self, call: &Call, kind: Kind) -> Answer {
        let subject = Subject::new(kind, call.text("id")?);
        self.permitted(&subject)?;
        let record = self.records.get(&subject);
        let record = record.ok_or_else(|| Refusal::not_found(kind.name()))?;
        Ok(Some(json!({ "data": self.fields(call, record) })))
    }

    pub(crate) fn users_me(&self, call: &Call) -> Answer {
        let user = call.user;
        Ok(Some(json!({ "data": {
            "id": user.id,
            "account": { "type": "account", "id": self.account_id },
            "first_name": user.first_name,
            "last_name": user.last_name,
            "email": user.email,
            "language": user.language,
            "function": "Sales",
            "time_zone": "Europe/Brussels",
            "preferences": { "invoicing": { "address": null } },
        } })))
    }

    pub(crate) fn migrate_id(&self, call: &Call) -> Answer {
        let kind = migrated(call.text("type")?)
            .ok_or_else(|| Refusal::field("type", "type is not supported"))?;
        let number = call.body["id"].as_u64();
        let number = number.ok_or_else(|| Refusal::field("id", "id must be an integer"))?;
        let record = self
            .records
            .values()
            .find(|r| r.subject.kind == kind && r.number == number)
            .ok_or_else(|| Refusal::not_found(kind.name()))?;
        Ok(Some(json!({ "data": { "type": kind.name(), "id": record.subject.id } })))
    }

    fn fields(&self, call: &Call, record: &Record) -> Value {
        let mut fields = Map::new();
        let mut put = |key: &str, value: Value| {
            fields.insert(key.to_owned(), value);
        };
        let id = &record.subject.id;
        put("id", id.as_str().into());
        let name = record.name.as_deref().map_or(Value::Null, Value::from);
        let added = Value::from(date_time(record.added_s));
        let updated = Value::from(date_time(record.updated_s));
        match record.subject.kind {
            Kind::Company => {
                put("name", name);
                put("status", "active".into());
                put("tags", json!([]));
                put("added_at", added);
                put("updated_at", updated);
                put(
                    "web_url",
                    format!("{}/company_detail.php?id={id}", self.base_url(call.request, 0)).into(),
                );
            }
            Kind::Contact => {
                put("first_name", record.first_name.as_str().into());
                put("last_name", name);
                put("status", "active".into());
                put("tags", json!([]));
                put("added_at", added);
                put("updated_at", updated);
                put(
                    "web_url",
                    format!("{}/contact_detail.php?id={id}", self.base_url(call.request, 0)).into(),
                );
            }
            Kind::Project => {
                put("reference", format!("PRO-{}", record.number).into());
                put("title", name);
                put("description", "".into());
                put("status", "active".into());
                put("created_at", added);
            }
            Kind::NextgenProject => {
                put("project_key", record.number.into());
                put("title", name);
                put("description", "".into());
                put("status", "open".into());
            }
            Kind::Meeting => {
                // The field was renamed with this version of the API.
                put(if call.version < "2023-09-26" { "name" } else { "title" }, name);
                put("description", "".into());
                put("created_at", added);
                put("scheduled_at", updated);
                put("duration", json!({ "unit": "min", "value": 60 }));
                put("status", "open".into());
            }
            Kind::Product => {
                put("name", name);
                put("description", Value::Null);
                put("code", Value::Null);
                put("added_at", added);
                put("updated_at", updated);
            }
        }
        fields.extend(record.details.clone());
        Value::Object(fields)
    }
}

/// By the first field asked for; one that the kind's endpoint does not document changes nothing.
fn sort(records: &mut [&Record], kind: Kind, by: &Value) {
    match (kind, by["field"].as_str().unwrap_or_default()) {
        (Kind::Company | Kind::Contact, "name") | (Kind::NextgenProject, "title") => {
            records.sort_by_cached_key(|record| record.display_name().to_lowercase());
        }
        (Kind::Company | Kind::Contact, "added_at") => records.sort_by_key(|r| r.added_s),
        (Kind::Company | Kind::Contact, "updated_at") => records.sort_by_key(|r| r.updated_s),
        (Kind::Meeting, "scheduled_at") => records.sort_by_cached_key(|record| {
            let scheduled = record.details.get("scheduled_at").and_then(Value::as_str);
            scheduled.map_or_else(|| date_time(record.updated_s), str::to_owned)
        }),
        _ => return,
    }
    if by["order"] == "desc" {
        records.reverse();
    }
}

fn matches_term(record: &Record, term: &str) -> bool {
    let code = record.details.get("code").and_then(Value::as_str).unwrap_or("");
    record.display_name().to_lowercase().contains(term) || code.to_lowercase().contains(term)
}
