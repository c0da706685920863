//! What a cloud lacks is found without a tenant, for the entries that name it.

use super::shown;
use crate::common::Project;

const MANIFESTS: &str = "\
kind: ConditionalAccessPolicy
displayName: CA001
state: enabled
conditions:
  users: { includeUsers: [All], excludeGroups: [Emergency] }
  applications: { includeApplications: [All] }
  userRiskLevels: [high]
  signInRiskLevels: [high]
  insiderRiskLevels: elevated
grantControls: { operator: AND, authenticationStrength: Phishing-resistant MFA, builtInControls: [riskRemediation] }
sessionControls: { signInFrequency: { isEnabled: true, frequencyInterval: everyTime, authenticationType: primaryAndSecondaryAuthentication } }
---
kind: ConditionalAccessPolicy
displayName: CA002
state: enabled
conditions:
  users: { includeUsers: [All], excludeGroups: [Emergency] }
  applications: { includeApplications: [All] }
  userRiskLevels: [high]
grantControls: { operator: AND, builtInControls: [mfa, passwordChange] }
---
kind: AuthenticationStrength
displayName: With codes
allowedCombinations: [fido2, qrCodePin]
---
kind: Group
displayName: Emergency
";

fn project(cloud: &str) -> Project {
    Project::of("a.yaml", MANIFESTS).file(
        "gatewright.yaml",
        format!(
            "version: 1\nmanifests: [policies]\ntenants:\n  one:\n    tenantId: {}\n    cloud: {cloud}\n",
            super::TENANT
        ),
    )
}

#[test]
fn each_cloud_has_its_gaps() {
    for cloud in ["global", "usgov", "usgovdod", "china"] {
        let ran = project(cloud).run(&["validate"]);
        shown!(format!("cloud-{cloud}"), ran.snapshot());
        let errors = ran.findings().iter().any(|f| f.starts_with("error"));
        assert_eq!(ran.code, Some(i32::from(errors)));
    }
    // Plan says so before it signs in.
    let plan = project("china").refuse(&["plan"]);
    assert!(plan.stderr.contains("CA-CLOUD") && !plan.stderr.contains("[sign-in]"));
}
