//! `$filter`: what we compose is parsed by the embedded tenant, which has a reader of its own, and
//! means the same there; any text is a filter or refused.
//!
//! The first bytes choose names, the rest is the text of a filter.

use gatewright::graph::request::{decode, encode, in_filter, item, literal};
use gatewright::risk::filter::{LEVELS, RiskFilter, STATES};
use gatewright::risk::object::{Detection, RiskyUser};
use gatewright::sandbox::filter_takes;
use serde_json::{Value, json};

use crate::choices::Choices;

const CHOICES: usize = 64;

/// Holds the laws for one input.
pub fn check(data: &[u8]) {
    let (choices, text) = data.split_at(data.len().min(CHOICES));
    let mut choices = Choices::new(choices);
    if let Ok(text) = std::str::from_utf8(text) {
        any_text(text);
    }
    names(&mut choices);
    risk(&mut choices);
}

fn any_text(text: &str) {
    for type_name in ["user", "group", "conditionalAccessPolicy", "namedLocation"] {
        let items = [
            json!({}),
            json!({"id": "1", "displayName": "O'Brien", "accountEnabled": true, "proxyAddresses": ["SMTP:a"], "createdDateTime": "2026-01-01T00:00:00Z"}),
        ];
        for item in &items {
            let takes = filter_takes(text, type_name, item);
            assert_eq!(filter_takes(text, type_name, item), takes);
            // In parentheses it is the same, but for how deep it nests.
            if let (Ok(takes), Ok(inside)) =
                (&takes, filter_takes(&format!("({text})"), type_name, item))
            {
                assert_eq!(*takes, inside, "{text}");
            }
            if let (Ok(takes), Ok(not)) = (
                &takes,
                filter_takes(&format!("not ({text})"), type_name, item),
            ) {
                assert_eq!(*takes, !not, "{text}");
            }
            if let Err(message) = takes {
                assert!(!message.is_empty());
            }
        }
    }
    assert_eq!(decode(&encode(text)), text);
}

fn names(choices: &mut Choices<'_>) {
    let names: Vec<String> = (0..=choices.below(4)).map(|_| choices.text()).collect();
    let other = choices.text();
    for name in &names {
        let path = item("/groups", name);
        let segment = path.strip_prefix("/groups/").unwrap();
        assert!(
            !segment.contains(['/', '?', '#', '&', '%']) || !segment.contains(['/', '?', '#', '&']),
            "{path}"
        );
        assert_eq!(decode(segment), *name);
        let equal = format!("displayName eq {}", literal(name));
        takes(&equal, name, true);
        takes(&equal, &other, other == *name);
        let begins = format!("startswith(displayName,{})", literal(name));
        takes(&begins, name, true);
        takes(&begins, &other, other.starts_with(name.as_str()));
    }
    let one_of = in_filter("displayName", &names);
    assert!(
        one_of
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-._~%".contains(&byte)),
        "{one_of}"
    );
    for name in &names {
        takes(&decode(&one_of), name, true);
    }
    takes(&decode(&one_of), &other, names.contains(&other));
}

fn takes(filter: &str, name: &str, wanted: bool) {
    let item = json!({"displayName": name});
    assert_eq!(
        filter_takes(filter, "group", &item),
        Ok(wanted),
        "{filter} of {name:?}"
    );
}

/// A filter of risk takes at the service what it takes here.
fn risk(choices: &mut Choices<'_>) {
    let owned = |all: Vec<&str>| all.into_iter().map(str::to_owned).collect();
    let moment = |choices: &mut Choices<'_>| {
        format!(
            "2026-01-{:02}T00:00:{:02}Z",
            1 + choices.below(3),
            choices.below(3)
        )
    };
    let filter = RiskFilter {
        user_id: choices.once_in(2).then(|| choices.text()),
        levels: owned(choices.some_of(&LEVELS)),
        states: owned(choices.some_of(&STATES)),
        types: (0..choices.below(3)).map(|_| choices.text()).collect(),
        since: choices.once_in(2).then(|| moment(choices).parse().unwrap()),
    };
    let user = match &filter.user_id {
        Some(id) if choices.once_in(2) => id.clone(),
        _ => choices.text(),
    };
    let (level, state) = (*choices.pick(&LEVELS), *choices.pick(&STATES));
    let kind = match filter.types.first() {
        Some(first) if choices.once_in(2) => first.clone(),
        _ => choices.text(),
    };
    let at = moment(choices);
    // Texts of one letter case: the service may tell cases apart where we do not.
    let alike = |one: &str, other: &str| one.eq_ignore_ascii_case(other) && one != other;
    if filter.user_id.iter().any(|id| alike(id, &user))
        || filter.types.iter().any(|one| alike(one, &kind))
    {
        return;
    }
    let detection = json!({"userId": user, "riskLevel": level, "riskState": state, "riskEventType": kind, "detectedDateTime": at});
    let found = Detection {
        user_id: user.clone(),
        risk_level: level.to_owned(),
        risk_state: state.to_owned(),
        risk_event_type: kind,
        detected_date_time: at.clone(),
        ..Detection::default()
    };
    same(
        &filter.of_detections(),
        "riskDetection",
        &detection,
        filter.takes(&found),
    );
    let risky =
        json!({"id": user, "riskLevel": level, "riskState": state, "riskLastUpdatedDateTime": at});
    let found = RiskyUser {
        id: user,
        risk_level: level.to_owned(),
        risk_state: state.to_owned(),
        risk_last_updated_date_time: at,
        ..RiskyUser::default()
    };
    same(
        &filter.of_users(),
        "riskyUser",
        &risky,
        filter.takes_user(&found),
    );
}

fn same(filter: &str, type_name: &str, item: &Value, here: bool) {
    if !filter.is_empty() {
        assert_eq!(
            filter_takes(filter, type_name, item),
            Ok(here),
            "{filter} of {item}"
        );
    }
}
