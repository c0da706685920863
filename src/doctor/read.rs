//! Facts that reading settles: how the service pages, what it refuses of a read, what an edition
//! hides.

use serde_json::{Value, json};

use super::state::Collected;
use super::{Mask, Probe, ProbeQuestion, ProbeVerdict, ask, told};
use crate::graph::read::Reader;
use crate::graph::request::{encode, item};
use crate::graph::{GraphError, Request};
use crate::model::facts::Edition;
use crate::tenant::read::{LOCATIONS, POLICIES, STRENGTHS, items, text};
use crate::text::counted;

pub(super) const QUESTIONS: &[ProbeQuestion] = &[
    ask(
        "policies-top",
        "does a list of policies that `$top` cuts off have a next page?",
        "a small `$top` cuts off the list without a next page (reported)",
    ),
    ask(
        "policies-page",
        "is `$top=999` accepted for policies?",
        "the largest page of policies is not known (unverified)",
    ),
    ask(
        "strengths-top",
        "is `$top` refused for authentication strengths?",
        "beta's older path refuses `$top` (seen)",
    ),
    ask(
        "locations-by-type",
        "can locations be filtered by type?",
        "`isof(...)` filters locations (unverified)",
    ),
    ask(
        "directory-page",
        "is a page of more than 999 users refused?",
        "the directory refuses it with 400 (unverified)",
    ),
    ask(
        "risk-page",
        "is a page of more than 500 risky users refused?",
        "500 is the largest page of risky users (unverified)",
    ),
    ask(
        "no-risk",
        "what is the answer for a user without a risk record?",
        "404 (unverified)",
    ),
    ask(
        "missing-policy",
        "what is the answer for a policy that does not exist?",
        "404 `ResourceNotFound` (unverified)",
    ),
    ask(
        "legacy-location",
        "can the location of the legacy trusted IPs be read?",
        "its id of zeros cannot be read (reported)",
    ),
    ask(
        "recycle-bin",
        "can this caller read the recycle bin of policies?",
        "the documentation calls it unsupported for applications (documented)",
    ),
    ask(
        "terms-of-use",
        "can this caller read terms of use?",
        "the documentation only names a delegated permission (unverified)",
    ),
    ask(
        "neighbours",
        "do strengths share the limit of one request per second?",
        "their own limit is not published (unverified)",
    ),
    ask(
        "by-ids-order",
        "does `getByIds` answer in the order of the ids?",
        "the order is not documented (unverified)",
    ),
    ask(
        "security-defaults",
        "are security defaults on?",
        "they cannot be on together with enabled policies (state)",
    ),
    ask(
        "action-exclusions",
        "are user actions exempt from policies on all resources?",
        "a setting on beta exempts them (documented)",
    ),
    ask(
        "evaluate-refusal",
        "what does `evaluate` answer for a user who does not exist?",
        "its error answers are not documented (unverified)",
    ),
];

/// An id that nothing has.
const NOBODY: &str = "7b1f0c52-3f0e-4c55-9c2d-0d0c7a700000";

/// Asks.
pub async fn probes(reader: &Reader<'_>, known: &Collected, mask: &mut Mask) -> Vec<Probe> {
    let verdicts = [
        policies_top(reader, known).await,
        taken(
            reader
                .ask(Edition::V1, &format!("{POLICIES}?$top=999"))
                .await,
        ),
        strengths_top(reader).await,
        by_type(reader).await,
        taken(reader.ask(Edition::V1, "/users?$select=id&$top=1000").await),
        taken(
            reader
                .ask(Edition::V1, "/identityProtection/riskyUsers?$top=501")
                .await,
        ),
        no_risk(reader, known).await,
        status(reader.ask(Edition::V1, &item(POLICIES, NOBODY)).await),
        status(
            reader
                .ask(
                    Edition::V1,
                    &item(LOCATIONS, "00000000-0000-0000-0000-000000000000"),
                )
                .await,
        ),
        readable(
            reader
                .ask(
                    Edition::V1,
                    "/identity/conditionalAccess/deletedItems/policies",
                )
                .await,
        ),
        readable(
            reader
                .ask(Edition::V1, "/identityGovernance/termsOfUse/agreements")
                .await,
        ),
        neighbours(reader).await,
        by_ids_order(reader, known).await,
        security_defaults(reader).await,
        action_exclusions(reader).await,
        evaluate_refusal(reader).await,
    ];
    let probes = QUESTIONS.iter().zip(verdicts);
    probes
        .map(|(question, verdict)| question.answered(verdict, mask))
        .collect()
}

