//! Signing in: every method request by request against a fake identity endpoint, what the
//! environment offers, what is said when it fails, and that no secret is ever shown.

mod cloud;
mod fake;
mod faults;
mod methods;
mod person;
mod renewal;
mod whoami;

use crate::common::{Project, Ran};
use fake::Fake;

/// Compares with the snapshot of this name.
macro_rules! shown {
    ($name:expr, $text:expr) => {
        insta::with_settings!({
            prepend_module_to_snapshot => false,
            omit_expression => true,
            snapshot_path => concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/sign_in/snapshots"),
        }, { insta::assert_snapshot!($name, $text) })
    };
}
use shown;

const TENANT: &str = "11111111-2222-3333-4444-555555555555";
const CLIENT: &str = "aaaaaaaa-0000-4000-8000-000000000001";
/// Every secret that the tests use holds this text.
const SECRET: &str = "never-to-be-seen";

/// A project whose tenant `prod` signs in at `fake`; `rest` are more lines of its entry.
fn project(fake: &Fake, rest: &str) -> Project {
    let config = format!(
        "version: 1
manifests: [policies]
tenants:
  prod:
    tenantId: {TENANT}
    loginEndpoint: {}
{rest}  sandbox: {{ default: true, sandbox: .gatewright/sandbox.json }}
",
        fake.url
    );
    Project::of("a.yaml", "kind: Group\ndisplayName: Pilot\n").file("gatewright.yaml", config)
}

/// `auth whoami -v` of the tenant, which must not show a secret.
fn whoami(project: &Project) -> Ran {
    let ran = project.run(&["auth", "whoami", "-t", "prod", "-v"]);
    silent(&ran);
    ran
}

/// No secret and no token in what came out.
fn silent(ran: &Ran) {
    let all = format!("{}{}", ran.stdout, ran.stderr);
    for word in [SECRET, "eyJ", "BEGIN"] {
        assert!(!all.contains(word), "`{word}` is shown: {all}");
    }
}

fn sample(name: &str) -> Vec<u8> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/samples/certificates");
    std::fs::read(std::path::Path::new(folder).join(name)).unwrap()
}
