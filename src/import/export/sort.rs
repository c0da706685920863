//! What a JSON object of an export is: told by its type annotation, else by its members, and
//! only where those are not clear by the folder or list it stands in.

use serde_json::{Map, Value};

use crate::model::Kind;
use crate::model::conditions::CONDITIONS;
use crate::text::is_guid;

/// What an object is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum What {
    /// A Conditional Access policy.
    Policy,
    /// One of Microsoft's policy templates.
    Template,
    /// A named location.
    Location,
    /// An authentication strength.
    Strength,
    /// An authentication context.
    Context,
    /// A group.
    Group,
    /// A user.
    User,
    /// A service principal: names its object id and its app id.
    ServicePrincipal,
    /// An application: names its app id.
    Application,
    /// A terms-of-use agreement.
    Agreement,
    /// A directory role or its definition.
    Role,
    /// An object of Graph that has no part in Conditional Access.
    Foreign,
}

impl What {
    /// The kind of manifest that is made of it, if one is.
    pub(crate) fn kind(self) -> Option<Kind> {
        match self {
            What::Policy | What::Template => Some(Kind::ConditionalAccessPolicy),
            What::Location => Some(Kind::NamedLocation),
            What::Strength => Some(Kind::AuthenticationStrength),
            What::Context => Some(Kind::AuthenticationContext),
            What::Group => Some(Kind::Group),
            What::User
            | What::ServicePrincipal
            | What::Application
            | What::Agreement
            | What::Role
            | What::Foreign => None,
        }
    }
}

/// The member `name`, in any letter case, of the object or of its `AdditionalProperties`.
pub(crate) fn member<'a>(map: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    let own = |map: &'a Map<String, Value>, name: &str| {
        map.get(name).or_else(|| {
            map.iter()
                .find(|(key, _)| key.eq_ignore_ascii_case(name))
                .map(|(_, value)| value)
        })
    };
    own(map, name).filter(|value| !value.is_null()).or_else(|| {
        match own(map, "AdditionalProperties") {
            Some(Value::Object(more)) => own(more, name).filter(|value| !value.is_null()),
            _ => None,
        }
    })
}

/// The text of the member `name`; empty when there is none.
pub(crate) fn text<'a>(map: &'a Map<String, Value>, name: &str) -> &'a str {
    member(map, name)
        .and_then(Value::as_str)
        .unwrap_or_default()
}

/// True for `c1` to `c99`.
pub(crate) fn is_context_id(id: &str) -> bool {
    id.strip_prefix(['c', 'C']).is_some_and(|number| {
        (1..=2).contains(&number.len())
            && number.bytes().all(|b| b.is_ascii_digit())
            && !number.starts_with('0')
    })
}

/// What stands in the folder, or under the member, of this name.
pub(crate) fn by_place(name: &str) -> Option<What> {
    let folded: String = name
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|c| c.to_ascii_lowercase())
        .collect();
    Some(match folded.as_str() {
        "conditionalaccess"
        | "conditionalaccesspolicies"
        | "conditionalaccesspolicy"
        | "capolicies" => What::Policy,
        "conditionalaccesstemplates" | "catemplates" => What::Template,
        "namedlocations" | "namedlocation" | "locationinfo" => What::Location,
        "authenticationstrengths"
        | "authenticationstrength"
        | "authenticationstrengthpolicies"
        | "authstrengths" => What::Strength,
        "authenticationcontexts"
        | "authenticationcontext"
        | "authenticationcontextclassreferences"
        | "authcontexts"
        | "authcontextinfo" => What::Context,
        "groups" | "groupinfo" => What::Group,
        "users" => What::User,
        "serviceprincipals" | "enterpriseapplications" => What::ServicePrincipal,
        "applications" | "appregistrations" => What::Application,
        "agreements" | "termsofuse" | "termsofuses" => What::Agreement,
        "directoryroles" | "directoryroletemplates" | "roledefinitions" => What::Role,
        _ => return None,
    })
}

/// What a list holds by its `@odata.context`.
pub(crate) fn by_context(context: &str) -> Option<What> {
    let (_, path) = context.split_once("$metadata#")?;
    let path = path.trim_end_matches("/$entity").to_ascii_lowercase();
    let path = path.split('(').next().unwrap_or_default();
    [
        ("conditionalaccess/policies", What::Policy),
        ("conditionalaccess/templates", What::Template),
        ("namedlocations", What::Location),
        ("strengths/policies", What::Strength),
        ("authenticationstrengthpolicies", What::Strength),
        ("authenticationcontextclassreferences", What::Context),
        ("groups", What::Group),
        ("users", What::User),
        ("serviceprincipals", What::ServicePrincipal),
        ("applications", What::Application),
        ("agreements", What::Agreement),
        ("directoryroles", What::Role),
        ("directoryroletemplates", What::Role),
        ("roledefinitions", What::Role),
    ]
    .into_iter()
    .find(|(end, _)| path.ends_with(end))
    .map(|(_, what)| what)
}