/// Whether a read was taken or refused for what it asks.
fn taken(asked: Result<Value, GraphError>) -> ProbeVerdict {
    match asked {
        Ok(_) => ProbeVerdict::of("taken", "there is an answer"),
        Err(error) if error.api().is_some_and(|api| api.status == 400) => {
            ProbeVerdict::of("refused", told::error(&error))
        }
        Err(error) => ProbeVerdict::open(told::error(&error)),
    }
}

/// The status that a read is answered with.
fn status(asked: Result<Value, GraphError>) -> ProbeVerdict {
    match &asked {
        Ok(_) => ProbeVerdict::of(200, "there is an answer"),
        Err(GraphError::Api(api)) if matches!(api.status, 400 | 404) => {
            ProbeVerdict::of(api.status, told::error(&GraphError::Api(api.clone())))
        }
        Err(error) => ProbeVerdict::open(told::error(error)),
    }
}

/// Whether something can be read at all.
fn readable(asked: Result<Value, GraphError>) -> ProbeVerdict {
    match asked {
        Ok(found) => ProbeVerdict::of("yes", counted(items(found).len(), "object")),
        Err(error)
            if error
                .api()
                .is_some_and(|api| matches!(api.status, 401 | 403)) =>
        {
            ProbeVerdict::of("no", told::error(&error))
        }
        Err(error) => ProbeVerdict::open(told::error(&error)),
    }
}

async fn policies_top(reader: &Reader<'_>, known: &Collected) -> ProbeVerdict {
    let [Some(all), _] = &known.policies else {
        return ProbeVerdict::open("the policies cannot be read");
    };
    if all.len() < 2 {
        return ProbeVerdict::open(format!(
            "this needs two policies, and v1.0 lists {}",
            all.len()
        ));
    }
    match reader.ask(Edition::V1, &format!("{POLICIES}?$top=1")).await {
        Ok(page) => {
            let next = page.get("@odata.nextLink").is_some();
            let count = items(page).len();
            match (count, next) {
                (1, true) => ProbeVerdict::of("pages", "one policy and a next page"),
                (1, false) => ProbeVerdict::of("cut", "one policy and no next page"),
                (count, _) => ProbeVerdict::open(format!("`$top=1` returned {count}")),
            }
        }
        Err(error) => ProbeVerdict::open(told::error(&error)),
    }
}

async fn strengths_top(reader: &Reader<'_>) -> ProbeVerdict {
    let old = "/identity/conditionalAccess/authenticationStrengths/policies?$top=1";
    let verdict = taken(reader.ask(Edition::Beta, old).await);
    let newer = taken(
        reader
            .ask(Edition::V1, &format!("{STRENGTHS}?$top=1"))
            .await,
    );
    let said = newer.answer.as_str().unwrap_or("open").to_owned();
    verdict.and(format!("on v1.0's own path: {said}"))
}

async fn by_type(reader: &Reader<'_>) -> ProbeVerdict {
    let filter = encode("isof('microsoft.graph.ipNamedLocation')");
    let path = format!("{LOCATIONS}?$filter={filter}");
    taken(reader.ask(Edition::V1, &path).await)
}

async fn no_risk(reader: &Reader<'_>, known: &Collected) -> ProbeVerdict {
    let Some(user) = &known.user else {
        return ProbeVerdict::open("no user can be read");
    };
    match reader
        .ask(Edition::V1, &item("/identityProtection/riskyUsers", user))
        .await
    {
        Ok(_) => ProbeVerdict::open("the first user has a risk record"),
        error => status(error),
    }
}

/// Several reads of strengths at once, as gatewright sends them: whether one is throttled.
async fn neighbours(reader: &Reader<'_>) -> ProbeVerdict {
    const MANY: usize = 6;
    match reader.bare(Edition::V1, &[STRENGTHS; MANY]).await {
        Ok(found) => {
            let throttled = found.iter().filter(|(status, _)| *status == 429).count();
            let done = found.iter().filter(|(status, _)| *status == 200).count();
            match (throttled, done) {
                (0, MANY) => ProbeVerdict::of(
                    "own",
                    format!("all {MANY} concurrent requests were answered"),
                ),
                (1.., _) => ProbeVerdict::of(
                    "shared",
                    format!("of {MANY} concurrent requests {throttled} were refused with 429"),
                ),
                _ => ProbeVerdict::open("the strengths cannot be read"),
            }
        }
        Err(error) => ProbeVerdict::open(told::error(&error)),
    }
}

