//! Reading an invariant, by the rules for policies as far as they say what can be claimed.

use serde::Deserialize;

use super::config::TenantEntry;
use super::fill::switch_on;
use super::invariant::Invariant;
use super::rules::{self, Reporter, clouds, moved};
use super::schema;
use super::yaml::Document;
use crate::finding::{self, Code, Finding, Graph, Place, RuleId};
use crate::model::cloud::{ApiVersion, Cloud};
use crate::model::conditions::CONDITIONS;
use crate::model::enums::{GrantControl, PolicyState};
use crate::model::grant::GrantControls;
use crate::model::normal::beta_members;
use crate::model::policy::{ConditionalAccessPolicy, Conditions};
use crate::model::refs::RefKind;
use crate::model::{Kind, Object};

/// An invariant, and where it stands.
#[derive(Debug, Clone)]
pub struct InvariantManifest {
    /// What it says.
    pub invariant: Invariant,
    /// The document, for places.
    pub document: Document,
    /// What is worth knowing of it. It is no matter of plans, which pass invariants over.
    pub notices: Vec<Finding>,
}

/// A part of an invariant as a policy: its conditions, and the controls.
#[derive(Debug)]
pub struct PolicyPart {
    /// The policy.
    pub policy: ConditionalAccessPolicy,
    moved: Vec<(&'static str, String)>,
}

impl PolicyPart {
    /// Where a part of the policy stands in the document of the invariant.
    pub fn pointer(&self, pointer: &str) -> String {
        moved(&self.table(), pointer)
    }

    fn table(&self) -> Vec<(&str, &str)> {
        let pairs = self.moved.iter();
        pairs.map(|(from, to)| (*from, to.as_str())).collect()
    }

    /// The policy as an object.
    pub fn object(&self) -> Object {
        Object::ConditionalAccessPolicy(Box::new(self.policy.clone()))
    }

    /// Every reference: what it points to, where it stands in the document, its text.
    pub fn references(&self) -> Vec<(RefKind, String, String)> {
        let found = self.object().references().into_iter();
        found
            .map(|(kind, pointer, target)| (kind, self.pointer(&pointer), target))
            .collect()
    }
}

/// Rules on how a policy must be made that say nothing about what can be claimed of sign-ins:
/// of which resources and conditions a control wants, and what stands beside it. Another policy
/// may bring the control all the same.
const NOT_OF_CLAIMS: &[Graph] = &[
    Graph::CaR01,
    Graph::CaR11,
    Graph::CaR44,
    Graph::CaR46,
    Graph::CaR49,
    Graph::CaR61,
    Graph::CaR82,
    Graph::CaR83,
    Graph::CaR84,
    Graph::CaR85,
    Graph::CaR86,
    Graph::CaR87,
    Graph::CaR100,
    Graph::CaR101,
    Graph::CaR106,
    Graph::CaR107,
    Graph::CaR108,
    Graph::CaR111,
    Graph::CaR112,
];

/// Preview members that the beta schema of the clouds of the US government lacks.
const NOT_IN_US: &[&str] = &[
    "agents",
    "agentContext",
    "globalSecureAccessFilteringProfile",
];

impl InvariantManifest {
    /// The name.
    pub fn name(&self) -> &str {
        &self.invariant.display_name
    }

    /// The place of its name.
    pub fn place(&self) -> Place {
        self.document.place("/displayName")
    }

    /// Reads an invariant; what is wrong with it is told in `findings`.
    pub fn read(
        document: Document,
        tenant: &TenantEntry,
        findings: &mut Vec<Finding>,
    ) -> Option<InvariantManifest> {
        let mut found = Vec::new();
        schema::check_invariant(&document, &mut found);
        if finding::has_errors(&found) {
            findings.append(&mut found);
            return None;
        }
        let mut invariant = match Invariant::deserialize(&document.value) {
            Ok(invariant) => invariant,
            Err(error) => {
                findings.push(
                    Finding::error(Code::WrongType, error.to_string())
                        .at(document.place(""))
                        .help("see the JSON Schema (`gatewright schema`)"),
                );
                return None;
            }
        };
        let session = (invariant.require.as_mut()).and_then(|r| r.session_controls.as_mut());
        if let Some(session) = session {
            switch_on(session);
        }
        let mut one = InvariantManifest {
            invariant,
            document,
            notices: Vec::new(),
        };
        one.check(&mut found);
        for part in one.parts() {
            one.check_part(&part, tenant, &mut found);
        }
        if finding::has_errors(&found) {
            findings.append(&mut found);
            return None;
        }
        one.notices = found;
        Some(one)
    }

