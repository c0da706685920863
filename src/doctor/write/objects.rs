//! What becomes of locations, strengths and groups, and of what is deleted; and the service's own
//! evaluation.

use serde_json::{Value, json};

use super::super::{ProbeVerdict, ask};
use super::script::{Made, Script};
use super::{Heard, Trial, first, last, told};
use crate::apply::step::Purpose;
use crate::apply::trial::{Told, Until};
use crate::graph::Request;
use crate::model::Kind;
use crate::model::facts::Edition;

const IP: &str = "#microsoft.graph.ipNamedLocation";
const COUNTRY: &str = "#microsoft.graph.countryNamedLocation";
/// How many strengths a tenant may have of its own, as far as is believed.
const STRENGTHS: usize = 15;

pub(super) const TRIALS: &[Trial] = &[
    Trial {
        question: ask(
            "location-type",
            "can a location of IP ranges become one of countries?",
            "a location does not change its type, NL-R13 (unverified)",
        ),
        make: |script| {
            let location = location(script, false);
            let body = json!({"@odata.type": COUNTRY, "countriesAndRegions": ["AQ"],
                "includeUnknownCountriesAndRegions": false});
            script.change_only(location, body, true);
        },
        judge: last,
        rests_on_plain: false,
    },
    Trial {
        question: ask(
            "trusted-location",
            "is the deletion of a trusted location refused?",
            "a trusted location cannot be deleted, NL-R07 (documented)",
        ),
        make: |script| {
            let location = location(script, true);
            script.look(location, Until::Shown);
            script.delete(location);
        },
        judge: last,
        rests_on_plain: false,
    },
    Trial {
        question: ask(
            "location-in-use",
            "is the deletion of a location that a policy names refused?",
            "a location in use cannot be deleted, NL-R08 (unverified)",
        ),
        make: |script| {
            let location = location(script, false);
            let named = json!({"includeLocations": [format!("{{{location}}}")]});
            let policy = script.policy(json!({"conditions": {"locations": named}}));
            script.look(policy, Until::Shown);
            script.delete(location);
        },
        judge: in_use,
        rests_on_plain: true,
    },
    Trial {
        question: ask(
            "country-code",
            "is a country code that is not in use refused?",
            "unknown codes are accepted, NL-R06 (unverified)",
        ),
        make: |script| {
            let body = json!({"@odata.type": COUNTRY, "countriesAndRegions": ["ZZ"]});
            script.create_now(Kind::NamedLocation, body);
        },
        judge: first,
        rests_on_plain: false,
    },
    Trial {
        question: ask(
            "strength-name",
            "is a strength name of more than 30 characters refused?",
            "30 characters are the portal's limit, AS-R07 (unverified)",
        ),
        make: |script| {
            let long = format!("{} {}", script.name(), "x".repeat(31));
            strength(script, long);
        },
        judge: first,
        rests_on_plain: false,
    },
    Trial {
        question: ask(
            "strength-change",
            "what is the answer to a change of a strength?",
            "200 with the object, or 204 (unverified)",
        ),
        make: |script| {
            let strength = named_strength(script, "s1");
            script.change_only(strength, json!({"description": "changed"}), true);
        },
        judge: answered_with,
        rests_on_plain: false,
    },
    Trial {
        question: ask(
            "strength-in-use",
            "is the deletion of a strength that a policy names refused?",
            "a strength in use cannot be deleted, AS-R08 (unverified)",
        ),
        make: |script| {
            let strength = named_strength(script, "s2");
            let named = json!({"id": format!("{{{strength}}}")});
            let policy = script.policy(json!({"grantControls":
                {"operator": "OR", "builtInControls": [], "authenticationStrength": named}}));
            script.look(policy, Until::Shown);
            script.delete(strength);
        },
        judge: in_use,
        rests_on_plain: true,
    },
    Trial {
        question: ask(
            "dangling-group",
            "can a change repeat the id of a group that has been deleted?",
            "a change that sends the id of a deleted group may be refused (unverified)",
        ),
        make: |script| {
            let group = group(script);
            let users =
                json!({"includeUsers": ["None"], "excludeGroups": [format!("{{{group}}}")]});
            let users = json!({"conditions": {"users": users}});
            let policy = script.policy(users.clone());
            script.look(policy, Until::Shown);
            script.delete(group);
            script.look(group, Until::Gone);
            script.change_only(policy, users, false);
        },
        judge: |heard| match heard {
            // The group, the policy and the deletion have to be there.
            [made, policy, _, deleted, _, _] if all_done(&[made, policy, deleted]) => last(heard),
            _ => blocked(heard),
        },
        rests_on_plain: true,
    },
    Trial {
        question: ask(
            "group-bin",
            "does a deleted security group go to the recycle bin?",
            "security groups are also soft-deleted (unverified)",
        ),
        make: |script| {
            let group = group(script);
            script.delete(group);
            script.look_at(
                group,
                format!("/directory/deletedItems/{{{group}}}"),
                Until::Shown,
            );
        },
        judge: |heard| match heard {
            [made, deleted, bin] if all_done(&[made, deleted]) => match &bin.told {
                Told::Answered(_) => ProbeVerdict::of("kept", told::line(bin)),
                Told::Refused(refused) if refused.status == 404 => {
                    ProbeVerdict::of("gone", told::line(bin))
                }
                _ => ProbeVerdict::open(told::line(bin)),
            },
            _ => blocked(heard),
        },
        rests_on_plain: false,
    },
    Trial {
        question: ask(
            "service-principal-members",
            "does v1.0 list service principals among the members of a group?",
            "v1.0 leaves service principals out of members (documented)",
        ),
        make: |script| {
            let Some(principal) = script.ground.service_principal.clone() else {
                return;
            };
            let group = group(script);
            let link = format!("{}/v1.0/directoryObjects/{principal}", script.ground.root);
            let path = format!("/groups/{{{group}}}/members");
            let request = Request::post(
                Edition::V1,
                format!("{path}/$ref"),
                json!({ "@odata.id": link }),
            );
            script.send(group, request, Purpose::AddMember, true);
            let whole = Request::get(Edition::Beta, format!("{path}?$select=id"));
            script.look_by(group, whole, Until::Now);
            script.look_at(group, format!("{path}?$select=id"), Until::Now);
        },
        judge: members,
        rests_on_plain: false,
    },
    Trial {
        question: ask(
            "newer-members",
            "does v1.0 hide newer enum members from callers that do not ask for them?",
            "without `Prefer: include-unknown-enum-members` they read `unknownFutureValue` (documented)",
        ),
        make: |script| {
            let platforms = json!({"includePlatforms": ["linux"]});
            let policy = script.policy_now(json!({"conditions": {"platforms": platforms}}));
            script.look(policy, Until::Shown);
            let url = script.path(policy);
            let items = json!({"requests": [{"id": "1", "method": "GET", "url": url}]});
            let bare = Request::post(Edition::V1, "/$batch", items);
            script.look_by(policy, bare, Until::Now);
        },
        judge: newer,
        rests_on_plain: true,
    },
    Trial {
        question: ask(
            "restore",
            "does a deleted policy come back under its id?",
            "a policy is restored from the recycle bin with its id (unverified)",
        ),
        make: |script| {
            let policy = script.policy(json!({}));
            script.delete(policy);
            let bin = format!("/identity/conditionalAccess/deletedItems/policies/{{{policy}}}");
            script.look_at(policy, bin.clone(), Until::Shown);
            let request = Request::post(Edition::V1, format!("{bin}/restore"), Value::Null);
            let request = Request {
                body: None,
                ..request
            };
            script.send(policy, request, Purpose::Restore, true);
            script.look(policy, Until::Shown);
        },
        judge: restored,
        rests_on_plain: true,
    },
    Trial {
        question: ask(
            "purge",
            "can a deleted policy be purged from the recycle bin?",
            "204, and it is permanently deleted (unverified)",
        ),
        make: |script| {
            let policy = script.policy(json!({}));
            script.delete(policy);
            let bin = format!("/identity/conditionalAccess/deletedItems/policies/{{{policy}}}");
            script.look_at(policy, bin.clone(), Until::Shown);
            let request = Request::delete(Edition::V1, bin.clone());
            script.send(policy, request, Purpose::Try, false);
            script.look_at(policy, bin, Until::Gone);
        },
        judge: |heard| match heard {
            [made, deleted, binned, purged, gone] if all_done(&[made, deleted, binned]) => {
                told::taken(purged).and(told::line(gone))
            }
            _ => blocked(heard),
        },
        rests_on_plain: true,
    },
    Trial {
        question: ask(
            "evaluate-order",
            "which reason does `evaluate` give when several conditions do not match?",
            "the application comes before the users, as in the log (unverified)",
        ),
        make: |script| {
            let Some(user) = script.ground.user.clone() else {
                return;
            };
            let policy = script.policy(json!({"state": "enabledForReportingButNotEnforced"}));
            script.look(policy, Until::Shown);
            let body = json!({
                "signInIdentity": {"@odata.type": "#microsoft.graph.userSignIn", "userId": user},
                "signInContext": {"@odata.type": "#microsoft.graph.applicationContext",
                    "includeApplications": ["00000003-0000-0ff1-ce00-000000000000"]},
                "signInConditions": {"clientAppType": "browser", "devicePlatform": "windows"},
                "appliedPoliciesOnly": false,
            });
            let path = "/identity/conditionalAccess/evaluate";
            script.look_by(policy, Request::post(Edition::V1, path, body), Until::Now);
            // What `evaluate` and `whatif` say of these is compared after the run.
            for (number, conditions) in conditions().into_iter().enumerate() {
                let name = format!("{} {number}", script.name());
                let mut over = json!({"displayName": name, "conditions": conditions,
                    "state": "enabledForReportingButNotEnforced"});
                if let Some(conditions) = over.get_mut("conditions").and_then(Value::as_object_mut)
                {
                    conditions.insert("users".to_owned(), json!({ "includeUsers": [user] }));
                }
                script.policy_now(over);
            }
        },
        judge: reason,
        rests_on_plain: true,
    },
    Trial {
        question: ask(
            "context-in-body",
            "is an authentication context that does not exist refused in a policy?",
            "an unknown context is refused (unverified)",
        ),
        make: |script| {
            let apps = json!({"includeApplications": [],
                "includeAuthenticationContextClassReferences": ["c98"]});
            script.policy_now(json!({"conditions": {"applications": apps}}));
        },
        judge: first,
        rests_on_plain: true,
    },
    Trial {
        question: ask(
            "missing-change",
            "what is the answer to a change of a policy that does not exist?",
            "404 `ResourceNotFound` (unverified)",
        ),
        make: |script| {
            let policy = script.policy(json!({}));
            script.delete(policy);
            script.look(policy, Until::Gone);
            script.change_only(policy, json!({"state": "disabled"}), false);
        },
        judge: |heard| match heard.last().map(|last| (&last.told, last)) {
            Some((Told::Refused(refused), last)) => {
                ProbeVerdict::of(refused.status, told::line(last))
            }
            _ => blocked(heard),
        },
        rests_on_plain: true,
    },
    // The last one, since it may use up what the tenant has room for.
    Trial {
        question: ask(
            "sixteenth-strength",
            "does a tenant accept a sixteenth authentication strength of its own?",
            "a tenant can have at most 15 strengths of its own, AS-R01 (reported)",
        ),
        make: |script| {
            for number in 3..=STRENGTHS + 3 {
                named_strength(script, &format!("s{number}"));
            }
        },
        judge: |heard| {
            let refused = heard
                .iter()
                .find(|one| matches!(one.told, Told::Refused(_)));
            match (refused, heard.iter().all(|one| told::answer(one).is_some())) {
                (Some(refused), _) => told::taken(refused),
                (None, true) => ProbeVerdict::of("taken", format!("{} were created", heard.len())),
                (None, false) => blocked(heard),
            }
        },
        rests_on_plain: false,
    },
];

