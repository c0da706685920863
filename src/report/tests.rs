use super::card::card;
use super::matrix::{CellResult, CellWord, matrix};
use super::names::CalledNames;
use super::sets::JudgedSets;
use crate::model::Kind;
use crate::model::policy::ConditionalAccessPolicy;
use crate::whatif::{Environment, PolicySet, World};
use serde_json::{Value, json};

fn set(policies: &[Value]) -> PolicySet {
    let policies = policies
        .iter()
        .map(|policy| serde_json::from_value::<ConditionalAccessPolicy>(policy.clone()).unwrap());
    PolicySet {
        policies: policies.collect(),
        world: World {
            environment: Environment::default(),
            locations: vec![
                serde_json::from_value(json!({
                    "displayName": "HQ", "isTrusted": true, "ipRanges": ["203.0.113.0/24"]
                }))
                .unwrap(),
            ],
            ..World::default()
        },
    }
}

fn policy(name: &str, users: Value, more: Value, control: &str) -> Value {
    let mut conditions = json!({
        "users": users, "applications": { "includeApplications": ["All"] }
    });
    for (name, value) in more.as_object().unwrap() {
        conditions[name] = value.clone();
    }
    json!({
        "displayName": name, "state": "enabled", "conditions": conditions,
        "grantControls": { "operator": "OR", "builtInControls": [control] }
    })
}

/// What a kind of people gets in a situation, at all applications that are not named.
fn got(set: &PolicySet, people: &str, situation: &str) -> CellResult {
    let sets = JudgedSets::new(vec![set]);
    let matrix = matrix(&sets);
    let row = matrix
        .rows
        .iter()
        .find(|row| row.people.iter().any(|one| one == people));
    let row = row.unwrap_or_else(|| panic!("{people}: {:?}", matrix.rows));
    let at = matrix
        .situations
        .iter()
        .position(|one| one.title == situation);
    let at = at.unwrap_or_else(|| panic!("{situation}: {:?}", matrix.situations));
    row.cells[at].parts[0].got[0].clone()
}

#[test]
fn the_matrix_says_what_the_policies_do() {
    let all = json!({ "includeUsers": ["All"], "excludeGroups": ["Pilot"] });
    let set = set(&[
        policy("mfa", all.clone(), json!({}), "mfa"),
        policy(
            "legacy",
            json!({ "includeUsers": ["All"] }),
            json!({ "clientAppTypes": ["other"] }),
            "block",
        ),
        policy(
            "risk",
            json!({ "includeUsers": ["All"] }),
            json!({ "signInRiskLevels": ["high"] }),
            "block",
        ),
        policy(
            "device",
            json!({ "includeRoles": ["Global Administrator"] }),
            json!({ "locations": { "includeLocations": ["All"], "excludeLocations": ["AllTrusted"] } }),
            "compliantDevice",
        ),
    ]);
    let word = |people: &str, situation: &str| {
        let got = got(&set, people, situation);
        (got.word, got.asks)
    };
    let mfa = || vec![vec!["mfa".to_owned()]];
    assert_eq!(word("Everyone else", "Office"), (CellWord::Asked, mfa()));
    assert_eq!(
        word("Everyone else", "Outside, unmanaged device"),
        (CellWord::Asked, mfa())
    );
    assert_eq!(
        word("Members of Pilot", "Office"),
        (CellWord::Allowed, Vec::new())
    );
    for people in ["Everyone else", "Members of Pilot"] {
        assert_eq!(word(people, "Legacy client").0, CellWord::Blocked);
        assert_eq!(word(people, "Risky sign-in").0, CellWord::Blocked);
    }
    let admin = "Global Administrator";
    // The device meets its part, so that is not asked of a person.
    assert_eq!(
        word(admin, "Outside, managed device"),
        (CellWord::Asked, mfa())
    );
    let (ends, without) = word(admin, "Outside, unmanaged device");
    assert_eq!(
        (ends, without),
        (CellWord::Blocked, vec![vec!["compliantDevice".to_owned()]])
    );
    assert_eq!(word(admin, "Office"), (CellWord::Asked, mfa()));
}

#[test]
fn no_cell_is_left_unjudged() {
    let set = set(&[
        policy("mfa", json!({ "includeUsers": ["All"] }), json!({}), "mfa"),
        policy(
            "guests",
            json!({ "includeGuestsOrExternalUsers": { "guestOrExternalUserTypes": "b2bCollaborationGuest,internalGuest" } }),
            json!({}),
            "block",
        ),
        policy(
            "one",
            json!({ "includeUsers": ["maya@contoso.com"] }),
            json!({}),
            "block",
        ),
    ]);
    let sets = JudgedSets::new(vec![&set]);
    let matrix = matrix(&sets);
    assert!(matrix.situations.len() >= 9, "{:?}", matrix.situations);
    for (row, cell) in matrix
        .rows
        .iter()
        .flat_map(|row| row.cells.iter().map(move |cell| (row, cell)))
    {
        for got in cell.parts.iter().flat_map(|part| &part.got) {
            let says = got.word != CellWord::Depends || !got.missing.is_empty();
            assert!(says, "{:?}: {got:?}", row.people);
        }
    }
    let guests = matrix
        .rows
        .iter()
        .find(|row| row.people.iter().any(|one| one.starts_with("Guests")));
    assert!(
        guests
            .unwrap()
            .people
            .contains(&"Internal guests".to_owned())
    );
}