fn by_type(name: &str) -> Option<What> {
    let name = name.trim_start_matches('#');
    let name = name
        .strip_prefix("microsoft.graph.")
        .or_else(|| name.strip_prefix("Microsoft.Graph."))?;
    Some(match name {
        "conditionalAccessPolicy" | "whatIfAnalysisResult" => What::Policy,
        "conditionalAccessTemplate" => What::Template,
        "authenticationStrengthPolicy" => What::Strength,
        "authenticationContextClassReference" => What::Context,
        "group" => What::Group,
        "user" => What::User,
        "servicePrincipal" | "agentIdentity" => What::ServicePrincipal,
        "application" => What::Application,
        "agreement" => What::Agreement,
        "directoryRole" | "directoryRoleTemplate" | "unifiedRoleDefinition" => What::Role,
        _ if name.to_ascii_lowercase().ends_with("namedlocation") => What::Location,
        _ => What::Foreign,
    })
}

/// The stated type of an object, `#microsoft.graph.x`, under whichever name it stands.
pub(crate) fn stated_type(map: &Map<String, Value>) -> &str {
    match text(map, "@odata.type") {
        "" => text(map, "OdataType"),
        stated => stated,
    }
}

/// What `map` is; `None` when it is nothing that is known, and may hold objects itself.
/// `place` is what stands where the object was found.
pub(crate) fn what(map: &Map<String, Value>, place: Option<What>) -> Option<What> {
    if let Some(what) = by_type(stated_type(map)) {
        return Some(what);
    }
    let named = !text(map, "displayName").is_empty();
    let found = by_members(map, place, named);
    // An object without a name gets that of its file, and must not become another by it.
    found.filter(|_| named || by_members(map, place, true) == found)
}

/// Lists by whose names objects are told.
const LISTS: [&str; 6] = [
    "ipRanges",
    "countriesAndRegions",
    "allowedCombinations",
    "groupTypes",
    "servicePrincipalNames",
    "rolePermissions",
];

/// True unless the value is made of nothing but blanks, empty lists and nulls.
fn says_something(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::String(text) => !text.trim().is_empty(),
        Value::Array(items) => items.iter().any(says_something),
        Value::Bool(_) | Value::Number(_) | Value::Object(_) => true,
    }
}

/// What the members of `map` say that it is; `named`: it has a name.
fn by_members(map: &Map<String, Value>, place: Option<What>, named: bool) -> Option<What> {
    // What is mended to nothing shows nothing; an empty list is what Graph answers.
    let has = |name: &str| {
        member(map, name).is_some_and(|value| LISTS.contains(&name) || says_something(value))
    };
    let id = text(map, "id").trim_matches(['{', '}', ' ']);

    let place = by_context(text(map, "@odata.context"))
        .filter(|_| named || has("name"))
        .or(place);
    match member(map, "conditions") {
        Some(Value::Object(conditions))
            if (conditions.keys()).any(|key| {
                CONDITIONS
                    .iter()
                    .any(|row| row.name.eq_ignore_ascii_case(key))
            }) =>
        {
            return Some(What::Policy);
        }
        Some(_) if named && (has("state") || place == Some(What::Policy)) => {
            return Some(What::Policy);
        }
        _ => {}
    }
    if named && has("state") && (has("grantControls") || has("sessionControls")) {
        return Some(What::Policy);
    }
    if let Some(Value::Object(details)) = member(map, "details")
        && has("name")
        && member(details, "conditions").is_some()
    {
        return Some(What::Template);
    }
    if has("ipRanges") && named || has("countriesAndRegions") || has("compliantNetworkType") {
        return Some(What::Location);
    }
    if has("allowedCombinations") && (named || !id.is_empty()) {
        return Some(What::Strength);
    }
    if named && is_context_id(id) && (has("isAvailable") || place == Some(What::Context)) {
        return Some(What::Context);
    }
    if named && (has("securityEnabled") || has("groupTypes")) {
        return Some(What::Group);
    }
    let log = has("userId") || has("userDisplayName");
    if has("userPrincipalName") && is_guid(user_id(map)) && !log {
        return Some(What::User);
    }
    if named && is_guid(text(map, "appId")) && !log {
        let principal = place == Some(What::ServicePrincipal)
            || has("servicePrincipalType")
            || has("servicePrincipalNames");
        return Some(if principal {
            What::ServicePrincipal
        } else {
            What::Application
        });
    }
    if named && has("isViewingBeforeAcceptanceRequired") {
        return Some(What::Agreement);
    }
    if named && (has("roleTemplateId") || has("rolePermissions")) {
        return Some(What::Role);
    }
    // What the object itself does not say, its place may.
    match place? {
        What::Context if is_context_id(id) => place,
        What::Policy if named && has("state") => place,
        What::Location | What::Strength | What::Group | What::Agreement | What::Role
            if named && is_guid(id) =>
        {
            place
        }
        What::ServicePrincipal | What::Application if named && is_guid(text(map, "appId")) => place,
        _ => None,
    }
}