/// Conditions by which policies are told apart.
fn conditions() -> [Value; 5] {
    let all = json!({"includeApplications": ["All"]});
    [
        json!({"applications": all, "platforms":
            {"includePlatforms": ["all"], "excludePlatforms": ["macOS", "linux"]}}),
        json!({"applications": all, "clientAppTypes": ["exchangeActiveSync", "other"]}),
        json!({"applications": all, "signInRiskLevels": ["high"]}),
        json!({"applications": {"includeApplications": ["Office365"]}}),
        json!({"applications": {"includeApplications": [],
            "includeUserActions": ["urn:user:registersecurityinfo"]}}),
    ]
}

/// A location of one address that nobody has (RFC 5737).
fn location(script: &mut Script, trusted: bool) -> Made {
    let range =
        json!({"@odata.type": "#microsoft.graph.iPv4CidrRange", "cidrAddress": "192.0.2.1/32"});
    script.create_now(
        Kind::NamedLocation,
        json!({"@odata.type": IP, "isTrusted": trusted, "ipRanges": [range]}),
    )
}

/// A strength with a short name: a long one may be refused.
fn named_strength(script: &mut Script, short: &str) -> Made {
    let long = script.name();
    let words: Vec<&str> = long.split(' ').take(2).collect();
    strength(script, format!("{} {short}", words.join(" ")))
}

