//! The demo's account: records of all five modules with some twenty real documents. The files stand in `sandbox/sample`.

use serde_json::{json, Value};

use super::model::{date_time, Kind};
use super::Teamleader;

/// One sample file by its name in `sandbox/sample`.
macro_rules! file {
    ($name:literal) => {
        include_bytes!(concat!("../../sample/", $name))
    };
}

type Documents = &'static [(&'static str, &'static str, &'static [u8])];

/// Folder (empty: the default one), name and bytes of each record's documents.
const LUMEN: Documents = &[
    ("", "Offer 2026-014.pdf", file!("offer.pdf")),
    ("", "Besprechung Müller & Söhne.docx", file!("minutes.docx")),
    ("", "Price list.xlsx", file!("prices.xlsx")),
    ("", "Logo.png", file!("logo.png")),
    ("Contracts/2026", "Framework contract – signed.pdf", file!("contract.pdf")),
    ("Contracts/2026", "Annex A.txt", file!("annex.txt")),
    ("Contracts", "Terms of delivery.pdf", file!("terms.pdf")),
];
const NOORD: Documents =
    &[("", "Façade.jpg", file!("facade.jpg")), ("Plans", "Drawings 🏗️.zip", file!("drawings.zip"))];
const ERLA: Documents = &[
    ("", "Visitenkarte Erla Jónsdóttir.png", file!("card.png")),
    ("", "Notes from the call.txt", file!("call.txt")),
];
const TOMAS: Documents = &[("Invoices", "Invoice 88.pdf", file!("invoice.pdf"))];
const HARBOUR: Documents = &[
    ("", "Project plan.xlsx", file!("plan.xlsx")),
    ("Design/Drafts", "Landing page 🚢.png", file!("draft.png")),
];
const LEGACY: Documents = &[("", "Übergabeprotokoll.docx", file!("handover.docx"))];
const KICKOFF: Documents =
    &[("", "Agenda.docx", file!("agenda.docx")), ("", "Whiteboard.jpg", file!("whiteboard.jpg"))];
const LAMP: Documents = &[
    ("", "Data sheet Lämpchen L2.pdf", file!("sheet.pdf")),
    ("Photos", "L2 front.jpg", file!("lamp.jpg")),
];

impl Teamleader {
    /// Fills an empty account with the demo's records, a few days before `now_ms`.
    pub fn load_sample(&mut self, now_ms: u64) {
        let today_s = now_ms / 86_400_000 * 86_400;
        use Kind::{Company, Contact, Meeting, NextgenProject, Product, Project};
        let rows: [(Kind, &str, Value, Documents); 19] = [
            (Company, "Lumen Lighting", company("Brugge", "www.lumen.example", "Lighting"), LUMEN),
            (
                Company,
                "Noord & Zuid Architecten",
                company("Utrecht", "noordzuid.example", "Architecture"),
                NOORD,
            ),
            (
                Company,
                "Müller & Söhne GmbH",
                company("Köln", "mueller-soehne.example", "Construction"),
                &[],
            ),
            (Company, "Café Été", company("Liège", "cafe-ete.example", "Hospitality"), &[]),
            (Company, "Pied Piper", company("Gent", "piedpiper.example", "Software"), &[]),
            (Company, "Studio Ånd", company("Oslo", "studioand.example", "Design"), &[]),
            (
                Contact,
                "Erla Jónsdóttir",
                contact("erla@lumen.example", "+32 50 12 34 56", "Buyer"),
                ERLA,
            ),
            (
                Contact,
                "Tomás Herrera",
                contact("tomas@cafe-ete.example", "+32 4 222 10 10", "Owner"),
                TOMAS,
            ),
            (
                Contact,
                "Sanne Bakker",
                contact("sanne@noordzuid.example", "+31 30 555 01 02", "Architect"),
                &[],
            ),
            (
                Contact,
                "Jürgen Müller",
                contact("j.mueller@mueller-soehne.example", "+49 221 55 66 0", "Managing director"),
                &[],
            ),
            (
                NextgenProject,
                "Harbour office refit",
                json!({"description": "New lighting on three floors", "status": "open"}),
                HARBOUR,
            ),
            (NextgenProject, "Showroom 2027", json!({"description": "", "status": "planned"}), &[]),
            (
                Project,
                "Website relaunch",
                json!({"description": "Finished last autumn", "status": "done", "starts_on": "2026-02-02", "due_on": "2026-10-14"}),
                LEGACY,
            ),
            (
                Meeting,
                "Kick-off harbour office",
                meeting(today_s + 7 * 86_400 + 9 * 3600, 60),
                KICKOFF,
            ),
            (Meeting, "Weekly sales meeting", meeting(today_s + 3 * 86_400 + 48_600, 45), &[]),
            (Meeting, "Weekly sales meeting", meeting(today_s + 10 * 86_400 + 48_600, 45), &[]),
            (
                Product,
                "Lämpchen L2",
                json!({"code": "LMP-L2", "description": "Desk lamp, brass", "selling_price": {"currency": "EUR", "amount": 89.5}}),
                LAMP,
            ),
            (
                Product,
                "Track light T8",
                json!({"code": "TRK-T8", "description": "Ceiling track, black", "selling_price": {"currency": "EUR", "amount": 145}}),
                &[],
            ),
            (
                Product,
                "Installation, per hour",
                json!({"code": "SRV-INST", "selling_price": {"currency": "EUR", "amount": 62}}),
                &[],
            ),
        ];
        let count = rows.len() as u64;
        for (at, (kind, name, details, documents)) in rows.into_iter().enumerate() {
            let then_ms = now_ms.saturating_sub((count - at as u64) * 26_000_000);
            let subject = self.add_record(kind, name, then_ms);
            self.change_record(&subject, |record| {
                record.details = details.as_object().cloned().unwrap_or_default();
            });
            for (later, (folder, name, bytes)) in documents.iter().enumerate() {
                let then_ms = then_ms + (later as u64 + 1) * 540_000;
                self.user_add(&subject, folder, name, *bytes, then_ms);
            }
        }
    }
}

fn company(city: &str, website: &str, sector: &str) -> Value {
    json!({
        "website": format!("https://{website}"),
        "emails": [{ "type": "primary", "email": format!("info@{}", website.trim_start_matches("www.")) }],
        "primary_address": { "city": city },
        "business_type": { "name": sector },
    })
}

fn contact(email: &str, telephone: &str, position: &str) -> Value {
    json!({
        "emails": [{ "type": "primary", "email": email }],
        "telephones": [{ "type": "phone", "number": telephone }],
        "position": position,
    })
}

fn meeting(scheduled_s: u64, minutes: u64) -> Value {
    json!({ "scheduled_at": date_time(scheduled_s), "duration": { "unit": "min", "value": minutes } })
}