async fn by_ids_order(reader: &Reader<'_>, known: &Collected) -> ProbeVerdict {
    let (Some(user), Some(principal)) = (&known.user, &known.service_principal) else {
        return ProbeVerdict::open("this needs a user and a service principal that can be read");
    };
    let mut kept = 0;
    // Both ways round: an order of the service's own keeps one of them at most.
    for ids in [[user, principal], [principal, user]] {
        let asked: Vec<String> = ids.iter().map(|id| (*id).clone()).collect();
        match reader.by_ids(&asked, &[]).await {
            Ok(found) if found.len() == 2 => {
                let own = found.iter().map(|one| text(one, "id"));
                kept += usize::from(own.eq(asked.iter().map(String::as_str)));
            }
            Ok(found) => return ProbeVerdict::open(format!("it found {} of two ids", found.len())),
            Err(error) => return ProbeVerdict::open(told::error(&error)),
        }
    }
    match kept {
        2 => ProbeVerdict::of("kept", "in either order"),
        _ => ProbeVerdict::of("its own", "in one order at least, a different order"),
    }
}

async fn security_defaults(reader: &Reader<'_>) -> ProbeVerdict {
    let path = "/policies/identitySecurityDefaultsEnforcementPolicy";
    match reader.ask(Edition::V1, path).await {
        Ok(found) => match found.get("isEnabled").and_then(Value::as_bool) {
            Some(true) => ProbeVerdict::of("on", "no policy can be enabled while they are on"),
            Some(false) => ProbeVerdict::of("off", "as Conditional Access requires"),
            None => ProbeVerdict::open("the answer does not say"),
        },
        Err(error) => ProbeVerdict::open(told::error(&error)),
    }
}

async fn action_exclusions(reader: &Reader<'_>) -> ProbeVerdict {
    match reader
        .ask(Edition::Beta, "/identity/conditionalAccess/settings")
        .await
    {
        Ok(found) => {
            let at = "/exclusions/allResourcesExclusions/userActionExclusions";
            let list = found.pointer(at).and_then(Value::as_array);
            let names = list.into_iter().flatten();
            let names: Vec<String> = names
                .map(|one| format!("{}: {}", text(one, "userAction"), text(one, "state")))
                .collect();
            let evidence = "tell `whatif` with `environment: { userActionExclusions: ... }`";
            ProbeVerdict::of(json!(names), evidence)
        }
        Err(error) => ProbeVerdict::open(told::error(&error)),
    }
}

async fn evaluate_refusal(reader: &Reader<'_>) -> ProbeVerdict {
    let body = json!({
        "signInIdentity": {"@odata.type": "#microsoft.graph.userSignIn", "userId": NOBODY},
        "signInContext": {"@odata.type": "#microsoft.graph.applicationContext",
            "includeApplications": ["00000003-0000-0ff1-ce00-000000000000"]},
        "signInConditions": {},
    });
    let request = Request::post(Edition::V1, "/identity/conditionalAccess/evaluate", body);
    status(reader.ask_by_post(&request).await)
}

#[cfg(all(test, feature = "sandbox"))]
mod tests {
    use super::*;
    use crate::graph::client::{Client, Pace};
    use crate::graph::token::Token;
    use crate::model::weather::Weather;
    use crate::sandbox::{Options, start};

    #[tokio::test]
    async fn a_limit_that_is_shared_is_seen() {
        for (throttle, word) in [(true, "shared"), (false, "own")] {
            let weather = Weather {
                throttle,
                ..Weather::default()
            };
            let options = Options {
                weather,
                ..Options::default()
            };
            let running = start(options).await.unwrap();
            let client = Client::new(&running.url(), &Token::new("t"), Pace::Unlimited).unwrap();
            let client = client.with_unlisted();
            let verdict = neighbours(&Reader::new(&client)).await;
            assert_eq!(verdict.answer, word, "{verdict:?}");
        }
    }
}