#[test]
fn a_false_and_a_zero_are_said() {
    let card = card(
        Kind::ConditionalAccessPolicy,
        &json!({ "displayName": "x", "sessionControls": { "signInFrequency": { "isEnabled": false, "value": 0 } } }),
        &CalledNames::default(),
    );
    let session = card
        .tiles
        .iter()
        .find(|tile| tile.title == "Session")
        .unwrap();
    let said: Vec<(&str, &str)> = session
        .set
        .iter()
        .map(|member| (member.path.as_str(), member.values[0].text.as_str()))
        .collect();
    assert!(
        said.contains(&("signInFrequency.isEnabled", "false")),
        "{said:?}"
    );
    assert!(said.contains(&("signInFrequency.value", "0")), "{said:?}");
}

#[test]
fn a_suite_stands_for_its_members_that_are_not_named_themselves() {
    let all = json!({ "includeUsers": ["All"] });
    let mut most = policy("most", all.clone(), json!({}), "mfa");
    most["conditions"]["applications"]["excludeApplications"] = json!(["Office365"]);
    let mut mail = policy("mail", all, json!({}), "mfa");
    mail["conditions"]["applications"]["includeApplications"] =
        json!(["Office 365 Exchange Online"]);
    let set = set(&[most, mail]);
    let sets = JudgedSets::new(vec![&set]);
    let matrix = matrix(&sets);
    let cell = &matrix.rows[0].cells[0];
    let suite = cell
        .parts
        .iter()
        .find(|part| part.applications.contains(&"Office 365".to_owned()));
    let suite = suite.unwrap_or_else(|| panic!("{cell:?}"));
    assert_eq!(suite.got[0].word, CellWord::Allowed);
    assert_eq!(cell.parts[0].got[0].word, CellWord::Asked);
    assert!(
        !suite
            .applications
            .iter()
            .any(|one| one.contains("Exchange"))
    );
}

#[test]
fn two_groups_of_one_name_stand_for_themselves() {
    let of = |id: &str| json!({ "includeGroups": [id] });
    let mut set = set(&[
        policy(
            "a",
            of("aaaaaaaa-0000-4000-8000-000000000001"),
            json!({}),
            "block",
        ),
        policy(
            "b",
            of("bbbbbbbb-0000-4000-8000-000000000002"),
            json!({}),
            "mfa",
        ),
    ]);
    for policy in &set.policies {
        let users = policy.conditions.users.as_ref().unwrap();
        set.world.groups.push(crate::whatif::KnownGroup {
            id: users.include_groups.first().cloned(),
            display_name: "Pilot".to_owned(),
            ..crate::whatif::KnownGroup::default()
        });
    }
    let sets = JudgedSets::new(vec![&set]);
    let rows = matrix(&sets).rows;
    let words: Vec<CellWord> = rows
        .iter()
        .filter(|row| row.people.contains(&"Members of Pilot".to_owned()))
        .map(|row| row.cells[0].parts[0].got[0].word)
        .collect();
    assert_eq!(words, [CellWord::Blocked, CellWord::Asked]);
}

#[test]
fn a_country_that_is_blocked_has_a_column_wherever_it_stands_in_its_list() {
    let location = |name: &str, codes: Value| {
        serde_json::from_value(json!({ "displayName": name, "countriesAndRegions": codes }))
            .unwrap()
    };
    let mut set = set(&[policy(
        "abroad",
        json!({ "includeUsers": ["All"] }),
        json!({ "locations": { "includeLocations": ["Bad"], "excludeLocations": ["Home"] } }),
        "block",
    )]);
    set.world
        .locations
        .push(location("Bad", json!(["AT", "RU"])));
    set.world.locations.push(location("Home", json!(["AT"])));
    assert_eq!(
        got(&set, "Everyone else", "Another country").word,
        CellWord::Blocked
    );
}

#[test]
fn every_member_of_a_location_is_known() {
    for value in [
        json!({ "@odata.type": "#microsoft.graph.ipNamedLocation", "displayName": "HQ", "isTrusted": true,
            "ipRanges": [{ "@odata.type": "#microsoft.graph.iPv4CidrRange", "cidrAddress": "203.0.113.0/24" }] }),
        json!({ "displayName": "DE", "countriesAndRegions": ["DE"], "countryLookupMethod": "clientIpAddress",
            "includeUnknownCountriesAndRegions": false }),
        json!({ "displayName": "HQ", "ipRanges": ["203.0.113.0/24"] }),
    ] {
        let card = card(Kind::NamedLocation, &value, &CalledNames::default());
        assert!(card.unknown.is_empty(), "{:?}", card.unknown);
    }
}