    /// The invariant as policies: first its conditions with what it requires, then each accepted
    /// exception.
    pub fn parts(&self) -> Vec<PolicyPart> {
        let block = GrantControls {
            operator: Some("OR".to_owned()),
            built_in_controls: vec![GrantControl::Block].into(),
            ..GrantControls::default()
        };
        let policy = |conditions: Conditions| ConditionalAccessPolicy {
            display_name: self.name().to_owned(),
            state: Some(PolicyState::Enabled),
            conditions,
            grant_controls: Some(block.clone()),
            ..ConditionalAccessPolicy::default()
        };
        let mut claimed = policy(self.invariant.conditions.clone());
        if let Some(required) = &self.invariant.require {
            claimed.grant_controls = required.grant_controls.clone();
            claimed.session_controls = required.session_controls.clone();
        }
        let controls = [
            ("/grantControls", "/require/grantControls".to_owned()),
            ("/sessionControls", "/require/sessionControls".to_owned()),
        ];
        let mut parts = vec![PolicyPart {
            policy: claimed,
            moved: controls.to_vec(),
        }];
        parts.extend((0..self.invariant.accepted.len()).map(|index| PolicyPart {
            policy: policy(self.excepted(index)),
            moved: vec![("/conditions", format!("/accepted/{index}/conditions"))],
        }));
        parts
    }

    /// The sign-ins of an accepted exception: whom and what it leaves out is as in the claim.
    pub fn excepted(&self, index: usize) -> Conditions {
        let given = self.invariant.accepted.get(index);
        given.map_or_else(Conditions::default, |one| {
            self.completed(one.conditions.clone())
        })
    }

    /// Conditions that say neither whom nor what for are about those of the claim.
    pub fn completed(&self, conditions: Conditions) -> Conditions {
        let own = &self.invariant.conditions;
        let mut all = conditions;
        if all.users.is_none() && all.client_applications.is_none() && all.agents.is_none() {
            all.users = own.users.clone();
            all.client_applications = own.client_applications.clone();
            all.agents = own.agents.clone();
        }
        if all.applications.is_none() {
            all.applications = own.applications.clone();
        }
        all
    }

    fn check(&self, findings: &mut Vec<Finding>) {
        let Invariant {
            display_name,
            require,
            forbid,
            accepted,
            ..
        } = &self.invariant;
        let mut error = |code: Code, place: Place, message: &str, help: &str| {
            findings.push(Finding::error(code, message).at(place).help(help));
        };
        if display_name.trim().is_empty() {
            error(
                Code::BadValue,
                self.document.place("/displayName"),
                "`displayName` is blank",
                "say in a sentence what must hold",
            );
        }
        match (require, forbid) {
            (Some(_), Some(_)) => error(
                Code::ClaimCase,
                self.document.key_place("/forbid"),
                "`forbid` and `require` cannot be combined",
                "keep one of them, and write a second invariant for the other",
            ),
            (None, None) => error(
                Code::ClaimCase,
                self.document.place("/displayName"),
                "the invariant claims nothing",
                "add `require:` with grant or session controls, or `forbid:` with `lockout`, `anything`, `uncovered`, `passwordAlone` or `{ builtInControls: [block] }`",
            ),
            _ => {}
        }
        if let Some(browser) = (require.as_ref())
            .and_then(|r| r.session_controls.as_ref())
            .and_then(|s| s.persistent_browser.as_ref())
            && browser.mode.is_none()
        {
            error(
                Code::ClaimCase,
                self.document
                    .place("/require/sessionControls/persistentBrowser"),
                "`persistentBrowser` does not say whether the session is kept",
                "add `mode: always` or `mode: never`",
            );
        }
        for (index, one) in accepted.iter().enumerate() {
            let at = |member: &str| format!("/accepted/{index}/{member}");
            if !CONDITIONS
                .iter()
                .any(|row| (row.read)(&one.conditions).is_set())
            {
                error(
                    Code::ClaimCase,
                    self.document.place(&at("conditions")),
                    "the exception covers every sign-in: nothing would be left to claim",
                    "say in `conditions` whom or what it excepts",
                );
            }
            if one.reason.trim().is_empty() {
                error(
                    Code::BadValue,
                    self.document.place(&at("reason")),
                    "the reason is blank",
                    "say why the exception is accepted, for those who review it",
                );
            }
            if one.until.is_some() && one.last_day().is_none() {
                error(
                    Code::BadValue,
                    self.document.place(&at("until")),
                    "`until` is not a calendar date",
                    "write a date such as `2027-01-31`",
                );
            }
        }
    }

