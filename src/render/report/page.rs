//! What the templates are filled with: texts alone, in the order in which they stand on the page.

use std::collections::BTreeMap;

use askama::Template;
use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use super::ReportRun;
use super::cards::{self, CardView, Deck, ObjectView, PolicyRow};
use super::change::{self, ChangeView};
use super::claims::{self, ClaimsView};
use super::exclusions::{self, GapsView};
use super::grid::{self, GridView};
use crate::model::Kind;
use crate::text::{counted, visible};

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// What is judged by nothing here. `docs/whatif.md` says why.
const NOT_MODELLED: &[&str] = &[
    "service dependencies, such as Teams needing Exchange: a real request names its audiences",
    "GPS locations, session timers, continuous access evaluation and token binding",
    "the first factor, and records that home tenants of guests keep",
    "resilience in an outage",
    "which methods external users may use",
];

/// The whole page.
#[derive(Template)]
#[template(path = "page.html")]
pub(super) struct ReportPage {
    title: String,
    source: String,
    note: Option<String>,
    policy: String,
    style: &'static str,
    script: &'static str,
    version: &'static str,
    numbers: Vec<PageNumber>,
    states: Vec<StateShare>,
    change: Option<ChangeView>,
    claims: Option<ClaimsView>,
    grid: GridView,
    gaps: GapsView,
    rows: Vec<PolicyRow>,
    cards: Vec<CardView>,
    objects: Vec<ObjectGroup>,
    assumptions: Vec<String>,
    not_modelled: &'static [&'static str],
}

/// A number of the cover.
struct PageNumber {
    number: String,
    words: String,
    class: &'static str,
}

/// How many policies have one state, and where their part of the bar is.
struct StateShare {
    words: &'static str,
    class: &'static str,
    count: usize,
    x: String,
    width: String,
}

/// The other objects of one kind.
struct ObjectGroup {
    title: &'static str,
    objects: Vec<ObjectView>,
}

impl ReportPage {
    pub(super) fn of(run: &ReportRun<'_>) -> ReportPage {
        let deck = Deck::of(run);
        let (rows, cards) = cards::policies(run, &deck);
        let mut objects: Vec<ObjectGroup> = Vec::new();
        for (kind, title) in [
            (Kind::NamedLocation, "Named locations"),
            (Kind::AuthenticationStrength, "Authentication strengths"),
            (Kind::AuthenticationContext, "Authentication contexts"),
            (Kind::Group, "Groups"),
            (Kind::TestUser, "Test users"),
        ] {
            let shown = cards::objects(run, kind, &deck);
            if !shown.is_empty() {
                objects.push(ObjectGroup {
                    title,
                    objects: shown,
                });
            }
        }
        let others = deck.others().into_iter();
        objects.extend(others.map(|(title, objects)| ObjectGroup { title, objects }));
        let claims = run
            .claims
            .as_ref()
            .map(|tests| claims::view(tests, run.is_masked));
        let gaps = exclusions::view(run);
        let mut assumptions: Vec<String> = run.gaps.assumed();
        assumptions.extend(claims.iter().flat_map(|claims| claims.assumptions.clone()));
        assumptions.sort();
        assumptions.dedup();
        let script = digest_of(SCRIPT);
        let style = digest_of(STYLE);
        ReportPage {
            title: visible(&run.tenant, false),
            source: visible(&run.source, false),
            note: run.note.map(|note| visible(note, false)),
            policy: format!(
                "default-src 'none'; style-src '{style}'; script-src '{script}'; base-uri 'none'; form-action 'none'"
            ),
            style: STYLE,
            script: SCRIPT,
            version: env!("CARGO_PKG_VERSION"),
            numbers: numbers(run, &rows, claims.as_ref(), &gaps),
            states: states(&rows),
            change: run.change.as_ref().map(|change| change::view(change, run)),
            grid: grid::view(run),
            claims,
            gaps,
            rows,
            cards,
            objects,
            assumptions: assumptions.iter().map(|one| visible(one, false)).collect(),
            not_modelled: NOT_MODELLED,
        }
    }
}

pub(in crate::render) fn digest_of(text: &str) -> String {
    let digest = digest(&SHA256, text.as_bytes());
    format!("sha256-{}", BASE64_STANDARD.encode(digest))
}

fn numbers(
    run: &ReportRun<'_>,
    rows: &[PolicyRow],
    claims: Option<&ClaimsView>,
    gaps: &GapsView,
) -> Vec<PageNumber> {
    let number = |number: usize, one: &str, bad: bool| {
        let words = counted(number, one);
        let words = words.split_once(' ').map_or("", |(_, words)| words);
        PageNumber {
            number: number.to_string(),
            words: words.to_owned(),
            class: match (bad, number) {
                (true, 1..) => "bad",
                (true, 0) => "good",
                _ => "",
            },
        }
    };
    let stay = rows.iter().filter(|row| !row.is_deleted);
    let enabled = stay.clone().filter(|row| row.class == "on").count();
    let mut all = vec![number(enabled, "policy", false)];
    if let Some(first) = all.first_mut() {
        first.words = format!("of {} enforced", counted(stay.count(), "policy"));
    }
    if let Some(change) = &run.change {
        all.push(number(change.plan.actions.len(), "change", false));
    }
    if let Some(claims) = claims {
        all.push(number(claims.failed, "broken claim", true));
    }
    let mut open = number(gaps.gaps.len(), "gap", true);
    if gaps.more {
        open.words = "gaps or more".to_owned();
    }
    all.push(open);
    all.push(number(run.gaps.found.idle.len(), "idle policy", true));
    all
}

/// The bar of states, of a width of 100.
fn states(rows: &[PolicyRow]) -> Vec<StateShare> {
    let mut counts: BTreeMap<&'static str, usize> = BTreeMap::new();
    let stay: Vec<&PolicyRow> = rows.iter().filter(|row| !row.is_deleted).collect();
    for row in &stay {
        *counts.entry(row.class).or_default() += 1;
    }
    let all = stay.len().max(1);
    let mut x = 0.0_f64;
    let mut shares = Vec::new();
    for (class, words) in [
        ("on", "enabled"),
        ("report", "report-only"),
        ("off", "disabled"),
    ] {
        let count = counts.get(class).copied().unwrap_or_default();
        let width = 100.0 * f64::from(u32::try_from(count).unwrap_or(u32::MAX))
            / f64::from(u32::try_from(all).unwrap_or(u32::MAX));
        shares.push(StateShare {
            words,
            class,
            count,
            x: format!("{x:.2}"),
            width: format!("{width:.2}"),
        });
        x += width;
    }
    shares
}

/// A shape of the page, by its name.
fn icon(name: &str) -> String {
    format!(
        "<svg class=\"i\" aria-hidden=\"true\" focusable=\"false\"><use href=\"#i-{name}\"/></svg>"
    )
}