fn strength(script: &mut Script, name: String) -> Made {
    let body = json!({"displayName": name, "allowedCombinations": ["fido2"]});
    script.create_now(Kind::AuthenticationStrength, body)
}

/// A group without members.
fn group(script: &mut Script) -> Made {
    let nickname = script.name().replace(' ', "-").to_lowercase();
    script.create_now(
        Kind::Group,
        json!({"mailEnabled": false, "mailNickname": nickname, "securityEnabled": true,
            "description": "created by gatewright doctor, which deletes it"}),
    )
}

fn all_done(heard: &[&Heard]) -> bool {
    heard.iter().all(|one| told::answer(one).is_some())
}

/// What was needed for the question did not come about.
fn blocked(heard: &[Heard]) -> ProbeVerdict {
    let why = heard.iter().find(|one| told::answer(one).is_none());
    ProbeVerdict::open(why.map_or_else(|| "nothing could be tried".to_owned(), told::line))
}

/// The deletion of what is used, when the use came about.
fn in_use(heard: &[Heard]) -> ProbeVerdict {
    match heard {
        [made, policy, _, deleted] if all_done(&[made, policy]) => told::taken(deleted),
        _ => blocked(heard),
    }
}

fn answered_with(heard: &[Heard]) -> ProbeVerdict {
    match heard.last().map(|last| (&last.told, last)) {
        Some((Told::Answered(Value::Null), last)) => ProbeVerdict::of("204", told::line(last)),
        Some((Told::Answered(_), last)) => ProbeVerdict::of("200", told::line(last)),
        _ => blocked(heard),
    }
}

