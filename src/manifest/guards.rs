//! The guards file: the accounts that must always get in, how much one plan may change, what
//! it may never touch, and how single guards are tuned. A file of its own, so that its
//! changes can be given to other reviewers than those of the policies.

use std::sync::{Arc, LazyLock};

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::config::{ConfigFile, TenantEntry};
use super::schema::{self, Compiled, Of};
use super::vars;
use super::yaml::{self, Document};
use crate::finding::source::SourceFile;
use crate::finding::{self, Code, Finding, Place};
use crate::model::Kind;

/// The name of the guards file where `gatewright.yaml` names none.
pub const GUARDS_FILE: &str = "guards.yaml";
/// What people also call it. It would be passed over without a word.
const LOOKALIKE: &str = "guards.yml";
/// How many policies a tenant may have (T-R01).
pub const POLICY_LIMIT: u32 = 240;

pub use crate::finding::Guard;

macro_rules! tunings {
    ($($variant:ident $field:ident)+) => {
        /// Guards that are tuned, by their ids.
        #[derive(Debug, Clone, PartialEq, Default, Deserialize, JsonSchema)]
        #[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
        pub struct Tunings { $(
            #[doc = concat!("How [`Guard::", stringify!($variant), "`] is tuned.")]
            #[schemars(description = Guard::$variant.row().summary)]
            pub $field: Option<GuardTuning>,
        )+ }

        impl Tunings {
            /// How a guard is tuned.
            pub fn of(&self, guard: Guard) -> Option<&GuardTuning> {
                match guard { $(Guard::$variant => self.$field.as_ref(),)+ }
            }
        }
    };
}

tunings! {
    BreakGlass break_glass
    BlockAll block_all
    Budget budget
    EmptySet empty_set
    TestMark test_mark
    PolicyLimit policy_limit
    Promotion promotion
    Protected protected
    MicrosoftManaged microsoft_managed
    RawGuid raw_guid
    Weakening weakening
}

impl Guard {
    /// True for the guard that nothing lets through.
    pub fn is_absolute(self) -> bool {
        self == Guard::TestMark
    }
}

static SCHEMA: LazyLock<Compiled> = LazyLock::new(|| Compiled::of::<Guards>(Of::Guards));

/// The schema of the guards file, as an editor wants it.
pub fn guards_schema() -> Value {
    let mut schema = schema::of_settings::<Guards>("gatewright guards", "");
    // A file of comments alone says nothing, and is right.
    if let Some(schema) = schema.as_object_mut() {
        schema.insert("type".to_owned(), serde_json::json!(["object", "null"]));
    }
    schema
}

/// The guards of a project. Without an entry each guard has its default.
#[derive(Debug, Clone, PartialEq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Guards {
    /// The break-glass accounts, which every policy that can hit them must exclude.
    pub break_glass: Option<BreakGlass>,
    /// How much one plan may delete, disable and weaken.
    pub budget: Budget,
    /// How many policies the tenant may have. Default: 240, Microsoft's documented limit.
    #[schemars(range(min = 1))]
    pub policy_limit: Option<u32>,
    /// Objects that are never changed or deleted: a name or an id, or `kind` and `name`.
    pub protect: Vec<Protect>,
    /// Guards that are tuned, by their ids.
    pub guards: Tunings,
    /// Policies and other objects that may become weaker, each with the reason.
    pub allow_weakening: Vec<AllowWeakening>,
}

/// The break-glass accounts.
#[derive(Debug, Clone, PartialEq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct BreakGlass {
    /// User principal names (without `@`: of the tenant's default domain) or object ids.
    pub users: Vec<String>,
    /// Names or object ids of groups that contain only these accounts.
    pub groups: Vec<String>,
}

/// How much one plan may remove. More is refused.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Budget {
    /// How many objects may be deleted. Default: 3.
    pub deletes: u32,
    /// How many enabled policies may be switched off or to report-only. Default: 3.
    pub disables: u32,
    /// How many objects may become weaker in other ways. Default: 5.
    pub weakens: u32,
    /// Which share of the managed objects each of these may be, such as `30%`. A single
    /// object is always within it. Default: `30%`.
    pub share: Share,
}

impl Default for Budget {
    fn default() -> Budget {
        Budget {
            deletes: 3,
            disables: 3,
            weakens: 5,
            share: Share("30%".to_owned()),
        }
    }
}