/// The id of a user or group; the older module calls it `ObjectId`.
pub(crate) fn user_id(map: &Map<String, Value>) -> &str {
    match text(map, "id") {
        "" => text(map, "ObjectId"),
        id => id,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn of(value: &Value, place: Option<What>) -> Option<What> {
        what(value.as_object().unwrap(), place)
    }

    #[test]
    fn what_is_mended_to_nothing_tells_no_kind() {
        for nothing in [json!([]), json!(" "), json!([null, ""])] {
            let odd = json!({"displayName": "x", "securityEnabled": nothing});
            assert_eq!(of(&odd, None), None, "{odd}");
        }
        let group = json!({"displayName": "x", "groupTypes": []});
        assert_eq!(of(&group, None), Some(What::Group));
    }

    #[test]
    fn the_name_of_its_file_makes_no_other_object_of_it() {
        let id = "11111111-2222-3333-4444-555555555555";
        for (of_kind, what) in [
            (
                json!({"id": id, "allowedCombinations": ["fido2"]}),
                What::Strength,
            ),
            (json!({"id": id, "userPrincipalName": "a@b.c"}), What::User),
        ] {
            assert_eq!(of(&of_kind, None), Some(what));
            let mut odd = of_kind;
            odd["ipRanges"] = json!(false);
            assert_eq!(of(&odd, None), None, "{odd}");
        }
    }

    #[test]
    fn content_tells_the_kind() {
        let id = "11111111-2222-3333-4444-555555555555";
        for (value, expected) in [
            (
                json!({"displayName": "P", "conditions": {"users": {}}}),
                Some(What::Policy),
            ),
            (
                json!({"DisplayName": "P", "Conditions": {"Users": {}}}),
                Some(What::Policy),
            ),
            (
                json!({"displayName": "P", "state": "enabled", "grantControls": {}}),
                Some(What::Policy),
            ),
            (
                json!({"name": "T", "details": {"conditions": {}}}),
                Some(What::Template),
            ),
            (
                json!({"displayName": "L", "ipRanges": []}),
                Some(What::Location),
            ),
            (
                json!({"Id": id, "AdditionalProperties": {"@odata.type": "#microsoft.graph.ipNamedLocation"}}),
                Some(What::Location),
            ),
            (
                json!({"displayName": "S", "allowedCombinations": ["fido2"]}),
                Some(What::Strength),
            ),
            (
                json!({"id": "c1", "displayName": "C", "isAvailable": true}),
                Some(What::Context),
            ),
            (
                json!({"displayName": "G", "securityEnabled": true}),
                Some(What::Group),
            ),
            (
                json!({"id": id, "userPrincipalName": "a@b"}),
                Some(What::User),
            ),
            (
                json!({"id": id, "userId": id, "userPrincipalName": "a@b"}),
                None,
            ),
            (
                json!({"id": id, "appId": id, "displayName": "A", "servicePrincipalType": "Application"}),
                Some(What::ServicePrincipal),
            ),
            (
                json!({"appId": id, "displayName": "A"}),
                Some(What::Application),
            ),
            (
                json!({"@odata.type": "#microsoft.graph.windows10CompliancePolicy", "displayName": "X"}),
                Some(What::Foreign),
            ),
            (json!({"name": "package", "version": "1.0.0"}), None),
            (json!({"displayName": "X", "settings": []}), None),
        ] {
            assert_eq!(of(&value, None), expected, "{value}");
        }
    }

    #[test]
    fn the_place_helps_only_where_the_content_is_not_clear() {
        let id = "11111111-2222-3333-4444-555555555555";
        let bare = json!({"id": id, "displayName": "X"});
        assert_eq!(of(&bare, None), None);
        assert_eq!(of(&bare, by_place("Groups")), Some(What::Group));
        assert_eq!(of(&bare, by_place("Named Locations")), Some(What::Location));
        let group = json!({"id": id, "displayName": "X", "groupTypes": []});
        assert_eq!(of(&group, by_place("NamedLocations")), Some(What::Group));
    }

    #[test]
    fn a_context_url_tells_what_a_list_holds() {
        let of = |path: &str| {
            by_context(&format!(
                "https://graph.microsoft.com/beta/$metadata#{path}"
            ))
        };
        assert_eq!(
            of("identity/conditionalAccess/policies"),
            Some(What::Policy)
        );
        assert_eq!(
            of("identity/conditionalAccess/namedLocations/$entity"),
            Some(What::Location)
        );
        assert_eq!(of("groups(id,displayName)"), Some(What::Group));
        assert_eq!(of("deviceManagement/deviceCompliancePolicies"), None);
    }
}
