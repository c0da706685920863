//! A found object -> what is exported of it: the mended JSON, the model's object, its names.

use serde_json::{Map, Value};

use super::document::ExportDocument;
use super::joined;
use super::lost::is_placeholder;
use super::repair::Mender;
use super::sort::{What, member, stated_type, text, user_id};
use super::{ExportReader, Exported, canonical_id, reference_kind};
use crate::finding::{Code, Finding, Graph};
use crate::model::facts::{Edition, Facts};
use crate::model::group::Group;
use crate::model::normal::without_nulls;
use crate::model::normal::{holds_something, unknown_members};
use crate::model::refs::RefKind;
use crate::model::tables::combinations::built_in_by_id;
use crate::model::tables::special;
use crate::model::user::{TEST_USER_MARK, TestUser};
use crate::model::{Kind, Object};
use crate::text::pointer::below;

const REPORT_ONLY: &str = "enabledForReportingButNotEnforced";

impl ExportReader {
    /// Takes the object `map`, which stands at `at` of `document`.
    pub(super) fn object(
        &mut self,
        document: &ExportDocument,
        map: &Map<String, Value>,
        at: &str,
        what: What,
    ) {
        if document.repeats(at) {
            // It was told where it stands; which of both was meant, nobody knows.
            self.unread.extend(what.kind());
            return;
        }
        let name = text(map, "displayName");
        if let Some(kind) = what.kind()
            && member(map, "deletedDateTime").is_some_and(holds_something)
        {
            if let Some(reference) = reference_kind(kind) {
                self.names.add(reference, text(map, "id"), name);
            }
            self.findings.note(|| {
                let message = format!(
                    "the {} `{name}` was already deleted when it was exported: it is left out",
                    kind.words()
                );
                Finding::warning(Code::PassedOver, message)
                    .at(document.place(&below(at, "deletedDateTime")))
                    .help("to create it again, remove `deletedDateTime`")
            });
            return;
        }
        match what {
            What::Policy => self.policy(document, map, at),
            What::Template => self.template(document, map, at),
            What::Location => self.location(document, map, at),
            What::Strength => self.strength(document, map, at, false),
            What::Context => {
                let (raw, lost) = self.mend(document, Kind::AuthenticationContext, map, at);
                self.keep(document, Kind::AuthenticationContext, raw, at, lost, false);
            }
            What::Group => self.group(document, map, at),
            What::User => self.user(document, map, at),
            What::ServicePrincipal => {
                self.names
                    .add(RefKind::ServicePrincipal, text(map, "id"), name);
                self.names
                    .add(RefKind::Application, text(map, "appId"), name);
            }
            What::Application => self
                .names
                .add(RefKind::Application, text(map, "appId"), name),
            What::Agreement => self.names.add(RefKind::Agreement, text(map, "id"), name),
            What::Role => {
                let id = ["roleTemplateId", "templateId", "id"]
                    .into_iter()
                    .map(|member| text(map, member))
                    .find(|id| !id.is_empty());
                self.names.add(RefKind::Role, id.unwrap_or_default(), name);
            }
            What::Foreign => {}
        }
    }

    /// The mended object, and whether a part of it is lost.
    fn mend(
        &mut self,
        document: &ExportDocument,
        kind: Kind,
        map: &Map<String, Value>,
        at: &str,
    ) -> (Map<String, Value>, bool) {
        let mut mender = Mender::new(document, &mut self.findings);
        let raw = mender.object(kind.graph_type(), map, at);
        let lost = mender.lost;
        for (id, name) in mender.expanded {
            let kind = if name.contains('@') {
                RefKind::User
            } else {
                RefKind::Group
            };
            self.names.add(kind, &id, &name);
        }
        (raw, lost)
    }

