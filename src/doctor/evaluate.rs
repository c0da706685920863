//! The tenant's own evaluation of sign-ins against that of `whatif`.

use serde_json::json;

use super::{ProbeQuestion, ProbeVerdict, ask, told};
use crate::graph::GraphError;
use crate::graph::read::Reader;
use crate::model::cloud::ApiVersion;
use crate::model::{Kind, Object};
use crate::tenant::evaluate::{self, OnlineResult};
use crate::tenant::names::read_names;
use crate::tenant::wanted::{Own, Wanted};
use crate::tenant::{read, world};
use crate::text::counted;
use crate::whatif::{CompiledPolicies, Environment, PolicySet, SignIn};

/// The question.
pub const QUESTION: ProbeQuestion = ask(
    "evaluate",
    "does the tenant's `evaluate` agree with `whatif` about its policies?",
    "both agree, by the documentation of `evaluate` (unverified)",
);

/// The most differences that are told.
const MOST: usize = 20;

/// Sign-ins that are asked about: one user with several clients, platforms, places and risks.
fn sign_ins(user: &str) -> Vec<SignIn> {
    const SHAREPOINT: &str = "00000003-0000-0ff1-ce00-000000000000";
    const PORTAL: &str = "797f4846-ba00-4fd7-ba43-dac1f8f63013";
    let cases = [
        json!({"application": SHAREPOINT, "clientAppType": "browser", "devicePlatform": "windows"}),
        json!({"application": PORTAL, "clientAppType": "browser", "devicePlatform": "macOS"}),
        json!({"application": SHAREPOINT, "clientAppType": "other", "devicePlatform": "windows"}),
        json!({"application": SHAREPOINT, "clientAppType": "mobileAppsAndDesktopClients",
            "devicePlatform": "iOS", "ipAddress": "192.0.2.1", "country": "US"}),
        json!({"application": SHAREPOINT, "clientAppType": "browser", "devicePlatform": "linux",
            "signInRiskLevel": "high", "userRiskLevel": "medium"}),
        json!({"userAction": "registerSecurityInformation", "clientAppType": "browser",
            "devicePlatform": "windows"}),
    ];
    let sign_in = |mut case: serde_json::Value| {
        let members = case.as_object_mut()?;
        members.insert("user".to_owned(), json!(user));
        serde_json::from_value(case).ok()
    };
    cases.into_iter().filter_map(sign_in).collect()
}

/// Reads the tenant's policies, and asks it and `whatif` about the same sign-ins of one user.
pub async fn probe(
    reader: &Reader<'_>,
    version: ApiVersion,
    environment: Environment,
    user: Option<&str>,
) -> ProbeVerdict {
    let Some(user) = user else {
        return ProbeVerdict::open("no user can be read, and `evaluate` asks for one");
    };
    let sign_ins = sign_ins(user);
    match policies(reader, version, environment, &sign_ins).await {
        Ok(set) => verdict(reader, &set.compiled(), &sign_ins).await,
        Err(error) => ProbeVerdict::open(told::error(&error)),
    }
}

/// The policies of the tenant, with what they refer to.
async fn policies(
    reader: &Reader<'_>,
    version: ApiVersion,
    environment: Environment,
    sign_ins: &[SignIn],
) -> Result<PolicySet, GraphError> {
    let wanted = Wanted {
        strengths: true,
        contexts: true,
        contexts_if_allowed: true,
        ..Wanted::default()
    };
    let mut snapshot = read::snapshot(reader, version, &wanted, Own::default()).await?;
    let live = snapshot.of(Kind::ConditionalAccessPolicy).iter();
    let objects: Vec<Object> = live.map(|live| live.object.clone()).collect();
    read_names(reader, &mut snapshot, &objects).await?;
    let looked = world::look_up(reader, &snapshot.organization.id, sign_ins).await?;
    Ok(world::live(&snapshot, &looked, environment))
}

/// Asks the tenant about each sign-in, and compares.
async fn verdict(
    reader: &Reader<'_>,
    policies: &CompiledPolicies,
    sign_ins: &[SignIn],
) -> ProbeVerdict {
    let (mut agree, mut open, mut differ) = (0_usize, 0_usize, Vec::new());
    for (number, sign_in) in sign_ins.iter().enumerate() {
        // What the sign-in leaves out does not match there, and is open here.
        let whole = policies.complete(sign_in.clone());
        let asked = match evaluate::request(sign_in, policies) {
            Ok(asked) => asked,
            Err(why) => return ProbeVerdict::open(why),
        };
        let found = match evaluate::ask(reader, &asked).await {
            Ok(found) => found,
            Err(error) => return ProbeVerdict::open(told::error(&error)),
        };
        let Ok(outcome) = policies.outcome(&whole) else {
            return ProbeVerdict::open("the sign-in cannot be judged here");
        };
        for own in &outcome.policies {
            let is_own = |other: &&OnlineResult| {
                own.id
                    .as_ref()
                    .is_some_and(|id| other.id.eq_ignore_ascii_case(id))
            };
            let Some(there) = found.iter().find(is_own) else {
                continue; // a disabled one is listed here alone
            };
            match own.applies {
                Some(here) if here == there.applies => agree += 1,
                Some(here) => {
                    let why = &there.reason;
                    let word = |applies| if applies { "applies" } else { "does not apply" };
                    differ.push(format!(
                        "sign-in {}, policy {}: here it {}, there it {} ({why})",
                        number + 1,
                        own.id.as_deref().unwrap_or("without an id"),
                        word(here),
                        word(there.applies),
                    ));
                }
                None => open += 1,
            }
        }
    }
    if agree + differ.len() + open == 0 {
        return ProbeVerdict::open("no policy is enabled or report-only");
    }
    let told = differ.len();
    let evidence = format!(
        "{}; {} open here",
        counted(sign_ins.len(), "sign-in"),
        counted(open, "answer")
    );
    let mut verdict = ProbeVerdict::of(
        json!({"agree": agree, "differ": told, "open": open}),
        evidence,
    );
    for line in differ.into_iter().take(MOST) {
        verdict = verdict.and(line);
    }
    verdict
}
