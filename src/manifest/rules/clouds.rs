//! What the national clouds lack: what Microsoft's published v1.0 schema of a cloud does
//! not have, compared with that of the global one (documentation: the schemas; that the
//! service refuses it was not seen). Checked when the tenant's entry names the cloud.

use super::{Graph, Reporter};
use crate::model::Object;
use crate::model::cloud::Cloud;

/// Something that a cloud's schema lacks.
struct Gap {
    clouds: &'static [Cloud],
    /// The property, as a JSON pointer into the manifest.
    pointer: &'static str,
    /// The member of the list at `pointer`; without one the property itself.
    member: Option<&'static str>,
    /// False when the schema may read otherwise: a warning.
    sure: bool,
    help: &'static str,
}

const US: &[Cloud] = &[Cloud::UsGov, Cloud::UsGovDod];
const CHINA: &[Cloud] = &[Cloud::China];

const OTHER: &str = "leave out the policy, or keep it in a project for tenants in other clouds";
const RISK: &str = "there is no identity protection in this cloud: leave out the policy, or keep it in a project for tenants in other clouds";

/// What is lacking besides conditions, whose own table says it. A name stands here only when
/// the cloud's schema lacks it.
const POLICY: &[Gap] = &[
    Gap {
        clouds: CHINA,
        pointer: "/grantControls/authenticationStrength",
        member: None,
        sure: true,
        help: "require `mfa` instead: `builtInControls: [mfa]`",
    },
    Gap {
        clouds: CHINA,
        pointer: "/grantControls/builtInControls",
        member: Some("riskRemediation"),
        sure: true,
        help: "leave it out: there is no identity protection in this cloud",
    },
    Gap {
        clouds: US,
        pointer: "/grantControls/builtInControls",
        member: Some("passwordChange"),
        sure: false,
        help: "try the policy in report-only first, or leave out the control",
    },
];

const STRENGTH: &[Gap] = &[Gap {
    clouds: US,
    pointer: "/allowedCombinations",
    member: Some("qrCodePin"),
    sure: true,
    help: "use another combination, such as `fido2`",
}];

/// Checks one object against what `cloud` lacks.
pub fn check(object: &Object, cloud: Cloud, report: &mut Reporter<'_>) {
    let message = |name: &str| {
        let cloud = cloud.as_str();
        format!("`{name}` is not in the v1.0 schema of the cloud `{cloud}`")
    };
    if let Object::ConditionalAccessPolicy(policy) = object {
        let stated = policy.conditions.stated();
        for row in stated.filter(|row| row.lacking.contains(&cloud)) {
            let help = if row.risk { RISK } else { OTHER };
            report.refuse(Graph::CaCloud, &row.pointer(""), &message(row.name), help);
        }
    }
    let gaps = match object {
        Object::ConditionalAccessPolicy(_) => POLICY,
        Object::AuthenticationStrength(_) => STRENGTH,
        _ => return,
    };
    for gap in gaps.iter().filter(|gap| gap.clouds.contains(&cloud)) {
        for pointer in used(gap, report) {
            let name = gap
                .member
                .unwrap_or_else(|| gap.pointer.rsplit('/').next().unwrap_or_default());
            match gap.sure {
                true => report.refuse(Graph::CaCloud, &pointer, &message(name), gap.help),
                false => report.warn(Graph::CaCloud, &pointer, &message(name), gap.help),
            }
        }
    }
}

/// Where the manifest uses what is lacking.
fn used(gap: &Gap, report: &Reporter<'_>) -> Vec<String> {
    use serde_json::Value;
    let Some(value) = report.value(gap.pointer) else {
        return Vec::new();
    };
    let holds = |text: &str, member: &str| {
        text.split(',')
            .any(|part| part.trim().eq_ignore_ascii_case(member))
    };
    match (gap.member, value) {
        (_, Value::Null) => Vec::new(),
        (None, Value::Array(items)) if items.is_empty() => Vec::new(),
        (None, _) => vec![gap.pointer.to_owned()],
        (Some(member), Value::Array(items)) => items
            .iter()
            .enumerate()
            .filter(|(_, item)| match item {
                Value::Array(parts) => parts
                    .iter()
                    .any(|part| part.as_str().is_some_and(|text| holds(text, member))),
                item => item.as_str().is_some_and(|text| holds(text, member)),
            })
            .map(|(index, _)| format!("{}/{index}", gap.pointer))
            .collect(),
        (Some(_), _) => Vec::new(),
    }
}
