//! From a plan to its file.

use std::collections::BTreeMap;

use serde_json::Value;

use super::canonical::{digest_of, digest_of_file, digest_of_text};
use super::format::{
    FORMAT_VERSION, KIND, LinkPhases, SavedAction, SavedConsent, SavedEdition, SavedEffect,
    SavedGuard, SavedNotice, SavedPlace, SavedPlan, SavedTenant, SavedUnchanged, Sources,
    UndoneRun,
};
use super::ground::Ground;
use super::stand_in::{respell, respell_object, to_file};
use crate::finding::source::SourceFile;
use crate::finding::{Finding, Place};
use crate::model::cloud::ApiVersion;
use crate::model::facts::Edition;
use crate::model::normal::without_nulls;
use crate::plan::guard::{AllowedBy, GuardFinding};
use crate::plan::{Action, Plan};
use crate::text::visible_json;

/// What a plan file tells of where the plan came from.
#[derive(Debug, Clone)]
pub struct Origin {
    /// When the plan was made, in UTC.
    pub created_at: String,
    /// The Graph host, or `sandbox`.
    pub graph_endpoint: String,
    /// Which edition of Graph is used.
    pub api_version: ApiVersion,
    /// The files that the plan was made from.
    pub sources: Sources,
    /// The run that it undoes.
    pub undoes: Option<UndoneRun>,
    /// What the plan rests on.
    pub ground: Ground,
}

impl Sources {
    /// The digests of files as they were loaded.
    pub fn of<'a>(files: impl IntoIterator<Item = &'a SourceFile>) -> Sources {
        let files: BTreeMap<String, String> = files
            .into_iter()
            .map(|file| (file.name.clone(), digest_of_text(&file.text)))
            .collect();
        let all: serde_json::Map<String, Value> = files
            .iter()
            .map(|(name, hash)| (name.clone(), hash.clone().into()))
            .collect();
        Sources {
            sha256: digest_of(&Value::Object(all)),
            files,
            guards: None,
        }
    }
}

impl SavedPlan {
    /// The file of a plan.
    pub fn of(plan: &Plan, origin: Origin) -> SavedPlan {
        let mut saved = SavedPlan {
            kind: KIND.to_owned(),
            format_version: FORMAT_VERSION.to_owned(),
            gatewright_version: env!("CARGO_PKG_VERSION").to_owned(),
            created_at: origin.created_at,
            digest: String::new(),
            tenant: SavedTenant {
                name: plan.tenant.clone(),
                id: plan.organization.id.clone(),
                display_name: plan.organization.display_name.clone(),
                default_domain: plan.organization.default_domain.clone(),
                graph_endpoint: origin.graph_endpoint,
            },
            api_version: origin.api_version,
            sources: origin.sources,
            limit: plan.limit.clone(),
            undoes: origin.undoes,
            actions: plan.actions.iter().map(action).collect(),
            unchanged: plan
                .unchanged
                .iter()
                .map(|object| SavedUnchanged {
                    kind: object.kind,
                    name: object.name.clone(),
                    id: object.id.clone(),
                })
                .collect(),
            unmanaged: plan.unmanaged.clone(),
            notices: plan.notices.iter().map(notice).collect(),
            guards: plan.guards.iter().map(guard).collect(),
            effect: plan.sign_ins.clone(),
            names: plan.names.clone(),
            ground: origin.ground,
        };
        saved.digest = digest_of_file(&serde_json::to_value(&saved).unwrap_or_default());
        saved
    }

    /// The text of the file.
    pub fn text(&self) -> String {
        // The shape holds strings, numbers, lists and maps with text keys.
        let mut text = serde_json::to_string_pretty(self).unwrap_or_default();
        text.push('\n');
        visible_json(&text)
    }
}

fn guard(verdict: &GuardFinding) -> SavedGuard {
    SavedGuard {
        id: verdict.guard.as_str().to_owned(),
        severity: verdict.finding.severity,
        message: verdict.finding.message.clone(),
        allowed: verdict.allowed.is_some(),
        allowed_by: verdict.allowed.map(|by| match by {
            AllowedBy::Flag => SavedConsent::Flag,
            AllowedBy::File => SavedConsent::File,
        }),
    }
}

fn action(action: &Action) -> SavedAction {
    let side = |normal: &Value| respell(action.kind, normal, to_file);
    SavedAction {
        action: action.verb,
        kind: action.kind,
        name: action.name.clone(),
        id: action.id.clone(),
        place: action.place.as_ref().map(place),
        phase: action.phase,
        reason: action.reason.clone(),
        changes: action.changes.clone(),
        before: side(&action.before),
        after: side(&action.after),
        desired: action.desired.as_ref().map_or(Value::Null, |desired| {
            without_nulls(&respell_object(desired, to_file).to_value())
        }),
        links: action
            .links
            .iter()
            .map(|(group, (add, remove))| {
                let phases = LinkPhases {
                    add: *add,
                    remove: *remove,
                };
                (to_file(group), phases)
            })
            .collect(),
        ignored: action.ignored.clone(),
        restore: action.restore,
        purge: action.purge.clone(),
        edition: match action.edition {
            Edition::V1 => SavedEdition::V1,
            Edition::Beta => SavedEdition::Beta,
        },
        effect: action.effect.as_ref().map(|effect| SavedEffect {
            class: effect.class.as_str().to_owned(),
            reasons: effect.reasons.clone(),
        }),
    }
}

fn place(place: &Place) -> SavedPlace {
    SavedPlace {
        file: place.file.name.clone(),
        line: place.line,
        column: place.column,
    }
}

fn notice(finding: &Finding) -> SavedNotice {
    SavedNotice {
        code: finding.code.as_str().to_owned(),
        severity: finding.severity,
        rule: finding.rule.map(|rule| rule.as_str().to_owned()),
        message: finding.message.clone(),
        help: finding.help.clone(),
        place: finding.place.as_deref().map(place),
    }
}
