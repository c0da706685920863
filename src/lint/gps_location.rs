//! Rule CA-R69 (documentation): a location that is found by GPS makes the Authenticator app
//! ask for the position every hour, in report-only too, and passwordless sign-ins cannot
//! give it.

use super::{RuleFindings, Rule, Subject};
use crate::finding::LintRule;
use crate::model::Kind;
use crate::model::enums::CountryLookupMethod;
use crate::model::kind::Object;

pub(super) const RULE: Rule = Rule {
    id: LintRule::GpsLocation,
    check,
};

fn check(subject: &Subject<'_>, report: &mut RuleFindings<'_>) {
    for policy in subject.policies().filter(|policy| policy.is_report_only()) {
        let Some(locations) = &policy.policy.conditions.locations else {
            continue;
        };
        for (list, items) in [
            ("includeLocations", &locations.include_locations),
            ("excludeLocations", &locations.exclude_locations),
        ] {
            for (index, name) in items.iter().enumerate() {
                let Some(manifest) = subject.manifest(Kind::NamedLocation, name) else {
                    continue;
                };
                let by_gps = matches!(&manifest.object, Object::NamedLocation(location)
                    if location.country_lookup_method == Some(CountryLookupMethod::AuthenticatorAppGps));
                if by_gps {
                    report
                        .add(
                            policy.at(&format!("/conditions/locations/{list}/{index}")),
                            format!("`{name}` is found by GPS: people are asked for their location every hour, also in report-only"),
                            "try the policy on a small group, or find the location by IP address (`countryLookupMethod: clientIpAddress`)",
                        )
                        .related
                        .push((manifest.document.place("/countryLookupMethod"), "by GPS".to_owned()));
                }
            }
        }
    }
}
