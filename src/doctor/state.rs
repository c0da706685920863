//! How the tenant is reached, what the caller may do, and what there is: all of it by reading.

use std::time::Instant;

use serde_json::{Map, Value, json};

use super::{Mask, Probe, ProbeQuestion, ProbeVerdict, ask, told};
use crate::graph::GraphError;
use crate::graph::auth::permissions::{APPLY, Need, PLAN, RISK, missing};
use crate::graph::read::Reader;
use crate::model::facts::Edition;
use crate::model::requests::Identity;
use crate::tenant::read::{items, text};
use crate::text::counted;

pub(super) const QUESTIONS: &[ProbeQuestion] = &[
    ask(
        "endpoint",
        "does Microsoft Graph answer, and where?",
        "the tenant is reached at the host of its cloud (state)",
    ),
    ask(
        "cloud",
        "which cloud is the tenant in?",
        "the cloud decides what is available (state)",
    ),
    ask(
        "token",
        "what kind of token is it, and how long is it valid?",
        "the caller is an application or a person (state)",
    ),
    ask(
        "licence",
        "which Microsoft Entra ID licence does the tenant have?",
        "P1 for Conditional Access, P2 for risk (state)",
    ),
    ask(
        "permissions",
        "which permissions do plan, apply and the risk commands lack?",
        "what the token has, by Microsoft's permission data (state)",
    ),
    ask(
        "clock",
        "how many seconds is this machine's clock off?",
        "a wrong clock makes tokens fail (state)",
    ),
    ask(
        "editions",
        "which edition of Graph answers for which collection?",
        "v1.0 and beta answer for all that gatewright reads (documented)",
    ),
    ask(
        "v1-hides",
        "how many policies does v1.0 hide?",
        "v1.0 leaves out policies with preview members (seen)",
    ),
    ask(
        "limits",
        "how much of the tenant's limits is used?",
        "240 policies, 195 locations of addresses, 15 strengths, 99 contexts, 40 terms of use (documented)",
    ),
    ask(
        "strength-limit",
        "does the tenant have more than 15 strengths of its own?",
        "a tenant can have at most 15 strengths of its own, AS-R01 (reported)",
    ),
    ask(
        "pace",
        "how fast were the answers, and how many requests were throttled?",
        "one request per second for Conditional Access, for all callers together (documented)",
    ),
];

/// Who asks, and where.
#[derive(Debug, Clone)]
pub struct WhoAsks {
    /// The Graph host.
    pub host: String,
    /// The cloud.
    pub cloud: String,
    /// `application`, `delegated`, `opaque` or `none`.
    pub token: &'static str,
    /// When the token ends.
    pub expires: Option<String>,
    /// The permissions in the token; nothing where it does not show them.
    pub held: Option<Vec<String>>,
    /// Whose permissions they are.
    pub identity: Identity,
}

/// What was read on the way, for other probes.
#[derive(Debug, Clone, Default)]
pub struct Collected {
    /// The policies, as v1.0 and as beta show them, where they can be read.
    pub policies: [Option<Vec<Value>>; 2],
    /// The named locations.
    pub locations: Option<Vec<Value>>,
    /// The authentication strengths.
    pub strengths: Option<Vec<Value>>,
    /// The id of some user.
    pub user: Option<String>,
    /// The id of some service principal.
    pub service_principal: Option<String>,
    /// How long each answer took, in milliseconds.
    pub took: Vec<u64>,
}

/// What is read, by name: the path, and whether the program reads it for every plan.
const COLLECTIONS: &[(&str, &str)] = &[
    ("policies", "/identity/conditionalAccess/policies"),
    (
        "namedLocations",
        "/identity/conditionalAccess/namedLocations",
    ),
    (
        "authenticationStrengths",
        "/policies/authenticationStrengthPolicies",
    ),
    (
        "authenticationContexts",
        "/identity/conditionalAccess/authenticationContextClassReferences",
    ),
    ("templates", "/identity/conditionalAccess/templates"),
    (
        "deletedPolicies",
        "/identity/conditionalAccess/deletedItems/policies",
    ),
    (
        "deletedNamedLocations",
        "/identity/conditionalAccess/deletedItems/namedLocations",
    ),
    ("termsOfUse", "/identityGovernance/termsOfUse/agreements"),
    ("groups", "/groups?$select=id&$top=1"),
    ("users", "/users?$select=id&$top=1"),
    ("servicePrincipals", "/servicePrincipals?$select=id&$top=1"),
    ("roles", "/roleManagement/directory/roleDefinitions"),
    (
        "riskDetections",
        "/identityProtection/riskDetections?$top=1",
    ),
    ("riskyUsers", "/identityProtection/riskyUsers?$top=1"),
    ("signIns", "/auditLogs/signIns?$top=1"),
];