/// A share in percent.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Share(#[schemars(regex(pattern = r"^(100|[1-9]?[0-9])%$"))] pub String);

impl Share {
    /// The share in per cent; all of it where the text is none.
    pub fn percent(&self) -> usize {
        let digits = self.0.trim_end_matches('%');
        digits.parse().unwrap_or(100).min(100)
    }
}

/// An object that is never changed or deleted.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Protect {
    /// A name or an id, of any kind.
    Any(#[schemars(length(min = 1))] String),
    /// An object of one kind.
    One(ProtectOne),
}

/// An object of one kind, by its name or id.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ProtectOne {
    /// The kind, as manifests have it.
    pub kind: KindName,
    /// The name or id.
    #[schemars(length(min = 1))]
    pub name: String,
}

/// A kind, by the name that manifests have.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize, JsonSchema)]
pub enum KindName {
    /// A Conditional Access policy.
    ConditionalAccessPolicy,
    /// A named location.
    NamedLocation,
    /// An authentication strength.
    AuthenticationStrength,
    /// An authentication context.
    AuthenticationContext,
    /// A group.
    Group,
    /// A test user.
    TestUser,
}

impl KindName {
    /// The kind.
    pub fn kind(self) -> Kind {
        match self {
            KindName::ConditionalAccessPolicy => Kind::ConditionalAccessPolicy,
            KindName::NamedLocation => Kind::NamedLocation,
            KindName::AuthenticationStrength => Kind::AuthenticationStrength,
            KindName::AuthenticationContext => Kind::AuthenticationContext,
            KindName::Group => Kind::Group,
            KindName::TestUser => Kind::TestUser,
        }
    }
}

impl Protect {
    /// The name or id.
    pub fn name(&self) -> &str {
        match self {
            Protect::Any(name) => name,
            Protect::One(one) => &one.name,
        }
    }

    /// The kind, when the entry says one.
    pub fn kind(&self) -> Option<Kind> {
        match self {
            Protect::Any(_) => None,
            Protect::One(one) => Some(one.kind.kind()),
        }
    }
}

/// One guard, tuned.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GuardTuning {
    /// The severity of what it finds.
    pub severity: GuardSeverity,
    /// Why. Shown to reviewers.
    #[schemars(length(min = 1))]
    pub reason: String,
}

/// The severity of what a guard finds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum GuardSeverity {
    /// The plan is refused, even if the guard would only warn.
    Error,
    /// It is shown, and nothing stops.
    Warning,
    /// The guard is off.
    Off,
}

/// An object that may become weaker.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AllowWeakening {
    /// The kind, as manifests have it. Default: ConditionalAccessPolicy.
    #[serde(default)]
    pub kind: Option<KindName>,
    /// The name, or the id, of the object.
    #[schemars(length(min = 1))]
    pub name: String,
    /// Why. Shown to reviewers.
    #[schemars(length(min = 1))]
    pub reason: String,
}

/// The guards of a project for one tenant, and where they stand.
#[derive(Debug, Clone, Default)]
pub struct GuardsFile {
    /// What the file says, or the defaults.
    pub guards: Guards,
    /// The document; `None` where the project has no guards file.
    pub document: Option<Document>,
}

/// The path of the guards file below the project's folder: the one that `gatewright.yaml`
/// names, or `guards.yaml` where that exists.
pub fn path(file: &ConfigFile) -> Option<String> {
    match &file.config.guards {
        Some(name) => Some(name.clone()),
        // Also what cannot be read, such as a link to nowhere: that must not mean "no guards".
        None => file
            .root
            .join(GUARDS_FILE)
            .symlink_metadata()
            .is_ok()
            .then(|| GUARDS_FILE.to_owned()),
    }
}

impl GuardsFile {
    /// Reads the guards of the project for one tenant, whose variables are replaced.
    ///
    /// # Errors
    /// Every fault of the file, as findings.
    pub fn load(
        file: &ConfigFile,
        tenant_name: &str,
        tenant: &TenantEntry,
    ) -> Result<GuardsFile, Vec<Finding>> {
        let Some(name) = path(file) else {
            return match file.root.join(LOOKALIKE).symlink_metadata() {
                Ok(_) => Err(vec![
                    Finding::error(
                        Code::Config,
                        format!(
                            "`{LOOKALIKE}` would not be read: the guards file is `{GUARDS_FILE}`"
                        ),
                    )
                    .help(format!(
                        "rename it, or name it in gatewright.yaml: `guards: {LOOKALIKE}`"
                    )),
                ]),
                Err(_) => Ok(GuardsFile::default()),
            };
        };
        let source = SourceFile::read(&file.root, &name, &file.root.join(&name)).map_err(
            |mut finding| {
                if file.config.guards.is_some() {
                    finding.place = Some(Box::new(file.document.place("/guards")));
                }
                vec![*finding]
            },
        )?;
        GuardsFile::parse(&source, tenant_name, tenant)
    }