    fn policy(&mut self, document: &ExportDocument, map: &Map<String, Value>, at: &str) {
        // What a tool adds beside the policy's own members: the objects that it names.
        for (name, inner) in map.iter().filter(|(name, _)| is_of_a_tool(name)) {
            let place = super::sort::by_place(name);
            if place.is_some() {
                self.collect(document, inner, &below(at, name), place);
            } else if holds_something(inner) && !is_of_powershell(name) {
                let at = below(at, name);
                self.findings.note(|| {
                    let message = format!(
                        "`{name}` is a tool's own and not part of a policy: it was left out"
                    );
                    Finding::hint(Code::Repaired, message).at(document.key_place(&at))
                });
            }
        }
        let own: Map<String, Value>;
        let map = if map.keys().any(|name| is_of_a_tool(name)) {
            own = map
                .iter()
                .filter(|(name, _)| !is_of_a_tool(name))
                .map(|(name, value)| (name.clone(), value.clone()))
                .collect();
            &own
        } else {
            map
        };
        let (mut raw, mut lost) = self.mend(document, Kind::ConditionalAccessPolicy, map, at);
        self.check_emptied(document, map, &raw, at);
        self.check_idle(document, &raw, at);
        lost |= self.check_conditions(document, &raw, lost, &below(at, "displayName"));
        lost |= self.check_guests(document, &raw, at);
        lost = lost || self.check_operator(document, &mut raw, at);
        self.check_switches(document, &mut raw, at);
        if !raw.get("state").is_some_and(Value::is_string) {
            raw.insert("state".to_owned(), REPORT_ONLY.into());
            // A state that is no state was told at its own place.
            let blank = |state: &Value| state.as_str().is_some_and(|s| s.trim().is_empty());
            if member(map, "state").is_none_or(|state| blank(state) || !holds_something(state)) {
                self.findings.note(|| {
                    Finding::warning(
                        Code::MissingProperty,
                        "the policy has no `state`: it is read as report-only",
                    )
                    .at(document.place(&below(at, "displayName")))
                    .help("set its state before you apply")
                });
            }
        }
        if let Some(Value::Object(strength)) = raw
            .get("grantControls")
            .and_then(|grant| grant.get("authenticationStrength"))
            .cloned()
        {
            let at = below(&below(at, "grantControls"), "authenticationStrength");
            self.inner_strength(document, strength, &at);
        }
        self.keep(
            document,
            Kind::ConditionalAccessPolicy,
            raw,
            at,
            lost,
            false,
        );
    }

    /// What Graph has a member for and does not use.
    fn check_idle(&mut self, document: &ExportDocument, raw: &Map<String, Value>, at: &str) {
        let mut tell = |value: Option<&Value>, pointer: &str, what: &str| {
            if value.is_some_and(holds_something) {
                self.findings.note(|| {
                    Finding::hint(Code::Repaired, format!("{what}: it was left out"))
                        .at(document.place(&format!("{at}{pointer}")))
                });
            }
        };
        let what = "Graph does not use the `description` of a policy";
        tell(raw.get("description"), "/description", what);
        let session = raw.get("sessionControls");
        let Some(frequency) = session.and_then(|session| session.get("signInFrequency")) else {
            return;
        };
        if text_of(frequency, "frequencyInterval") == "everyTime" {
            for name in ["value", "type"] {
                let pointer = format!("/sessionControls/signInFrequency/{name}");
                let what = format!("`{name}` of a sign-in frequency of every time means nothing");
                tell(frequency.get(name), &pointer, &what);
            }
        }
    }

    /// A policy without any condition is none, and nobody knows whom it was for.
    fn check_conditions(
        &mut self,
        document: &ExportDocument,
        raw: &Map<String, Value>,
        lost: bool,
        at: &str,
    ) -> bool {
        let missing = !lost && !raw.get("conditions").is_some_and(Value::is_object);
        if missing {
            self.findings.error(|| {
                Finding::error(Code::MissingProperty, "the policy has no conditions")
                    .at(document.place(at))
                    .help("export the whole policy, or remove this one from the export")
            });
        }
        missing
    }