const EDITIONS: [(Edition, &str); 2] = [(Edition::V1, "v1.0"), (Edition::Beta, "beta")];

/// Asks.
///
/// # Errors
/// When the tenant does not answer at all.
pub async fn probes(
    reader: &Reader<'_>,
    caller: &WhoAsks,
    mask: &mut Mask,
) -> Result<(Vec<Probe>, Collected), GraphError> {
    let mut found = Collected::default();
    let began = Instant::now();
    let organization = reader.ask(Edition::V1, "/organization?$select=id").await;
    let endpoint = match &organization {
        // No answer at all: nothing else can be asked.
        Err(GraphError::Api(error)) if error.status != 401 => ProbeVerdict::of(
            caller.host.clone(),
            told::error(&GraphError::Api(error.clone())),
        ),
        Err(_) => return organization.map(|_| (Vec::new(), found)),
        Ok(_) => ProbeVerdict::of(caller.host.clone(), "it answers"),
    };
    found.took.push(millis(began));
    let (editions, answered) = collections(reader, &mut found).await;
    let verdicts = [
        endpoint,
        ProbeVerdict::of(caller.cloud.clone(), "from the tenant's entry"),
        token(caller),
        licence(reader).await,
        permissions(caller),
        clock(reader),
        editions,
        v1_hides(&found),
        limits(&found, &answered),
        strength_limit(&found),
        pace(reader, &found),
    ];
    let probes = QUESTIONS.iter().zip(verdicts);
    let probes = probes.map(|(question, verdict)| question.answered(verdict, mask));
    Ok((probes.collect(), found))
}

fn millis(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX)
}

fn token(caller: &WhoAsks) -> ProbeVerdict {
    let until = match &caller.expires {
        Some(at) => format!("it expires at {at}"),
        None => "it does not say when it expires".to_owned(),
    };
    ProbeVerdict::of(caller.token, until)
}

async fn licence(reader: &Reader<'_>) -> ProbeVerdict {
    let found = match reader.ask(Edition::V1, "/subscribedSkus").await {
        Ok(found) => items(found),
        Err(error) => return ProbeVerdict::open(told::error(&error)),
    };
    let mut plans: Vec<String> = Vec::new();
    for sku in found {
        // A subscription that has ended still stands there.
        let live = ["Enabled", "Warning"].contains(&text(&sku, "capabilityStatus"));
        let list = sku.get("servicePlans").and_then(Value::as_array);
        for plan in list.into_iter().flatten().filter(|_| live) {
            if text(plan, "provisioningStatus") == "Success" {
                plans.push(text(plan, "servicePlanName").to_owned());
            }
        }
    }
    let has = |name: &str| plans.iter().any(|plan| plan == name);
    let word = match (has("AAD_PREMIUM_P2"), has("AAD_PREMIUM")) {
        (true, _) => "p2",
        (false, true) => "p1",
        (false, false) => "free",
    };
    ProbeVerdict::of(
        word,
        format!("{} service plans in the subscriptions", plans.len()),
    )
}

fn permissions(caller: &WhoAsks) -> ProbeVerdict {
    let Some(held) = &caller.held else {
        return ProbeVerdict::open("the token does not show its permissions");
    };
    let list = |needs: &'static [Need], before: &'static [Need]| -> Value {
        let wanted = missing(needs, before, held, caller.identity);
        let names = wanted.iter().map(|one| {
            let least = one
                .any_of
                .first()
                .copied()
                .unwrap_or("(none for applications)");
            match one.when {
                Some(when) => format!("{least}, when {when}"),
                None => least.to_owned(),
            }
        });
        json!(names.collect::<Vec<_>>())
    };
    let answer =
        json!({"plan": list(PLAN, &[]), "apply": list(APPLY, PLAN), "risk": list(RISK, &[])});
    ProbeVerdict::of(answer, format!("the token has {} permissions", held.len()))
}

fn clock(reader: &Reader<'_>) -> ProbeVerdict {
    match reader.clock_skew() {
        Some(skew) if skew.abs() > 120 => ProbeVerdict::of(
            skew,
            "more than two minutes: set this machine's clock before sign-ins fail",
        ),
        Some(skew) => ProbeVerdict::of(skew, "from the `Date` of an answer"),
        None => ProbeVerdict::open("the answers have no `Date`"),
    }
}