    /// Reads the guards from a file's text.
    ///
    /// # Errors
    /// Every fault of the file, as findings.
    pub fn parse(
        source: &Arc<SourceFile>,
        tenant_name: &str,
        tenant: &TenantEntry,
    ) -> Result<GuardsFile, Vec<Finding>> {
        let mut findings = Vec::new();
        let mut documents = yaml::parse(source, &mut findings);
        if let Some(second) = documents.get(1) {
            findings.push(
                Finding::error(
                    Code::Config,
                    format!("{} has {} documents", source.name, documents.len()),
                )
                .at(second.place(""))
                .help("keep one"),
            );
        }
        if !findings.is_empty() {
            return Err(findings);
        }
        // A file of nothing but comments leaves every guard as it is.
        let Some(mut document) = documents.pop() else {
            return Ok(GuardsFile::default());
        };
        vars::substitute(&mut document, &tenant.vars, tenant_name, &mut findings);
        if findings.is_empty() {
            SCHEMA.check(&document, &mut findings);
        }
        if finding::has_errors(&findings) {
            finding::tidy(&mut findings);
            return Err(findings);
        }
        let guards = Guards::deserialize(&document.value).map_err(|error| {
            vec![
                Finding::error(Code::Config, error.to_string())
                    .at(document.place(""))
                    .help("see the JSON Schema (`gatewright schema guards`)"),
            ]
        })?;
        let loaded = GuardsFile {
            guards,
            document: Some(document),
        };
        let mut findings = loaded.check();
        if finding::has_errors(&findings) {
            finding::tidy(&mut findings);
            return Err(findings);
        }
        Ok(loaded)
    }

    /// The place of a value in the file.
    pub fn place(&self, pointer: &str) -> Option<Place> {
        self.document.as_ref().map(|d| d.place(pointer))
    }

    /// The place of a key in the file.
    pub fn key_place(&self, pointer: &str) -> Option<Place> {
        self.document.as_ref().map(|d| d.key_place(pointer))
    }

    /// What the schema cannot say.
    fn check(&self) -> Vec<Finding> {
        let mut findings = Vec::new();
        let mut error = |place: Option<Place>, message: &str, help: &str| {
            let mut finding = Finding::error(Code::Config, message).help(help);
            finding.place = place.map(Box::new);
            findings.push(finding);
        };
        if let Some(declared) = &self.guards.break_glass
            && declared.users.is_empty()
            && declared.groups.is_empty()
        {
            error(
                self.key_place("/breakGlass"),
                "`breakGlass` names no user and no group",
                "name the break-glass accounts, such as `groups: [CA-BreakGlass]`, or remove the property",
            );
        }
        for guard in Guard::ALL {
            let Some(tuning) = self.guards.guards.of(*guard) else {
                continue;
            };
            if guard.is_absolute() {
                error(
                    self.key_place(&format!("/guards/{guard}")),
                    "the guard `test-mark` cannot be tuned",
                    "remove the entry: gatewright never touches a user that it did not create",
                );
            } else if tuning.reason.trim().is_empty() {
                error(
                    self.place(&format!("/guards/{guard}/reason")),
                    "the reason is empty",
                    "say why the guard is tuned, for those who review it",
                );
            }
        }
        for (index, entry) in self.guards.allow_weakening.iter().enumerate() {
            if entry.reason.trim().is_empty() {
                error(
                    self.place(&format!("/allowWeakening/{index}/reason")),
                    "the reason is empty",
                    "say why the object may become weaker, for those who review it",
                );
            }
        }
        findings
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schema_is_sound() {
        SCHEMA.assert_sound();
    }

    #[test]
    fn a_share_is_read_in_per_cent() {
        assert_eq!(Share("30%".to_owned()).percent(), 30);
        assert_eq!(Share("100%".to_owned()).percent(), 100);
        assert_eq!(Budget::default().share.percent(), 30);
    }
}