    /// CA-R10: without an operator nobody knows whether all of several controls are needed or one
    /// is enough. Of a single one it says nothing.
    fn check_operator(
        &mut self,
        document: &ExportDocument,
        raw: &mut Map<String, Value>,
        at: &str,
    ) -> bool {
        let Some(Value::Object(grant)) = raw.get_mut("grantControls") else {
            return false;
        };
        if !text(grant, "operator").is_empty() {
            return false;
        }
        let mut controls: Vec<&Value> = Vec::new();
        for name in [
            "builtInControls",
            "customAuthenticationFactors",
            "termsOfUse",
        ] {
            let list = grant.get(name).and_then(Value::as_array);
            controls.extend(list.into_iter().flatten());
        }
        controls.extend(
            grant
                .get("authenticationStrength")
                .filter(|s| holds_something(s)),
        );
        let mut different: Vec<&Value> = Vec::new();
        for control in controls {
            if !different.contains(&control) {
                different.push(control);
            }
        }
        let several = different.len() > 1;
        if different.len() == 1 {
            grant.insert("operator".to_owned(), "OR".into());
        } else if !several {
            return false;
        }
        let place = || document.key_place(&below(at, "grantControls"));
        if several {
            self.findings.error(|| {
                Finding::error(
                    Code::MissingProperty,
                    "`grantControls` has several controls and no `operator`: it is not known whether all of them are needed or one is enough; the policy was not imported",
                )
                .rule(Graph::CaR10)
                .at(place())
                .help("give it `\"operator\": \"AND\"` if all are needed, or `\"operator\": \"OR\"` if one is enough, as in the tenant; or export the policy again")
            });
        } else {
            self.findings.note(|| {
                let message = "`grantControls` has no `operator`: it is read as `OR`, which makes no difference for a single control";
                Finding::hint(Code::Repaired, message).at(place())
            });
        }
        several
    }

    /// Session controls that hold something and do not say whether they are on: left out, the
    /// policy would be without them.
    fn check_switches(
        &mut self,
        document: &ExportDocument,
        raw: &mut Map<String, Value>,
        at: &str,
    ) {
        let Some(Value::Object(session)) = raw.get_mut("sessionControls") else {
            return;
        };
        let facts = Facts::get();
        let known = facts.properties("conditionalAccessSessionControls", Edition::Beta);
        for (name, control) in session.iter_mut() {
            let switched = (known.get(name.as_str())).is_some_and(|property| {
                let of = facts.properties(&property.type_name, Edition::Beta);
                of.contains_key("isEnabled")
            });
            let Some(control) = control.as_object_mut().filter(|_| switched) else {
                continue;
            };
            let says = control.get("isEnabled").is_some_and(Value::is_boolean);
            if says || !control.values().any(holds_something) {
                continue;
            }
            control.insert("isEnabled".to_owned(), true.into());
            self.findings.note(|| {
                let message = format!("`{name}` does not say `isEnabled`: it is read as enabled");
                Finding::warning(Code::MissingProperty, message)
                    .at(document.key_place(&format!("{at}/sessionControls/{name}")))
                    .help("check whether it is enabled in the tenant, and remove it if not")
            });
        }
    }

    /// `enumerated` tenants without a list: the SDK keeps the list in `AdditionalProperties`,
    /// and what copies its typed members alone loses it. A list that is there and empty is one.
    fn check_guests(
        &mut self,
        document: &ExportDocument,
        raw: &Map<String, Value>,
        at: &str,
    ) -> bool {
        let mut lost = false;
        for side in [
            "includeGuestsOrExternalUsers",
            "excludeGuestsOrExternalUsers",
        ] {
            let pointer = format!("/conditions/users/{side}/externalTenants");
            let guests = raw
                .get("conditions")
                .and_then(|c| c.get("users")?.get(side))
                .filter(|guests| guests.is_object());
            let Some(guests) = guests else { continue };
            let tenants = guests.get("externalTenants").unwrap_or(&Value::Null);
            let place = || document.place(&format!("{at}{pointer}"));
            if tenants.is_null() {
                self.findings.note(|| {
                    Finding::warning(
                        Code::GraphRule,
                        format!(
                            "`{side}` has no `externalTenants`: guests of all tenants are meant"
                        ),
                    )
                    .rule(Graph::CaR27)
                    .at(place())
                    .help("check whether all are meant; the manifest says so")
                });
                continue;
            }
            let enumerated = text_of(tenants, "membershipKind") == "enumerated";
            let members = tenants.get("members").filter(|members| !members.is_null());
            if enumerated && members.is_none() {
                lost = true;
                self.findings.error(|| {
                    Finding::error(
                        Code::LostData,
                        format!("the export has lost the tenants that `{side}` lists: `membershipKind` is `enumerated` and there are no `members`"),
                    )
                    .at(place())
                    .help("export the policy again as Graph's own JSON, for example with `Invoke-MgGraphRequest`")
                });
            }
        }
        lost
    }

