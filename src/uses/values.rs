//! What a policy names by values that are the same in manifests and in Graph, so that no name
//! becomes an id: beside the references of [`crate::model::refs`].

use super::UsedKind;
use crate::model::Object;
use crate::text::is_guid;

/// Every such value: what it stands for, the member that holds it as a JSON pointer, its text.
pub(super) fn values(object: &Object) -> Vec<(UsedKind, String, String)> {
    let mut found = Vec::new();
    let mut add = |kind: UsedKind, list: &str, items: &[String]| {
        let placed = items.iter().enumerate();
        found.extend(placed.map(|(at, text)| (kind, format!("{list}/{at}"), text.clone())));
    };
    match object {
        Object::ConditionalAccessPolicy(policy) => {
            let conditions = &policy.conditions;
            if let Some(users) = &conditions.users {
                for (member, guests) in [
                    ("include", &users.include_guests_or_external_users),
                    ("exclude", &users.exclude_guests_or_external_users),
                ] {
                    let tenants = guests
                        .as_ref()
                        .and_then(|one| one.external_tenants.as_ref());
                    let list = format!(
                        "/conditions/users/{member}GuestsOrExternalUsers/externalTenants/members"
                    );
                    let members = tenants.map(|one| one.members.0.as_slice());
                    add(UsedKind::ExternalTenant, &list, members.unwrap_or_default());
                }
            }
            if let Some(apps) = &conditions.applications {
                let list = "/conditions/applications/includeUserActions";
                add(UsedKind::UserAction, list, &apps.include_user_actions.0);
            }
            if let Some(clients) = &conditions.client_applications {
                for (member, items) in [
                    ("include", &clients.include_agent_id_service_principals),
                    ("exclude", &clients.exclude_agent_id_service_principals),
                ] {
                    let list =
                        format!("/conditions/clientApplications/{member}AgentIdServicePrincipals");
                    add(UsedKind::ServicePrincipal, &list, &items.0);
                }
            }
            if let Some(agents) = &conditions.agents {
                for (member, items) in [
                    ("include", &agents.include_agent_users),
                    ("exclude", &agents.exclude_agent_users),
                ] {
                    let list = format!("/conditions/agents/{member}AgentUsers");
                    add(UsedKind::User, &list, &items.0);
                }
            }
            if let Some(grant) = &policy.grant_controls {
                let list = "/grantControls/customAuthenticationFactors";
                let items = &grant.custom_authentication_factors.0;
                add(UsedKind::CustomControl, list, items);
            }
            let session = policy.session_controls.as_ref();
            let profile =
                session.and_then(|one| one.global_secure_access_filtering_profile.as_ref());
            if let Some(id) = profile.and_then(|one| one.profile_id.as_ref()) {
                let pointer = "/sessionControls/globalSecureAccessFilteringProfile/profileId";
                found.push((UsedKind::FilteringProfile, pointer.to_owned(), id.clone()));
            }
        }
        Object::Group(group) => {
            // `user.memberOf -any (group.objectId -in ['...'])`: members of these are members.
            let rule = group.membership_rule.as_deref().unwrap_or_default();
            if rule.to_lowercase().contains("group.objectid") {
                let words = rule.split(|c: char| !c.is_ascii_hexdigit() && c != '-');
                let ids = words.filter(|word| is_guid(word));
                let pointer = "/membershipRule".to_owned();
                found.extend(ids.map(|id| (UsedKind::Group, pointer.clone(), id.to_owned())));
            }
        }
        _ => {}
    }
    found
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::{Value, json};

    use super::*;
    use crate::model::Kind;
    use crate::model::policy::ConditionalAccessPolicy;

    /// Lists of texts that name no object.
    const NOT_OBJECTS: [&str; 8] = [
        "/conditions/agentContext/includeAgentContexts",
        "/conditions/agentContext/excludeAgentContexts",
        "/conditions/deviceStates/includeStates",
        "/conditions/deviceStates/excludeStates",
        "/conditions/devices/includeDevices",
        "/conditions/devices/excludeDevices",
        "/conditions/devices/includeDeviceStates",
        "/conditions/devices/excludeDeviceStates",
    ];

    /// Puts a text into every list of free texts that the schema has, and notes where.
    fn fill(schema: &Value, root: &Value, at: &str, lists: &mut Vec<String>) -> Value {
        if let Some(name) = schema["$ref"].as_str() {
            let found = root.pointer(name.trim_start_matches('#')).unwrap();
            return fill(found, root, at, lists);
        }
        for several in ["anyOf", "oneOf"] {
            let all = schema[several].as_array().into_iter().flatten();
            // A text alone, such as the name of a strength, is no list.
            if { all }.any(|one| one["type"] == "string") {
                return Value::Null;
            }
            for one in schema[several].as_array().into_iter().flatten() {
                let filled = fill(one, root, at, lists);
                if !filled.is_null() {
                    return filled;
                }
            }
        }
        let items = &schema["items"];
        if items["type"] == "string" && items["enum"].is_null() {
            lists.push(at.to_owned());
            return json!(["x"]);
        }
        let Some(properties) = schema["properties"].as_object() else {
            return Value::Null;
        };
        let members = properties.iter().filter_map(|(name, member)| {
            let filled = fill(member, root, &format!("{at}/{name}"), lists);
            (!filled.is_null()).then(|| (name.clone(), filled))
        });
        Value::Object(members.collect())
    }

    #[test]
    fn every_list_of_texts_of_a_policy_is_a_reference_or_names_no_object() {
        let schema = schemars::schema_for!(ConditionalAccessPolicy).to_value();
        let mut lists = Vec::new();
        let mut policy = fill(&schema, &schema, "", &mut lists);
        policy["displayName"] = "x".into();
        let object = Object::from_value(Kind::ConditionalAccessPolicy, &policy).unwrap();
        let own = object.references().into_iter().map(|(_, at, _)| at);
        let values = values(&object).into_iter().map(|(_, at, _)| at);
        let known: BTreeSet<String> = own
            .chain(values)
            .map(|at| crate::text::pointer::above(&at).to_owned())
            .chain(NOT_OBJECTS.map(str::to_owned))
            .collect();
        assert!(lists.len() > 20, "{lists:?}");
        for list in lists {
            assert!(known.contains(&list), "{list} is followed by nothing");
        }
    }

    #[test]
    fn a_rule_by_other_groups_names_them() {
        let id = "11111111-2222-3333-4444-555555555555";
        let rule = |rule: String| {
            let group = json!({"displayName": "x", "membershipRule": rule});
            values(&Object::from_value(Kind::Group, &group).unwrap())
        };
        let found = rule(format!("user.memberOf -any (group.objectId -in ['{id}'])"));
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].0, found[0].2.as_str()), (UsedKind::Group, id));
        let plan = format!("user.assignedPlans -any (assignedPlan.servicePlanId -eq \"{id}\")");
        assert_eq!(rule(plan), []);
    }
}
