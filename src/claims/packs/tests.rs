//! The packs are sound: every claim of every one is an invariant that a project could write.

use std::collections::BTreeSet;

use super::*;
use crate::model::cloud::{ApiVersion, Cloud};
use crate::model::refs::RefKind;
use crate::model::tables::combinations::built_in_by_name;
use crate::model::tables::{APPS, ROLES, special};

/// A project that sets every parameter of every pack.
fn file(more: &str) -> ConfigFile {
    let folder = tempfile::tempdir().unwrap();
    let text = format!(
        "version: 1\nmanifests: [policies]\ntenants: {{ sandbox: {{ sandbox: s.json }} }}\n{more}"
    );
    std::fs::write(folder.path().join("gatewright.yaml"), text).unwrap();
    ConfigFile::load(folder.path()).unwrap()
}

fn accounts() -> BreakGlass {
    BreakGlass {
        users: vec!["glass@contoso.com".to_owned()],
        groups: vec!["CA-BreakGlass".to_owned()],
    }
}

const ALL: &str = "\
claims:
  packs:
    - scuba
    - { name: cis-m365, with: { allowedLocations: [Home countries] } }
    - name: maester
      with: { compliantNetwork: [All Compliant Network locations], privateApplications: [Payroll] }
    - name: zero-trust
      with:
        compliantNetwork: [All Compliant Network locations]
        privateApplications: [Payroll]
        workstationRule: device.extensionAttribute1 -eq \"PAW\"
        servicePrincipals: [robot]
        servicePrincipalLocations: [Data centre]
    - safety
";

fn chosen(more: &str, tenant: &TenantEntry) -> Chosen {
    let file = file(more);
    let accounts = accounts();
    PacksFor {
        file: &file,
        tenant,
        break_glass: Some(&accounts),
    }
    .chosen()
}

#[test]
fn every_file_is_a_pack_of_its_name() {
    let names: Vec<&str> = packs().iter().map(|pack| pack.name.as_str()).collect();
    let files: Vec<&str> = FILES.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, files);
    for (name, text) in FILES {
        let file = SourceFile::new(*name, *name, (*text).to_owned());
        let mut findings = Vec::new();
        let documents = yaml::parse(&file, &mut findings);
        assert!(findings.is_empty(), "{name}: {findings:?}");
        let pack = packs().iter().find(|pack| pack.name == *name).unwrap();
        assert_eq!(pack.claims.len() + 1, documents.len(), "{name}");
        let ids: BTreeSet<&str> = pack.claims.iter().map(|claim| claim.id.as_str()).collect();
        assert_eq!(ids.len(), pack.claims.len(), "{name}");
        let titles: BTreeSet<&str> = pack.claims.iter().map(|c| c.title.as_str()).collect();
        assert_eq!(titles.len(), pack.claims.len(), "{name}");
        for claim in &pack.claims {
            assert!(!claim.source.is_empty(), "{name}/{}", claim.id);
            assert!(claim.text.starts_with("conditions:"), "{}", claim.text);
            assert!(!claim.text.contains("---"), "{}", claim.text);
        }
    }
}

#[test]
fn every_parameter_is_declared_and_used_and_holds_what_it_says() {
    for pack in packs() {
        let used: BTreeSet<&str> = pack.claims.iter().flat_map(PackClaim::parameters).collect();
        let declared: BTreeSet<&str> = pack.parameters.iter().map(|(name, _)| &**name).collect();
        let used: BTreeSet<&str> = used
            .into_iter()
            .filter(|n| !BREAK_GLASS.contains(n))
            .collect();
        assert_eq!(used, declared, "{}", pack.name);
        for (name, parameter) in &pack.parameters {
            let fits = parameter
                .value
                .as_ref()
                .is_none_or(|value| match parameter.kind {
                    ParameterKind::Names => value.is_array(),
                    ParameterKind::Text => value.is_string(),
                    ParameterKind::Number => value.is_i64(),
                });
            assert!(fits, "{}: {name}", pack.name);
        }
    }
}