    /// Conditions that Graph's own JSON has as an object with nothing in it: whoever emptied them
    /// made the policy wide. PowerShell writes null into each member of a condition that is none.
    fn check_emptied(
        &mut self,
        document: &ExportDocument,
        map: &Map<String, Value>,
        raw: &Map<String, Value>,
        at: &str,
    ) {
        let Some(Value::Object(conditions)) = map.get("conditions") else {
            return;
        };
        let blocks = raw
            .get("grantControls")
            .and_then(|grant| grant.get("builtInControls")?.as_array())
            .is_some_and(|controls| controls.iter().any(|control| control == "block"));
        let does = if blocks { "blocks" } else { "applies" };
        for (name, rule, wide) in [
            ("platforms", Graph::CaR62, "on every platform"),
            ("locations", Graph::CaR63, "everywhere"),
        ] {
            let Some(Value::Object(condition)) = conditions.get(name) else {
                continue;
            };
            let mut lists = condition
                .values()
                .filter(|value| value.is_array())
                .peekable();
            if lists.peek().is_none() || condition.values().any(holds_something) {
                continue;
            }
            self.findings.note(|| {
                Finding::warning(
                    Code::GraphRule,
                    format!("`{name}` is empty, which is no condition: the policy {does} {wide}"),
                )
                .rule(rule)
                .at(document.place(&format!("{at}/conditions/{name}")))
                .help("check whether that is intended; an export may have lost the content")
            });
        }
    }

    /// A strength inside a policy: its name, and the whole of it when it is the tenant's own.
    fn inner_strength(
        &mut self,
        document: &ExportDocument,
        strength: Map<String, Value>,
        at: &str,
    ) {
        self.names.add(
            RefKind::Strength,
            text(&strength, "id"),
            text(&strength, "displayName"),
        );
        let whole = strength
            .get("allowedCombinations")
            .is_some_and(holds_something);
        if whole
            && text(&strength, "policyType") == "custom"
            && !text(&strength, "displayName").is_empty()
        {
            self.keep(
                document,
                Kind::AuthenticationStrength,
                strength,
                at,
                false,
                true,
            );
        }
    }

    fn template(&mut self, document: &ExportDocument, map: &Map<String, Value>, at: &str) {
        let name = text(map, "name");
        let empty = Map::new();
        let details = member(map, "details").and_then(Value::as_object);
        let details_at = below(at, "details");
        let (mut raw, mut lost) = self.mend(
            document,
            Kind::ConditionalAccessPolicy,
            details.unwrap_or(&empty),
            &details_at,
        );
        lost |= self.check_conditions(document, &raw, lost, &below(at, "name"));
        lost = lost || self.check_operator(document, &mut raw, &details_at);
        self.check_switches(document, &mut raw, &details_at);
        raw.insert("displayName".to_owned(), name.into());
        raw.insert("state".to_owned(), REPORT_ONLY.into());
        raw.insert(
            "templateId".to_owned(),
            canonical_id(text(map, "id")).into(),
        );
        self.findings.note(|| Finding::hint(
                Code::Repaired,
                format!("`{name}` is a template: the policy created from it is report-only, because a template has no state"),
            )
            .at(document.place(&below(at, "name"))));
        self.keep(
            document,
            Kind::ConditionalAccessPolicy,
            raw,
            &details_at,
            lost,
            false,
        );
        if let Some(last) = self
            .objects
            .last_mut()
            .filter(|last| last.object.name() == name)
        {
            last.template = true;
        }
    }

