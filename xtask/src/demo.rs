//! `demo`: the CRM and the emulated Dropbox on this machine, to try the plugin by hand.

use anyhow::{bail, Context, Result};

use crate::build::{self, Purpose};
use crate::test::build_sandbox;
use crate::workspace::Workspace;

/// First port of the demo; the CRM's pages stand there, Dropbox's ten above.
const PORT_BASE: u16 = 7400;

/// Builds, serves and says what to click, until Ctrl-C.
pub fn serve(workspace: &Workspace) -> Result<()> {
    build::build(workspace, Purpose::Ship)?;
    let sandbox = build_sandbox(workspace)?;
    println!(
        "\n\
         The CRM       http://localhost:{PORT_BASE}/\n\
         Dropbox       http://localhost:{}/\n\
         \n\
         1. Open the CRM and sign in as one of the two users.\n\
         2. Open a company; its documents are at the lower right.\n\
         3. Choose Connect Dropbox, sign in there and allow the folder.\n\
         4. Choose Sync to Dropbox, then look at Apps › Teamleader CRM in Dropbox.\n\
         \n\
         Ctrl-C ends it; nothing is kept.\n",
        PORT_BASE + 10
    );
    let status = workspace
        .command(sandbox)
        .args(["--port-base", &PORT_BASE.to_string(), "--plugin-dir"])
        .arg(workspace.plugin_dir())
        .status()
        .context("the sandbox does not start")?;
    if !status.success() {
        bail!("the sandbox ended with {status}");
    }
    Ok(())
}