#[test]
fn every_claim_is_sound_and_names_what_there_is() {
    let chosen = chosen(ALL, &TenantEntry::default());
    assert!(
        chosen.findings.is_empty() || !has_errors(&chosen.findings),
        "{:?}",
        chosen.findings
    );
    // Two parameters are left unset above, so that what they are for is told.
    let own = [
        "Home countries",
        "All Compliant Network locations",
        "Payroll",
        "robot",
        "Data centre",
        "CA-BreakGlass",
        "glass@contoso.com",
    ];
    let mut asked = 0;
    for claim in &chosen.claims {
        asked += 1;
        for (kind, pointer, name) in claim.manifest.parts().iter().flat_map(|p| p.references()) {
            let known = own.contains(&name.as_str())
                || special::canonical(kind.special_values(), &name).is_some()
                || match kind {
                    RefKind::Role => ROLES.by_name(&name).is_some(),
                    RefKind::Application => APPS.by_name(&name).is_some(),
                    RefKind::Strength => built_in_by_name(&name).is_some(),
                    _ => false,
                };
            assert!(known, "{}: {pointer}: {name}", claim.name());
        }
    }
    let all: usize = packs().iter().map(|pack| pack.claims.len()).sum();
    assert_eq!(asked, all);
}

#[test]
fn one_claim_reads_the_same_in_every_pack_that_has_it_unless_its_sources_differ() {
    let mut texts: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for claim in packs().iter().flat_map(|pack| &pack.claims) {
        texts.entry(&claim.id).or_default().insert(&claim.text);
    }
    let differ: Vec<&str> = (texts.iter())
        .filter(|(_, texts)| texts.len() > 1)
        .map(|(id, _)| *id)
        .collect();
    // Each source has its own list of roles, and its own levels.
    assert_eq!(differ, ["signin-risk-blocked", "strong-admins"]);
}

#[test]
fn what_is_not_in_the_packs_is_said_and_is_not_in_them() {
    assert!(left_out().len() > 9);
    for row in left_out() {
        for id in row.id.split(", ") {
            assert!(packs().iter().all(|pack| pack.claim(id).is_none()), "{id}");
        }
    }
}

#[test]
fn without_emergency_accounts_and_parameters_claims_on_them_are_not_asked_and_that_is_told() {
    let file = file("claims: { packs: [zero-trust, safety] }\n");
    let tenant = TenantEntry::default();
    let chosen = PacksFor {
        file: &file,
        tenant: &tenant,
        break_glass: None,
    }
    .chosen();
    let ids: Vec<&str> = (chosen.claims.iter())
        .map(|one| one.pack.as_ref().unwrap().claim.as_str())
        .collect();
    for out in [
        "breakglass-never-blocked",
        "paw-admins",
        "sp-network",
        "compliant-network",
    ] {
        assert!(!ids.contains(&out), "{out}");
    }
    let told: String = chosen.findings.iter().map(|f| f.message.as_str()).collect();
    for said in [
        "`breakglass-never-blocked` (guards.yaml has no `breakGlass`)",
        "`paw-admins` (`workstationRule` is not set)",
    ] {
        assert!(told.contains(said), "{told}");
    }
    assert!(!has_errors(&chosen.findings));
}

#[test]
fn what_a_cloud_or_an_edition_lacks_is_not_asked() {
    let all = chosen(ALL, &TenantEntry::default()).claims.len();
    for (tenant, out) in [
        (
            TenantEntry {
                cloud: Some(Cloud::China),
                ..TenantEntry::default()
            },
            ["user-risk-blocked", "strong-everyone"],
        ),
        (
            TenantEntry {
                api_version: Some(ApiVersion::V1),
                ..TenantEntry::default()
            },
            ["agent-risk-blocked", "agent-user-risk-blocked"],
        ),
    ] {
        let chosen = chosen(ALL, &tenant);
        assert!(!has_errors(&chosen.findings), "{:?}", chosen.findings);
        assert!(chosen.claims.len() < all);
        for id in out {
            assert!(
                chosen
                    .claims
                    .iter()
                    .all(|one| one.pack.as_ref().unwrap().claim != id),
                "{id}"
            );
            assert!(
                chosen.findings.iter().any(|f| f.message.contains(id)),
                "{id}"
            );
        }
    }
}