    fn location(&mut self, document: &ExportDocument, map: &Map<String, Value>, at: &str) {
        let (mut raw, mut lost) = self.mend(document, Kind::NamedLocation, map, at);
        if raw.get("countriesAndRegions").is_some_and(holds_something) {
            self.drop_what_countries_lack(document, map, &mut raw, at);
        }
        let stated = raw
            .get("@odata.type")
            .and_then(Value::as_str)
            .unwrap_or_default();
        let ranges = raw.get("ipRanges").is_some_and(holds_something);
        let countries = raw.get("countriesAndRegions").is_some_and(holds_something);
        let unknown_countries =
            raw.get("includeUnknownCountriesAndRegions") == Some(&Value::Bool(true));
        let compliant = stated.ends_with("compliantNetworkNamedLocation")
            || raw.get("compliantNetworkType").is_some_and(holds_something);
        if ranges && countries && stated.is_empty() && !lost {
            lost = true;
            self.findings.error(|| {
                Finding::error(
                    Code::LostData,
                    "the named location has both IP ranges and countries, and no `@odata.type` that says which of them it is made of",
                )
                .at(document.place(&below(at, "displayName")))
                .help("remove the list that is not meant, or export the location again as Graph's own JSON")
            });
        }
        if stated == "#microsoft.graph.namedLocation" {
            raw.shift_remove("@odata.type");
        }
        if !(ranges || countries || unknown_countries || compliant || lost) {
            lost = true;
            self.findings.error(|| Finding::error(
                    Code::LostData,
                    "the export has lost the content of the named location: it has neither IP ranges nor countries",
                )
                .at(document.place(&below(at, "displayName")))
                .help("export it again as Graph's own JSON, or with its `AdditionalProperties` and `-Depth 10`"));
        }
        self.keep(document, Kind::NamedLocation, raw, at, lost, false);
    }

    /// NL-R14: `isTrusted` is no member of a location made of countries, and an empty way to look
    /// them up is refused. Exports of some tools have both.
    fn drop_what_countries_lack(
        &mut self,
        document: &ExportDocument,
        map: &Map<String, Value>,
        raw: &mut Map<String, Value>,
        at: &str,
    ) {
        let mut drop = |name: &str, why: &str| {
            raw.shift_remove(name);
            self.findings.note(|| {
                Finding::hint(Code::Repaired, format!("`{name}` {why}: it was left out"))
                    .rule(Graph::NlR14)
                    .at(document.place(&below(at, name)))
            });
        };
        if member(map, "isTrusted") == Some(&Value::Bool(false)) {
            drop(
                "isTrusted",
                "is not a member of a location made of countries",
            );
        }
        let method = member(map, "countryLookupMethod").and_then(Value::as_str);
        if method.is_some_and(|method| method.trim().is_empty()) {
            drop("countryLookupMethod", "is empty");
        }
    }

    fn strength(
        &mut self,
        document: &ExportDocument,
        map: &Map<String, Value>,
        at: &str,
        companion: bool,
    ) {
        let (raw, mut lost) = self.mend(document, Kind::AuthenticationStrength, map, at);
        let built_in = built_in_by_id(text(&raw, "id")).is_some();
        if built_in || text(&raw, "policyType") == "builtIn" {
            // Every tenant has it, and nobody can change it.
            self.names.add(
                RefKind::Strength,
                text(&raw, "id"),
                text(&raw, "displayName"),
            );
            self.of_microsoft += 1;
            return;
        }
        if !lost && !raw.get("allowedCombinations").is_some_and(holds_something) {
            lost = true;
            self.findings.error(|| {
                Finding::error(
                    Code::LostData,
                    "the authentication strength has no `allowedCombinations`",
                )
                .at(document.place(&below(at, "displayName")))
                .help("export the whole object again")
            });
        }
        self.keep(
            document,
            Kind::AuthenticationStrength,
            raw,
            at,
            lost,
            companion,
        );
    }

