//! State between runs: the requests that changed the world, in order, with their times.
//!
//! The world is a function of its options and its requests, so playing them again rebuilds it to
//! the last id. Only requests that can change something are kept.

use sandbox::{Origin, Request, World};
use serde_json::{json, Value};
use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;

/// An open journal.
pub struct Journal {
    file: File,
}

impl Journal {
    /// Opens `dir/journal` (made if absent) and plays what it holds into the world.
    pub fn open(dir: &Path, world: &mut World) -> Result<Self, String> {
        let said = |e: std::io::Error| format!("{}: {e}", dir.display());
        std::fs::create_dir_all(dir).map_err(said)?;
        let path = dir.join("journal");
        let begins = !path.exists();
        let mut file =
            OpenOptions::new().create(true).read(true).append(true).open(&path).map_err(said)?;
        if begins {
            let head = json!({"sandbox": 1, "start_ms": world.options.start_ms});
            writeln!(file, "{head}").map_err(said)?;
        } else {
            replay(BufReader::new(&file), world).map_err(|e| format!("{}: {e}", path.display()))?;
        }
        Ok(Journal { file })
    }

    /// Writes a request down, before it is served.
    pub fn record(&mut self, now_ms: u64, request: &Request) -> std::io::Result<()> {
        if !can_change(request) {
            return Ok(());
        }
        let head = json!({
            "at_ms": now_ms, "origin": request.origin, "method": request.method,
            "target": request.target, "headers": request.headers, "bytes": request.body.len(),
        });
        let mut line = head.to_string().into_bytes();
        line.push(b'\n');
        line.extend_from_slice(&request.body);
        line.push(b'\n');
        self.file.write_all(&line)
    }
}

fn can_change(request: &Request) -> bool {
    match request.method.as_str() {
        "OPTIONS" | "HEAD" => false,
        "GET" => request.origin == Origin::DropboxWww,
        _ => request.origin != Origin::DropboxNotify,
    }
}

fn replay(mut journal: impl BufRead, world: &mut World) -> Result<(), String> {
    let mut line = String::new();
    journal.read_line(&mut line).map_err(|e| e.to_string())?;
    let head: Value = serde_json::from_str(&line).map_err(|e| e.to_string())?;
    let mut options = world.options.clone();
    options.start_ms = head["start_ms"].as_u64().ok_or("not a journal")?;
    *world = World::new(options);
    loop {
        line.clear();
        if journal.read_line(&mut line).map_err(|e| e.to_string())? == 0 {
            return Ok(());
        }
        let Ok(head) = serde_json::from_str::<Value>(&line) else {
            return Err("a request was cut off; remove the journal to begin anew".into());
        };
        let mut body = vec![0; head["bytes"].as_u64().unwrap_or(0) as usize + 1];
        journal.read_exact(&mut body).map_err(|e| e.to_string())?;
        body.pop();
        let text = |name: &str| head[name].as_str().unwrap_or("").to_string();
        let request = Request {
            origin: serde_json::from_value(head["origin"].clone()).map_err(|e| e.to_string())?,
            method: text("method"),
            target: text("target"),
            headers: serde_json::from_value(head["headers"].clone()).map_err(|e| e.to_string())?,
            body,
        };
        world.now_ms = head["at_ms"].as_u64().unwrap_or(world.now_ms);
        let _ = world.handle(&request);
    }
}