fn members(heard: &[Heard]) -> ProbeVerdict {
    let count = |one: &Heard| {
        let list = told::answer(one)?.get("value")?.as_array()?;
        Some(list.len())
    };
    match heard {
        [made, added, beta, v1] if all_done(&[made, added]) => match (count(beta), count(v1)) {
            (Some(1..), Some(0)) => ProbeVerdict::of("hidden", "beta lists it, v1.0 does not"),
            (Some(1..), Some(1..)) => ProbeVerdict::of("shown", "both editions list it"),
            _ => ProbeVerdict::open(format!("{}; {}", told::line(beta), told::line(v1))),
        },
        _ => blocked(heard),
    }
}

fn newer(heard: &[Heard]) -> ProbeVerdict {
    let [made, look, bare] = heard else {
        return blocked(heard);
    };
    if !all_done(&[made, look, bare]) {
        return blocked(heard);
    }
    let list =
        |value: Option<&Value>, at: &str| Some(value?.pointer(at)?.get(0)?.as_str()?.to_owned());
    let asked = list(told::answer(look), "/conditions/platforms/includePlatforms");
    let plain = list(
        told::answer(bare),
        "/responses/0/body/conditions/platforms/includePlatforms",
    );
    match (asked.as_deref(), plain.as_deref()) {
        (Some("linux"), Some("linux")) => ProbeVerdict::of("shown", "both read `linux`"),
        (Some("linux"), Some(other)) => ProbeVerdict::of(
            "hidden",
            format!("it reads `linux` when asked for, else `{other}`"),
        ),
        _ => ProbeVerdict::open(format!("{}; {}", told::line(look), told::line(bare))),
    }
}

fn restored(heard: &[Heard]) -> ProbeVerdict {
    match heard {
        [made, deleted, binned, back, look] if all_done(&[made, deleted, binned]) => {
            match (&back.told, told::answer(look).is_some()) {
                (Told::Answered(_), true) => ProbeVerdict::of("restored", told::line(back)),
                (Told::Refused(refused), _) if told::is_about_it(refused) => {
                    ProbeVerdict::of("refused", told::line(back))
                }
                _ => ProbeVerdict::open(told::line(back)).and(told::line(look)),
            }
        }
        _ => blocked(heard),
    }
}

/// The reason that `evaluate` gives for the policy that was made.
fn reason(heard: &[Heard]) -> ProbeVerdict {
    let [made, _, evaluated, ..] = heard else {
        return ProbeVerdict::open("no user could be read, and `evaluate` asks for one");
    };
    let (Some(policy), Some(all)) = (told::answer(made), told::answer(evaluated)) else {
        return blocked(heard);
    };
    let mut list = all
        .get("value")
        .and_then(Value::as_array)
        .into_iter()
        .flatten();
    match list.find(|one| one["id"] == policy["id"]) {
        Some(own) => ProbeVerdict::of(own["analysisReasons"].clone(), told::line(evaluated)),
        None => ProbeVerdict::open(format!(
            "{}: it does not list the policy",
            told::line(evaluated)
        )),
    }
}