    fn group(&mut self, document: &ExportDocument, map: &Map<String, Value>, at: &str) {
        let (mut raw, mut lost) = self.mend(document, Kind::Group, &modelled(Kind::Group, map), at);
        if !stated_type(map).is_empty() {
            raw.insert("@odata.type".to_owned(), "#microsoft.graph.group".into());
        }
        match member(map, "members").filter(|_| !lost) {
            Some(members) => match self.members(document, members, &below(at, "members")) {
                Ok(Some(ids)) => {
                    raw.insert("members".to_owned(), ids.into());
                }
                Ok(None) => {
                    raw.shift_remove("members");
                }
                Err(why) => {
                    lost = true;
                    self.findings.error(|| {
                        let message = format!("`members` holds {why}: it is not known who is in the group");
                        Finding::error(Code::WrongType, message)
                            .at(document.place(&below(at, "members")))
                            .help("a member is an id, a user principal name, or an object with an `id`; without `members`, the group's members are left alone")
                    });
                }
            },
            None => {
                raw.shift_remove("members");
            }
        }
        self.keep(document, Kind::Group, raw, at, lost, true);
    }

    /// The ids in a group's `members`, expanded or not; the names of expanded ones are kept. None
    /// where it does not say who they are: written down as nobody, all would be taken out.
    fn members(
        &mut self,
        document: &ExportDocument,
        members: &Value,
        at: &str,
    ) -> Result<Option<Vec<Value>>, &'static str> {
        let items: Vec<&Value> = match members {
            Value::Array(items) => items.iter().collect(),
            // What PowerShell makes of some lists, and of a list of one.
            Value::Object(map) if map.get("value").is_some_and(Value::is_array) => {
                let list = map.get("value").and_then(Value::as_array);
                list.into_iter().flatten().collect()
            }
            one => vec![one],
        };
        let nobody = items.is_empty();
        let mut ids = Vec::with_capacity(items.len());
        for item in items.into_iter().filter(|item| holds_something(item)) {
            match item {
                Value::String(text) => {
                    let parts = joined::parts("members", "Edm.String", text);
                    let parts = parts.unwrap_or_else(|| vec![text.as_str()]);
                    if parts.iter().any(|part| joined::holds_more(part)) {
                        return Err("a string with an id or a user and more");
                    }
                    if parts.len() > 1 {
                        self.findings.note(|| {
                            let how = "`members` has several values in one string, which was split";
                            Finding::hint(Code::Repaired, how).at(document.place(at))
                        });
                    }
                    ids.extend(parts.into_iter().map(canonical_id));
                }
                Value::Object(found) => {
                    let id = match user_id(found) {
                        "" => text(found, "userPrincipalName"),
                        id => id,
                    };
                    let id = canonical_id(id);
                    if id.is_empty() {
                        return Err("an object without an `id`");
                    }
                    self.names.take_directory_object(found);
                    ids.push(id);
                }
                _ => return Err("what is not an id"),
            }
        }
        ids.retain(|id| !id.is_empty());
        let said = nobody || !ids.is_empty();
        Ok(said.then(|| ids.into_iter().map(Value::from).collect()))
    }

    fn user(&mut self, document: &ExportDocument, map: &Map<String, Value>, at: &str) {
        self.names
            .add(RefKind::User, user_id(map), text(map, "userPrincipalName"));
        if text(map, "employeeType") == TEST_USER_MARK {
            let modelled = modelled(Kind::TestUser, map);
            let (mut raw, lost) = self.mend(document, Kind::TestUser, &modelled, at);
            raw.shift_remove("memberOf");
            if !stated_type(map).is_empty() {
                raw.insert("@odata.type".to_owned(), "#microsoft.graph.user".into());
            }
            self.keep(document, Kind::TestUser, raw, at, lost, true);
        }
    }

    /// Keeps an object, and the name it gives to its id.
    fn keep(
        &mut self,
        document: &ExportDocument,
        kind: Kind,
        mut raw: Map<String, Value>,
        at: &str,
        lost: bool,
        companion: bool,
    ) {
        if text(&raw, "displayName").is_empty() {
            let stem = document
                .file
                .path
                .file_stem()
                .map(|s| s.to_string_lossy().into_owned());
            let stem = stem.unwrap_or_else(|| kind.words().to_owned());
            self.findings.note(|| {
                Finding::warning(
                    Code::MissingProperty,
                    format!(
                        "the {} has no `displayName`: it gets the name of its file, `{stem}`",
                        kind.words()
                    ),
                )
                .at(document.place(at))
            });
            raw.insert("displayName".to_owned(), stem.into());
        }
        // What stands for an id in the other objects has this name.
        if let Some(reference) = reference_kind(kind)
            && is_placeholder(text(&raw, "id"))
        {
            let name = text(&raw, "displayName").to_owned();
            self.stand_ins
                .entry((reference, text(&raw, "id").to_owned()))
                .or_insert(name);
        }
        // An id that a template or a script put there for all objects tells none of them.
        let no_id =
            |id: &str| id.is_empty() || is_placeholder(id) || id == special::MFA_TRUSTED_IPS;
        if no_id(text(&raw, "id")) {
            raw.shift_remove("id");
        }
        if let Some(reference) = reference_kind(kind) {
            self.names
                .add(reference, text(&raw, "id"), text(&raw, "displayName"));
        }
        if lost {
            self.unread.push(kind);
            return;
        }
        let raw = Value::Object(raw);
        match Object::from_value(kind, &without_nulls(&raw)) {
            Ok(object) => self.objects.push(Exported {
                kind,
                unknown: match kind {
                    // Open types: much that gatewright never reads or sends.
                    Kind::Group | Kind::TestUser => Vec::new(),
                    _ => unknown_members(kind.graph_type(), &raw),
                },
                object,
                raw,
                source: document.source(&below(at, "displayName")),
                companion,
                template: false,
            }),
            Err(error) => {
                self.unread.push(kind);
                self.findings.error(|| {
                    Finding::error(
                        Code::UnreadableObject,
                        format!("the {} cannot be understood: {error}", kind.words()),
                    )
                    .at(document.place(&below(at, "displayName")))
                    .help("correct the export, or export the object again")
                });
            }
        }
    }
}

