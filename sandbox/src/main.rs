//! Serves the world over sockets: reads the command line, starts `server`.

mod journal;
mod line;
mod server;
mod tls;

use sandbox::Options;
use std::path::PathBuf;

const USAGE: &str = "\
sandbox [--port-base 7400] [--latency-ms 0] [--line-mbit N] [--seed 0] [--variant name=value]...
        [--draw-variants SEED] [--strict-public-api] [--rate-limit] [--empty] [--tls]
        [--plugin ZIP] [--redirect-uri URI]... [--app-key KEY] [--data DIR]
        [--crm-redirect-uri URI]... [--crm-client-id ID]

Serves a CRM and a Dropbox on loopback. --empty: a CRM without sample records. --tls: https as
well, 100 ports above. --data: state is kept in DIR between runs; without it, in memory.
--line-mbit: all connections share a line of so many megabits a second in each direction.";

/// What the command line says.
pub struct Arguments {
    /// For the world.
    pub options: Options,
    /// Every answer takes this long.
    pub latency_ms: u64,
    /// All connections share a line of this speed, if it is limited.
    pub line_mbit: Option<u64>,
    /// https as well.
    pub tls: bool,
    /// Where state is kept.
    pub data: Option<PathBuf>,
}

fn main() {
    let arguments = match parse(std::env::args().skip(1)) {
        Ok(arguments) => arguments,
        Err(error) => {
            eprintln!("{error}\n\n{USAGE}");
            std::process::exit(2);
        }
    };
    if let Err(error) = server::run(arguments) {
        eprintln!("sandbox: {error}");
        std::process::exit(1);
    }
}

fn parse(mut words: impl Iterator<Item = String>) -> Result<Arguments, String> {
    let mut options = Options { sample: true, ..Options::default() };
    let (mut latency_ms, mut line_mbit, mut tls, mut data) = (0, None, false, None);
    while let Some(word) = words.next() {
        let mut value = || words.next().ok_or_else(|| format!("{word} needs a value"));
        fn number<T: std::str::FromStr>(text: String) -> Result<T, String> {
            text.parse().map_err(|_| format!("{text}: not a number that fits"))
        }
        match word.as_str() {
            "--port-base" => options.port_base = number(value()?)?,
            "--latency-ms" => latency_ms = number(value()?)?,
            "--line-mbit" => line_mbit = Some(number(value()?)?),
            "--seed" => options.seed = number(value()?)?,
            "--draw-variants" => options.variants = sandbox::Variants::drawn(number(value()?)?),
            "--variant" => {
                let text = value()?;
                let (name, value) =
                    text.split_once('=').ok_or_else(|| format!("{text}: not name=value"))?;
                options.variants.set(name, value)?;
            }
            "--strict-public-api" => options.strict_public_api = true,
            "--rate-limit" | "--rate-limits" => options.rate_limits = true,
            "--empty" => options.sample = false,
            "--tls" => tls = true,
            "--plugin" => options.plugin = Some(value()?.into()),
            "--redirect-uri" => options.dropbox_redirect_uris.push(value()?),
            "--crm-redirect-uri" => options.crm_redirect_uris.push(value()?),
            "--crm-client-id" => options.crm_client_id = value()?,
            "--app-key" => options.dropbox_app_key = value()?,
            "--data" => data = Some(value()?.into()),
            _ => return Err(format!("no such flag: {word}")),
        }
    }
    Ok(Arguments { options, latency_ms, line_mbit, tls, data })
}