#[test]
fn what_is_wrong_with_a_choice_is_told_at_its_place() {
    for (more, said, way) in [
        (
            "claims: { packs: [scubba] }",
            "there is no pack `scubba`",
            "`scuba`",
        ),
        (
            "claims: { packs: [scuba, { name: scuba }] }",
            "listed twice",
            "one entry",
        ),
        (
            "claims: { packs: [{ name: scuba, without: [{ claim: legacy-bloked, reason: x }] }] }",
            "has no claim `legacy-bloked`",
            "`legacy-blocked`",
        ),
        (
            "claims: { packs: [{ name: scuba, without: [{ claim: legacy-blocked, reason: ' ' }] }] }",
            "the reason is blank",
            "why",
        ),
        (
            "claims: { packs: [{ name: scuba, with: { highlyPrivilegedRole: [User] } }] }",
            "has no parameter `highlyPrivilegedRole`",
            "`highlyPrivilegedRoles`",
        ),
        (
            "claims: { packs: [{ name: cis-m365, with: { adminSessionHours: four } }] }",
            "`adminSessionHours` is a whole number",
            "a number",
        ),
        (
            "claims: { packs: [{ name: scuba, with: { highlyPrivilegedRoles: User } }] }",
            "is a list of names",
            "[NAME, ...]",
        ),
        (
            "claims: { packs: [{ name: scuba, accepted: [{ claims: [mfa], conditions: { users: { includeGroups: [G] } }, reason: x }] }] }",
            "has no claim `mfa`",
            "",
        ),
        (
            "claims: { packs: [{ name: scuba, accepted: [{ claims: [mfa-everyone], conditions: {}, reason: x }] }] }",
            "`scuba/mfa-everyone`: the exception covers every sign-in",
            "whom or what",
        ),
    ] {
        let chosen = chosen(more, &TenantEntry::default());
        let finding = chosen.findings.iter().find(|f| f.is_error()).expect(more);
        let help = finding.help.as_deref().unwrap_or_default();
        assert!(
            finding.message.contains(said) && help.contains(way),
            "{finding:?}"
        );
        assert!(finding.place.is_some(), "{more}");
    }
}

#[test]
fn an_accepted_exception_stands_where_it_is_written_and_counts_for_its_claims_alone() {
    let chosen = chosen(
        "claims: { packs: [{ name: scuba, accepted: [{ claims: [mfa-everyone], conditions: { users: { includeGroups: [G] } }, reason: x, until: 2026-01-31 }] }] }\n",
        &TenantEntry::default(),
    );
    let counts: Vec<(&str, usize)> = (chosen.claims.iter())
        .map(|one| {
            (
                one.pack.as_ref().unwrap().claim.as_str(),
                one.accepted_at.len(),
            )
        })
        .filter(|(_, count)| *count > 0)
        .collect();
    assert_eq!(counts, [("mfa-everyone", 1)]);
    let one = chosen
        .claims
        .iter()
        .find(|one| !one.accepted_at.is_empty())
        .unwrap();
    // Whom and what it leaves out is as in the claim.
    assert_eq!(
        one.manifest.excepted(0).applications,
        one.manifest.invariant.conditions.applications
    );
    let past =
        |day: &str| crate::claims::invariant::past_exceptions(one, day.parse().unwrap()).len();
    assert_eq!((past("2026-01-31"), past("2026-02-01")), (0, 1));
}