/// Asks each collection on both editions.
async fn collections(
    reader: &Reader<'_>,
    found: &mut Collected,
) -> (ProbeVerdict, Map<String, Value>) {
    let mut answer = Map::new();
    let mut counts = Map::new();
    let mut verdict = ProbeVerdict::default();
    for (name, path) in COLLECTIONS {
        let mut states = Map::new();
        for (at, (edition, label)) in EDITIONS.iter().enumerate() {
            let began = Instant::now();
            let asked = match *name {
                "policies" => reader.policies(*edition).await,
                "namedLocations" => reader.locations(*edition).await,
                _ => reader.ask(*edition, path).await.map(items),
            };
            found.took.push(millis(began));
            let state = match asked {
                Ok(list) => {
                    counts.insert((*name).to_owned(), json!(list.len()));
                    keep(found, name, at, list);
                    "read".to_owned()
                }
                Err(error) => {
                    let status = error.api().map_or(0, |api| api.status);
                    verdict = verdict.and(format!("{name} on {label}: {}", told::error(&error)));
                    match status {
                        0 => "no answer".to_owned(),
                        403 => "forbidden".to_owned(),
                        404 | 501 => "absent".to_owned(),
                        other => other.to_string(),
                    }
                }
            };
            states.insert((*label).to_owned(), json!(state));
        }
        answer.insert((*name).to_owned(), Value::Object(states));
    }
    if verdict.evidence.is_empty() {
        verdict = verdict.and("every collection was read");
    }
    verdict.answer = Value::Object(answer);
    (verdict, counts)
}

/// Keeps what other probes need.
fn keep(found: &mut Collected, name: &str, edition: usize, list: Vec<Value>) {
    let first = |list: &[Value]| Some(list.first()?.get("id")?.as_str()?.to_owned());
    match name {
        "policies" => {
            if let Some(slot) = found.policies.get_mut(edition) {
                *slot = Some(list);
            }
        }
        "namedLocations" => found.locations = Some(list),
        "authenticationStrengths" => found.strengths = Some(list),
        "users" => found.user = first(&list),
        "servicePrincipals" => found.service_principal = first(&list),
        _ => {}
    }
}

fn v1_hides(found: &Collected) -> ProbeVerdict {
    let [Some(v1), Some(beta)] = &found.policies else {
        return ProbeVerdict::open("only one edition lists the policies");
    };
    let shown: Vec<&str> = v1.iter().map(|policy| text(policy, "id")).collect();
    let hidden = beta
        .iter()
        .filter(|policy| !shown.contains(&text(policy, "id")));
    ProbeVerdict::of(
        hidden.count(),
        format!("v1.0 lists {}, beta {}", v1.len(), beta.len()),
    )
}

fn limits(found: &Collected, counts: &Map<String, Value>) -> ProbeVerdict {
    let mut answer = Map::new();
    let mut tell = |name: &str, count: Option<usize>, limit: usize| {
        let count = count.map_or(Value::Null, |count| json!(count));
        answer.insert(name.to_owned(), json!({"count": count, "limit": limit}));
    };
    let of_ips = |list: &Vec<Value>| {
        let ip = |one: &&Value| text(one, "@odata.type").ends_with("ipNamedLocation");
        list.iter().filter(ip).count()
    };
    let counted = |name: &str| {
        let count = counts.get(name)?.as_u64()?;
        usize::try_from(count).ok()
    };
    let [_, beta] = &found.policies;
    tell("policies", beta.as_ref().map(Vec::len), 240);
    tell(
        "ipNamedLocations",
        found.locations.as_ref().map(of_ips),
        195,
    );
    tell("customStrengths", customs(found), 15);
    tell(
        "authenticationContexts",
        counted("authenticationContexts"),
        99,
    );
    tell("termsOfUse", counted("termsOfUse"), 40);
    let widest = found.locations.iter().flatten();
    let widest = widest.filter_map(|one| one.get("ipRanges")?.as_array().map(Vec::len));
    let widest = widest.max().unwrap_or_default();
    tell(
        "rangesOfOneLocation",
        found.locations.as_ref().map(|_| widest),
        2000,
    );
    ProbeVerdict::of(
        Value::Object(answer),
        "every policy counts, disabled ones too",
    )
}

fn customs(found: &Collected) -> Option<usize> {
    let custom = |one: &&Value| text(one, "policyType") == "custom";
    Some(found.strengths.as_ref()?.iter().filter(custom).count())
}

fn strength_limit(found: &Collected) -> ProbeVerdict {
    match customs(found) {
        Some(count) if count > 15 => ProbeVerdict::of("yes", format!("it has {count}")),
        Some(count) => ProbeVerdict::open(format!(
            "it has {count}; `doctor --write` on a test tenant tries (`sixteenth-strength`)"
        )),
        None => ProbeVerdict::open("the strengths cannot be read"),
    }
}

fn pace(reader: &Reader<'_>, found: &Collected) -> ProbeVerdict {
    let mut took = found.took.clone();
    took.sort_unstable();
    let median = took.get(took.len() / 2).copied().unwrap_or_default();
    let (sent, paced) = reader.requests_sent();
    let throttled = reader.throttled_answers();
    ProbeVerdict::of(
        json!({"medianMs": median, "throttled": throttled}),
        format!(
            "{}, {paced} paced at one per second; the waiting time is included",
            counted(sent, "request")
        ),
    )
}
