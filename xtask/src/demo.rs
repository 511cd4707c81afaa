//! `demo`: the CRM and the emulated Dropbox on this machine, to try the plugin by hand, or to watch
//! it do its main job in a browser without a screen. What is done there stands in
//! `tests/e2e/demo.mjs`.

use anyhow::{bail, Context, Result};

use crate::build::{self, Purpose};
use crate::install;
use crate::package;
use crate::test::{build_sandbox, with_surroundings};
use crate::workspace::Workspace;

/// First port of the demo; the CRM's pages stand there, Dropbox's ten above.
const PORT_BASE: u16 = 7400;

/// Where the scripts stand that drive a browser.
const SCRIPTS: &str = "tests/e2e";

/// Builds, serves and says what to click, until Ctrl-C.
pub fn serve(workspace: &Workspace) -> Result<()> {
    build::build(workspace, Purpose::Ship)?;
    let plugin = package::pack_and_validate(workspace)?;
    let sandbox = build_sandbox(workspace)?;
    // By number: so the CRM names its host of files, and the page's policy has to.
    let page = format!("http://127.0.0.1:{}/", PORT_BASE + 3);
    println!(
        "\n\
         The CRM       http://localhost:{PORT_BASE}/\n\
         Dropbox       http://localhost:{}/\n\
         Hosted page   {page}\n\
         \n\
         1. Open the CRM and sign in as one of the two users.\n\
         2. Open a company; its documents are at the lower right.\n\
         3. Choose Connect Dropbox, sign in there and allow the folder.\n\
         4. Choose Sync to Dropbox, then look at Apps › Teamleader CRM in Dropbox.\n\
         \n\
         The hosted page does the same for a CRM that takes no plugin into its own pages.\n\
         \n\
         Ctrl-C ends it; nothing is kept.\n",
        PORT_BASE + 10
    );
    let mut site = workspace.command("node");
    site.arg(format!("{SCRIPTS}/demo_site.mjs")).arg(PORT_BASE.to_string());
    with_surroundings(workspace, &mut site)?;
    let mut site = site.spawn().context("node does not start")?;
    let status = workspace
        .command(sandbox)
        .args(["--port-base", &PORT_BASE.to_string(), "--plugin"])
        .arg(plugin)
        .args(["--crm-redirect-uri", &format!("{page}teamleader.html")])
        .args(["--redirect-uri", &format!("{page}oauth.html")])
        .status();
    // It may have ended by the same Ctrl-C.
    let _ = site.kill();
    let status = status.context("the sandbox does not start")?;
    if !status.success() {
        bail!("the sandbox ended with {status}");
    }
    Ok(())
}

/// Performs the main job in a browser without a screen; an error if the trees differ afterwards.
pub fn perform(workspace: &Workspace) -> Result<()> {
    build::build(workspace, Purpose::Ship)?;
    package::pack_and_validate(workspace)?;
    build_sandbox(workspace)?;
    install::npm(workspace, SCRIPTS)?;
    let mut node = workspace.command("node");
    node.arg("demo.mjs")
        .current_dir(workspace.root.join(SCRIPTS))
        .env("CHROMIUM", install::chromium(workspace)?);
    with_surroundings(workspace, &mut node)?;
    let status = node.status().context("node does not start")?;
    if !status.success() {
        bail!("the main job was not done: see above");
    }
    Ok(())
}
