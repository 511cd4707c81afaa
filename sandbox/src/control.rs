//! The control port: what scripts and tests do from outside either service.

use crate::faults::Fault;
use crate::message::{Request, Response};
use crate::variants::Variants;
use crate::world::World;
use serde_json::{json, Value};

/// Answers a request to the control port. Everything is JSON; errors are `{"error": text}`.
pub(crate) fn handle(world: &mut World, request: &Request) -> Response {
    let body = match &*request.body {
        [] => Ok(json!({})),
        bytes => serde_json::from_slice::<Value>(bytes).map_err(|e| format!("body: {e}")),
    };
    let result = match (request.method.as_str(), request.path()) {
        ("OPTIONS", _) => return cors(Response::empty(204)),
        // A file's bytes are the body, so it is not JSON.
        ("POST", "/dropbox/put") => put(world, request),
        (method, path) => body.and_then(|body| call(world, method, path, &body)),
    };
    cors(match result {
        Ok(value) => Response::json(200, &value),
        Err(error) if error == NO_SUCH => Response::json(404, &json!({"error": error})),
        Err(error) => Response::json(400, &json!({"error": error})),
    })
}

const NO_SUCH: &str = "no such control call";

fn call(world: &mut World, method: &str, path: &str, body: &Value) -> Result<Value, String> {
    let text = |name: &str| {
        body[name].as_str().map(String::from).ok_or_else(|| format!("\"{name}\" is missing"))
    };
    match (method, path) {
        ("POST", "/reset") => reset(world, body),
        ("POST", "/tokens") => {
            let dropbox = world.with_dropbox(|dropbox, ctx| dropbox.control_tokens(ctx, body))?;
            let now_ms = world.now_ms;
            let user = body["user"].as_str().unwrap_or("anna");
            let (crm, token) = world
                .crm
                .issue_token(user, now_ms)
                .ok_or_else(|| format!("no user {user} in the CRM"))?;
            Ok(json!({
                "dropbox": dropbox,
                "crm": {"access_token": crm, "user_id": token.user_id, "expires_ms": token.expires_ms},
            }))
        }
        ("POST", "/clock/advance") => {
            let seconds = body["seconds"].as_f64().ok_or("\"seconds\" is missing")?;
            world.advance((seconds.max(0.0) * 1000.0) as u64);
            Ok(json!({"now_ms": world.now_ms}))
        }
        ("POST", "/faults") => {
            let list = match body {
                Value::Array(list) => list.clone(),
                one => vec![one.clone()],
            };
            for fault in list {
                let fault: Fault = serde_json::from_value(fault).map_err(|e| e.to_string())?;
                world.plan_fault(fault);
            }
            Ok(json!({"planned": world.faults.len()}))
        }
        ("DELETE", "/faults") => {
            world.faults.clear();
            Ok(json!({"planned": 0}))
        }
        ("GET", "/faults") => Ok(json!(world.faults)),
        ("GET", "/requests") => Ok(json!(world.log)),
        ("GET", "/preflights") => Ok(json!(world.preflights)),
        ("DELETE", "/requests") => {
            world.log.clear();
            world.preflights.clear();
            Ok(json!([]))
        }
        ("POST", "/seed") => {
            let now_ms = world.now_ms;
            world.crm.seed(body, now_ms)
        }
        ("GET", "/state") => Ok(world.state()),
        ("GET", "/variants") => Ok(world
            .options
            .variants
            .to_pairs()
            .into_iter()
            .map(|(name, value)| (name, json!(value)))
            .collect::<serde_json::Map<_, _>>()
            .into()),
        ("POST", "/dropbox/move") => {
            let (account, from, to) = (account(body), text("from")?, text("to")?);
            world.with_dropbox(|d, ctx| d.user_move(ctx, account, &from, &to))?;
            Ok(json!({}))
        }
        ("POST", "/dropbox/delete") => {
            let (account, path) = (account(body), text("path")?);
            world.with_dropbox(|d, ctx| d.user_delete(ctx, account, &path))?;
            Ok(json!({}))
        }
        ("POST", "/dropbox/folder") => {
            let (account, path) = (account(body), text("path")?);
            world.with_dropbox(|d, ctx| d.user_folder(ctx, account, &path))?;
            Ok(json!({}))
        }
        _ => match path.strip_prefix("/crm/") {
            Some(rest) => {
                let now_ms = world.now_ms;
                world.crm.control(method, rest, body, now_ms)
            }
            None => Err(NO_SUCH.into()),
        },
    }
}

/// Accounts are 0 and 1; 0 if not said.
fn account(body: &Value) -> usize {
    body["account"].as_u64().map_or(0, |n| n as usize)
}

/// `POST /dropbox/put?path=/a.txt&account=0` with the bytes as body.
fn put(world: &mut World, request: &Request) -> Result<Value, String> {
    let path = request.query_value("path").ok_or("\"path\" is missing in the query")?;
    let account = request.query_value("account").and_then(|n| n.parse().ok()).unwrap_or(0);
    world.with_dropbox(|d, ctx| d.user_put(ctx, account, &path, request.body.clone()))?;
    Ok(json!({}))
}

/// A new world with the old options, changed by `{"seed":…, "variants":{…}, "strict_public_api":…,
/// "rate_limits":…, "quota_bytes":…, "token_life_s":…, "sample":…, "crm_language":…,
/// "crm_token_life_s":…}`. Time goes on where it was.
fn reset(world: &mut World, body: &Value) -> Result<Value, String> {
    let mut options = world.options.clone();
    for (name, value) in body.as_object().into_iter().flatten() {
        let wrong = || format!("{name}: not a value for it");
        match name.as_str() {
            "seed" => options.seed = value.as_u64().ok_or_else(wrong)?,
            "sample" => options.sample = value.as_bool().ok_or_else(wrong)?,
            "crm_language" => options.crm_language = value.as_str().ok_or_else(wrong)?.into(),
            "crm_token_life_s" => options.crm_token_life_s = value.as_u64().ok_or_else(wrong)?,
            "strict_public_api" => options.strict_public_api = value.as_bool().ok_or_else(wrong)?,
            "rate_limits" => options.rate_limits = value.as_bool().ok_or_else(wrong)?,
            "quota_bytes" => options.dropbox_quota_bytes = value.as_u64().ok_or_else(wrong)?,
            "token_life_s" => options.dropbox_token_life_s = value.as_u64().ok_or_else(wrong)?,
            "variants" => {
                options.variants = Variants::default();
                for (name, value) in value.as_object().ok_or_else(wrong)? {
                    let value = match value {
                        Value::String(text) => text.clone(),
                        other => other.to_string(),
                    };
                    options.variants.set(name, &value)?;
                }
            }
            _ => return Err(format!("{name}: no such option")),
        }
    }
    options.start_ms = world.now_ms;
    *world = World::new(options);
    Ok(json!({"now_ms": world.now_ms}))
}

/// Test pages may call the control port from any origin.
fn cors(response: Response) -> Response {
    response
        .with_header("access-control-allow-origin", "*")
        .with_header("access-control-allow-methods", "GET, POST, DELETE")
        .with_header("access-control-allow-headers", "content-type")
}
