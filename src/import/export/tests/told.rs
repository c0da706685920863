//! What is told about an export: enough, once, and true.

use super::*;

fn with(name: &str, change: impl FnOnce(&mut Value)) -> Value {
    let mut policy = policy(name);
    change(&mut policy);
    policy
}

#[test]
fn an_id_that_all_objects_share_as_a_placeholder_tells_none_of_them() {
    for id in ["<ID>", "00000000-0000-0000-0000-000000000000", ""] {
        let of = |name| with(name, |policy| policy["id"] = id.into());
        let export = of_value(&json!([of("A"), of("B")]));
        assert_eq!(names(&export), ["A", "B"], "{id}");
        assert_eq!(told(&export), [""; 0], "{id}");
    }
}

#[test]
fn a_state_that_is_none_is_told_once() {
    let export = of_value(&with("A", |policy| policy["state"] = "simulate".into()));
    insta::assert_snapshot!(told(&export).join("\n"), @"warning bad-value export.json:1:72: `simulate` is not a policy state: it is read as report-only");
    let export = of_value(&with("A", |policy| policy["state"] = 5.into()));
    insta::assert_snapshot!(told(&export).join("\n"), @"error wrong-type export.json:1:72: `state` is not a string: some tools write a number here, whose meaning is not known");
    assert_eq!(export.unread, [Kind::ConditionalAccessPolicy]);
}

#[test]
fn what_a_template_says_of_its_user_is_a_placeholder() {
    let export = of_value(&with("A", |policy| {
        policy["conditions"]["users"]["excludeUsers"] =
            json!(["Current administrator will be excluded"]);
    }));
    insta::assert_snapshot!(told(&export).join("\n"), @"warning placeholder export.json:1:273: `Current administrator will be excluded` in `excludeUsers` is a placeholder, neither a name nor an id; it is kept");
}

#[test]
fn two_names_that_others_give_to_one_id_are_told() {
    let table = |name: &str| {
        json!({"TenantId": ID, "Objects": [{"Id": GROUP, "DisplayName": name, "Type": "Group"}]})
            .to_string()
    };
    let (one, two) = (table("One"), table("Two"));
    let files = [("a.json", one.as_str()), ("b.json", two.as_str())];
    insta::assert_snapshot!(told(&of(&files)).join("\n"), @"warning duplicate-object: the export calls `aaaaaaaa-0000-0000-0000-000000000001` both `One` and `Two`: the first name is used");
    assert_eq!(told(&of(&[("a.json", &one), ("b.json", &one)])), [""; 0]);
    // The group's own file knows best.
    let own = json!({"id": GROUP, "displayName": "Three", "securityEnabled": true}).to_string();
    let export = of(&[files[0], files[1], ("c.json", &own)]);
    assert_eq!(told(&export), [""; 0]);
}

#[test]
fn an_object_that_is_not_understood_among_others_is_told() {
    let bare = json!({"displayName": "B", "state": "enabled", "conditions": null});
    let export = of_value(&json!({"value": [policy("A"), bare]}));
    assert_eq!(names(&export), ["A"]);
    insta::assert_snapshot!(told(&export).join("\n"), @"warning passed-over export.json:1:330: this object is not understood, unlike others in its list; it is left out");
}

#[test]
fn an_empty_page_of_ours_is_no_fault_and_an_error_of_graph_is_one() {
    let context =
        "https://graph.microsoft.com/v1.0/$metadata#identity/conditionalAccess/namedLocations";
    let page = json!({"@odata.context": context, "value": []});
    assert_eq!(told(&of_value(&page)), [""; 0]);
    let error = json!({"error": {"code": "Forbidden", "message": "no"}});
    insta::assert_snapshot!(told(&of_value(&error)).join("\n"), @"warning partial-list export.json:1:1: this is an error that Graph returned, not an export: Forbidden: no");
}

#[test]
fn what_stands_in_the_place_of_additional_properties_is_not_lost_in_silence() {
    let export = of_value(&with("A", |policy| {
        policy["conditions"]["AdditionalProperties"] =
            json!([{"Key": "insiderRiskLevels", "Value": "minor"}]);
    }));
    assert_eq!(names(&export), [""; 0]);
    insta::assert_snapshot!(told(&export).join("\n"), @"error wrong-type export.json:1:281: `AdditionalProperties` is an object in PowerShell's export");
}
