//! Every point that the vendors' public facts leave open, by name.
//!
//! A name here is a question nobody could ask the live services. The plugin has to work under each
//! answer; the simulation draws them by seed, `--variant name=value` sets one by hand.

use crate::rng::Rng;
use crate::teamleader::variants::CrmVariants;

/// A closed set of answers.
pub trait Choice: Copy + PartialEq + Sized + 'static {
    /// Every answer with its name on the command line.
    const ALL: &'static [(&'static str, Self)];
}

impl Choice for bool {
    const ALL: &'static [(&'static str, Self)] = &[("true", true), ("false", false)];
}

macro_rules! choice {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $text:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $name { $($(#[$vdoc])* $variant,)* }
        impl Choice for $name {
            const ALL: &'static [(&'static str, Self)] = &[$(($text, $name::$variant),)*];
        }
    };
}

choice! {
    /// `move_v2` that changes nothing but the case.
    CaseOnlyRename {
        /// It is done, and `list_folder/continue` says nothing (the spec's words).
        NotReported = "not-reported",
        /// It is done and reported (seen by Maestral's live tests).
        Reported = "reported",
        /// It is refused as a conflict.
        Refused = "refused",
    }
}
choice! {
    /// What a session answers after its seven days.
    ExpiredSession {
        /// `not_found`.
        NotFound = "not-found",
        /// `closed`.
        Closed = "closed",
    }
}

