//! Trusted locations so wide that they hold strangers: what is trusted often needs no second
//! factor, and lowers the risk that the service sees in a sign-in.

use ipnet::IpNet;

use super::{RuleFindings, Rule, Subject};
use crate::finding::LintRule;
use crate::model::kind::Object;

pub(super) const RULE: Rule = Rule {
    id: LintRule::WideTrustedLocation,
    check,
};

/// The shortest masks that are taken as one organisation's own: 65,536 addresses of IPv4; of
/// IPv6 what a whole provider is given.
const SHORTEST_IPV4: u8 = 16;
const SHORTEST_IPV6: u8 = 32;

fn check(subject: &Subject<'_>, report: &mut RuleFindings<'_>) {
    for manifest in &subject.desired.manifests {
        let Object::NamedLocation(location) = &manifest.object else {
            continue;
        };
        if location.is_trusted != Some(true) {
            continue;
        }
        for (index, range) in location.ip_ranges.iter().enumerate() {
            let text = range.cidr_address.trim();
            let (wide, what) = match text.parse::<IpNet>() {
                Ok(IpNet::V4(net)) => (net.prefix_len() < SHORTEST_IPV4, "65,536 addresses"),
                Ok(IpNet::V6(net)) => (
                    net.prefix_len() < SHORTEST_IPV6,
                    "an internet provider usually has",
                ),
                Err(_) => continue,
            };
            if wide {
                report.add(
                    // Graph's own form of a range has the text one level deeper.
                    manifest
                        .document
                        .place(&format!("/ipRanges/{index}/cidrAddress")),
                    format!("the trusted range `{text}` has more addresses than {what}"),
                    "trust only the IP addresses by which your own networks reach the internet, or remove `isTrusted` and name the location in policies",
                );
            }
        }
    }
}