    /// The rules for policies, as far as they say what can be claimed.
    fn check_part(&self, part: &PolicyPart, tenant: &TenantEntry, findings: &mut Vec<Finding>) {
        let mut found = Vec::new();
        let object = part.object();
        let table = part.table();
        let mut report = Reporter {
            document: &self.document,
            moved: &table,
            unjudged: &[],
            findings: &mut found,
        };
        // Without a claim there is nothing that a policy could ask for; that is told.
        let claims = self.invariant.require.is_some() != self.invariant.forbid.is_some();
        rules::check(&object, &mut report);
        if let Some(cloud) = tenant.cloud {
            clouds::check(&object, cloud, &mut report);
        }
        found.retain(|finding| match finding.rule {
            Some(RuleId::Graph(Graph::CaR04)) => claims,
            Some(RuleId::Graph(rule)) => !NOT_OF_CLAIMS.contains(&rule),
            _ => true,
        });
        for finding in &mut found {
            finding.message = (finding.message.replace("the policy", "the claim"))
                .replace("this policy", "this claim");
        }
        findings.append(&mut found);
        self.check_previews(part, tenant, findings);
    }

    /// Preview members, which not every cloud has.
    fn check_previews(&self, part: &PolicyPart, tenant: &TenantEntry, findings: &mut Vec<Finding>) {
        let value = part.object().to_value();
        for member in beta_members(Kind::ConditionalAccessPolicy.graph_type(), &value) {
            let pointer = part.pointer(&member.pointer);
            let name = member.pointer.rsplit('/').next().unwrap_or_default();
            let us = matches!(tenant.cloud, Some(Cloud::UsGov | Cloud::UsGovDod));
            let cloud = tenant.cloud.unwrap_or(Cloud::Global);
            let other = format!(
                "leave out the claim, or keep it in a project for tenants in other clouds than `{}`",
                cloud.as_str()
            );
            let finding = if tenant.api_version == Some(ApiVersion::V1) {
                let message = format!(
                    "`{name}` exists only in the beta edition of Graph, and this tenant uses v1.0"
                );
                Finding::error(Code::BetaOnly, message)
                    .help("set `apiVersion: auto` for the tenant, or leave out the claim")
            } else if us && NOT_IN_US.contains(&name) {
                let message = format!(
                    "`{name}` is in preview, and not in the beta schema of the cloud `{}`",
                    cloud.as_str()
                );
                let finding = Finding::error(Code::GraphRule, message);
                finding.rule(Graph::CaCloud).help(other)
            } else if cloud != Cloud::Global {
                let message = format!(
                    "`{name}` is in preview: it is not known whether the cloud `{}` has it",
                    cloud.as_str()
                );
                let finding = Finding::warning(Code::GraphRule, message);
                finding.rule(Graph::CaCloud).help(other)
            } else {
                continue;
            };
            findings.push(finding.at(self.document.place(&pointer)));
        }
    }
}