macro_rules! variants {
    ($($(#[$doc:meta])* $name:ident: $type:ty = $default:expr, $drawn:ident;)*) => {
        /// The answers this Dropbox gives. On the command line, names have `-` for `_`.
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub struct DropboxVariants { $($(#[$doc])* pub $name: $type,)* }

        impl Default for DropboxVariants {
            fn default() -> Self { DropboxVariants { $($name: $default,)* } }
        }

        impl DropboxVariants {
            /// Every name with its possible values.
            pub fn names() -> Vec<(String, Vec<&'static str>)> {
                vec![$((
                    stringify!($name).replace('_', "-"),
                    <$type as Choice>::ALL.iter().map(|c| c.0).collect(),
                ),)*]
            }

            /// Sets one by name; `None` when the name is not one of this service.
            pub fn set(&mut self, name: &str, value: &str) -> Option<Result<(), String>> {
                match name.replace('-', "_").as_str() {
                    $(stringify!($name) => {
                        let found = <$type as Choice>::ALL.iter().find(|(text, _)| *text == value);
                        let Some((_, choice)) = found else {
                            let all: Vec<_> = <$type as Choice>::ALL.iter().map(|c| c.0).collect();
                            return Some(Err(format!("{name} takes {}, not {value}", all.join(" or "))));
                        };
                        self.$name = *choice;
                        Some(Ok(()))
                    })*
                    _ => None,
                }
            }

            /// The values by name, for a log or a failing seed.
            pub fn to_pairs(&self) -> Vec<(String, String)> {
                vec![$((stringify!($name).replace('_', "-"), text(self.$name).to_string()),)*]
            }

            /// One answer to each open point, by seed. Points marked `fixed` below keep their default.
            pub fn drawn(seed: u64) -> Self {
                let mut rng = Rng::new(seed ^ 0x7661_7269_616e_7473);
                let mut variants = DropboxVariants::default();
                $(variants!(@$drawn variants.$name, $type, rng);)*
                variants
            }
        }
    };
    (@drawn $place:expr, $type:ty, $rng:ident) => {{
        let all = <$type as Choice>::ALL;
        $place = all[$rng.below(all.len() as u64) as usize].1;
    }};
    (@fixed $place:expr, $type:ty, $rng:ident) => {};
}

fn text<T: Choice>(value: T) -> &'static str {
    T::ALL.iter().find(|(_, v)| *v == value).map_or("?", |(text, _)| text)
}

variants! {
    /// A deleted folder comes with an entry for each child as well.
    deleted_folder_lists_children: bool = false, drawn;
    /// An entry for a child may come before the one of its parent.
    child_before_parent: bool = false, drawn;
    /// A page with no entries may say `has_more`.
    empty_page_has_more: bool = false, drawn;
    /// Names with characters outside the basic plane are taken.
    emoji_names_allowed: bool = true, drawn;
    /// `~$x`, `.~x` and `~x.tmp` are `disallowed_name`.
    tilde_names_disallowed: bool = false, drawn;
    /// What a rename by case alone does.
    case_only_rename: CaseOnlyRename = CaseOnlyRename::NotReported, drawn;
    /// A folder keeps its id when it is moved.
    folder_id_survives_move: bool = true, drawn;
    /// A file uploaded at the path of a deleted one gets the old id.
    reupload_keeps_id: bool = false, drawn;
    /// Batches answer with a job to ask for, even small ones.
    batches_async: bool = false, drawn;
    /// Malformed access token: 401 (as today) or 400 plain text (as documented).
    malformed_token_401: bool = true, drawn;
    /// `malformed_path` carries `"malformed_path": null`.
    malformed_path_null: bool = false, drawn;
    /// A file gets a new revision when it is moved.
    move_makes_revision: bool = true, drawn;
    /// `update` with `strict_conflict` onto a file that is gone: `conflict/other` (else `conflict/file`).
    missing_target_is_other: bool = false, drawn;
    /// A session whose file was committed answers `closed` (else `not_found`).
    committed_session_closed: bool = false, drawn;
    /// Listing pages hold at most five entries, whatever `limit` says.
    small_pages: bool = false, drawn;
    /// `path_display` has its parents in lower case: only the last component is promised.
    display_parents_lowered: bool = false, fixed;
    /// 429 comes as plain text (else as JSON).
    rate_limit_plain_text: bool = false, drawn;
    /// What an upload session answers when it is too old.
    expired_session: ExpiredSession = ExpiredSession::NotFound, drawn;
    /// Longpoll exists; else the notify host answers 404.
    longpoll: bool = true, fixed;
    /// Longpoll also wakes for changes elsewhere in the account.
    longpoll_wakes_for_nothing: bool = false, drawn;
    /// Longpoll answers JSON as `text/plain`.
    longpoll_text_plain: bool = false, drawn;
    /// Longpoll asks to wait before the next one.
    longpoll_backoff: bool = false, drawn;
    /// The content and notify hosts answer preflights without `access-control-allow-origin`.
    content_preflight_refused: bool = false, fixed;
    /// A page can read `Retry-After`.
    retry_after_exposed: bool = false, drawn;
    /// `finish_batch_v2` with 500 entries or more acts, then answers 503.
    finish_batch_times_out: bool = false, fixed;
}

/// The answers of both services.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Variants {
    /// Section 9 of the Dropbox facts.
    pub dropbox: DropboxVariants,
    /// Section 8 of the CRM facts.
    pub crm: CrmVariants,
}

impl Variants {
    /// One answer to each open point, by seed.
    pub fn drawn(seed: u64) -> Self {
        Variants { dropbox: DropboxVariants::drawn(seed), crm: CrmVariants::draw(seed) }
    }

    /// Sets one by name, as `--variant name=value` does; the error lists what there is.
    pub fn set(&mut self, name: &str, value: &str) -> Result<(), String> {
        if let Some(result) = self.dropbox.set(name, value) {
            return result;
        }
        if let Some(result) = self.crm.set(name, value) {
            return result;
        }
        let mut all: Vec<String> = DropboxVariants::names().into_iter().map(|n| n.0).collect();
        all.extend(CrmVariants::ALL.iter().map(|(name, _)| (*name).to_string()));
        Err(format!("no variant {name}; there are {}", all.join(", ")))
    }

    /// Name and value of each, for a log or a failing seed.
    pub fn to_pairs(&self) -> Vec<(String, String)> {
        let mut pairs = self.dropbox.to_pairs();
        for (name, _) in CrmVariants::ALL {
            pairs.push((name.to_string(), self.crm.value(name).unwrap_or_default()));
        }
        pairs
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a refused name is the failure to report")]
    use super::*;

    #[test]
    fn set_by_name_and_drawn_by_seed() {
        let mut variants = Variants::default();
        variants.set("case-only-rename", "reported").unwrap();
        assert_eq!(variants.dropbox.case_only_rename, CaseOnlyRename::Reported);
        variants.set("same-name-upload", "new-version").unwrap();
        assert!(variants.set("same-name-upload", "x").is_err());
        assert!(variants.set("nothing", "true").is_err());
        assert_eq!(Variants::drawn(7), Variants::drawn(7));
        assert!((0..20).any(|seed| Variants::drawn(seed) != Variants::drawn(0)));
        assert!((0..50).all(|seed| Variants::drawn(seed).dropbox.longpoll));
    }
}
