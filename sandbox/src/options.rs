//! What a world is made with.

use crate::teamleader::Settings;
use crate::variants::Variants;
use std::path::PathBuf;

/// Everything that is fixed when a world begins.
#[derive(Clone, Debug)]
pub struct Options {
    /// All ids, revisions and tokens come from it.
    pub seed: u64,
    /// What the public facts leave open.
    pub variants: Variants,
    /// Refuse uploads to meetings, products and legacy projects, as the CRM's public schema does.
    pub strict_public_api: bool,
    /// 200 requests a minute in the CRM; in Dropbox, the namespace's write lock and a request limit.
    pub rate_limits: bool,
    /// World time at the beginning, ms since 1970.
    pub start_ms: u64,
    /// The first port: the CRM's pages. `Origin::offset` says where the others are.
    pub port_base: u16,
    /// `http` or `https`.
    pub scheme: &'static str,
    /// The package that the CRM's marketplace offers and the account begins with; without, there is none.
    pub plugin: Option<PathBuf>,
    /// The language of the CRM account: names the default folder.
    pub crm_language: String,
    /// Life of a CRM bearer token.
    pub crm_token_life_s: u64,
    /// Begin with the demo's records and documents in the CRM.
    pub sample: bool,
    /// The app key the plugin is set up with.
    pub dropbox_app_key: String,
    /// Redirect addresses registered for the app, matched exactly. Besides these, pages of the
    /// CRM's own origin (no query, no fragment) are: this world cannot know where a package is mounted.
    pub dropbox_redirect_uris: Vec<String>,
    /// The client id of the CRM's integration that applications in a browser sign in with.
    pub crm_client_id: String,
    /// Redirect addresses of that integration, matched exactly.
    pub crm_redirect_uris: Vec<String>,
    /// Scopes ticked for the app in the console.
    pub dropbox_scopes: Vec<String>,
    /// Storage of each Dropbox account.
    pub dropbox_quota_bytes: u64,
    /// Life of a Dropbox access token.
    pub dropbox_token_life_s: u64,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            seed: 0,
            variants: Variants::default(),
            strict_public_api: false,
            rate_limits: false,
            // 2026-01-05T09:00:00Z, a Monday.
            start_ms: 1_767_603_600_000,
            port_base: 7400,
            scheme: "http",
            plugin: None,
            crm_language: "en".into(),
            crm_token_life_s: 3600,
            sample: false,
            dropbox_app_key: "sandbox-app-key".into(),
            dropbox_redirect_uris: Vec::new(),
            crm_client_id: "sandbox-client-id".into(),
            crm_redirect_uris: Vec::new(),
            dropbox_scopes: [
                "account_info.read",
                "files.metadata.read",
                "files.metadata.write",
                "files.content.read",
                "files.content.write",
            ]
            .map(String::from)
            .to_vec(),
            dropbox_quota_bytes: 2 * 1024 * 1024 * 1024,
            dropbox_token_life_s: 14_400,
        }
    }
}

impl Options {
    /// The CRM's part.
    pub fn crm_settings(&self) -> Settings {
        Settings {
            variants: self.variants.crm.clone(),
            strict_public_api: self.strict_public_api,
            rate_limits: self.rate_limits,
            port_base: self.port_base,
            scheme: self.scheme,
            plugin: self.plugin.clone(),
            language: self.crm_language.clone(),
            dropbox_app_key: self.dropbox_app_key.clone(),
            token_lifetime_s: self.crm_token_life_s,
            client_id: self.crm_client_id.clone(),
            redirect_uris: self.crm_redirect_uris.clone(),
        }
    }
}
