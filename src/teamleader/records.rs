//! All records of a module, for choosing among them.

use super::call::Refusal;
use super::names::{list_endpoint, named};
use super::subject::Generation;
use super::types::{Entity, Page, PAGE_ROWS};
use super::Teamleader;
use crate::json::{Object, Write};
use crate::ports::Ports;
use sync_core::{Failure, RecordKind};

/// Pages at most: a listing without end is none.
const PAGES_MAX: u32 = 1_000;

impl<P: Ports> Teamleader<P> {
    /// All records of a kind as (id, name), in the CRM's order; projects of both generations.
    pub async fn records(&self, kind: RecordKind) -> Result<Vec<(String, String)>, Failure> {
        let generations: &[Option<Generation>] = match kind {
            RecordKind::Project => &[Some(Generation::New), Some(Generation::Legacy)],
            _ => &[None],
        };
        let mut rows = Vec::new();
        let mut refused = None;
        for generation in generations {
            let endpoint =
                generation.map_or_else(|| list_endpoint(kind), Generation::list_endpoint);
            match self.all(kind, endpoint).await {
                Ok(found) => {
                    if let Some(generation) = generation {
                        found.iter().for_each(|(id, _)| self.keep_generation(id, *generation));
                    }
                    rows.extend(found);
                }
                // That generation is switched off in this account.
                Err(refusal) if generation.is_some() && refusal.is_absence() => {
                    refused = Some(refusal.failure);
                }
                Err(refusal) => return Err(refusal.failure),
            }
        }
        match refused {
            Some(failure) if rows.is_empty() => Err(failure),
            _ => Ok(rows),
        }
    }

    async fn all(
        &self,
        kind: RecordKind,
        endpoint: &str,
    ) -> Result<Vec<(String, String)>, Refusal> {
        let mut rows: Vec<(String, String)> = Vec::new();
        for number in 1..=PAGES_MAX {
            let argument = Object(&[("page", &Page { number })]).write_text();
            let mut page: Vec<Entity> = Vec::new();
            self.call(endpoint, argument, true, &mut page).await?;
            let full = page.len() >= PAGE_ROWS as usize;
            for row in page {
                // Pages shift while records are added.
                if rows.iter().all(|(id, _)| *id != row.id) {
                    rows.push(named(kind, row));
                }
            }
            if !full {
                break;
            }
        }
        Ok(rows)
    }
}