fn text_of<'a>(value: &'a Value, name: &str) -> &'a str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// Members that tools add to a policy and that are no part of it.
fn is_of_a_tool(name: &str) -> bool {
    let of_cipp = [
        "LocationInfo",
        "GroupInfo",
        "AuthContextInfo",
        "tenantFilter",
        "GUID",
        "RowKey",
        "PartitionKey",
    ];
    is_of_powershell(name) || of_cipp.iter().any(|known| known.eq_ignore_ascii_case(name))
}

/// Members that PowerShell adds to whatever comes from another session.
fn is_of_powershell(name: &str) -> bool {
    ["PSComputerName", "RunspaceId", "PSShowComputerName"]
        .iter()
        .any(|known| known.eq_ignore_ascii_case(name))
}

/// The members of a group or user that the model has: they hold much that has no part in
/// Conditional Access.
fn modelled(kind: Kind, map: &Map<String, Value>) -> Map<String, Value> {
    let model = match kind {
        Kind::TestUser => Object::TestUser(TestUser::default()).to_value(),
        _ => Object::Group(Group::default()).to_value(),
    };
    let known = |name: &str| {
        name.eq_ignore_ascii_case("ObjectId")
            || model
                .as_object()
                .is_some_and(|model| model.keys().any(|key| key.eq_ignore_ascii_case(name)))
    };
    map.iter()
        .filter(|(name, _)| known(name))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}
