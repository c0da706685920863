//! A sandbox that another process serves: every command goes there.

use gatewright::sandbox::{Options, StoreKind};
use serde_json::Value;

use crate::common::{Project, Ran};
use crate::sandbox::Sandbox;

const POLICY: &str = "kind: ConditionalAccessPolicy\ndisplayName: P\nstate: disabled\nconditions: {users: {includeUsers: [All]}, applications: {includeApplications: [All]}}\ngrantControls: {operator: OR, builtInControls: [mfa]}\n";

fn done(ran: &Ran) {
    assert_eq!(ran.code, Some(0), "{}", ran.snapshot());
}

#[tokio::test(flavor = "multi_thread")]
async fn commands_go_to_the_process_that_serves_the_sandbox() {
    for secure in [false, true] {
        let project = Project::of("a.yaml", POLICY);
        let file = project.path(".gatewright/sandbox.json");
        let sandbox = Sandbox::with(Options {
            store: StoreKind::File(file.clone()),
            tls: secure.then(|| file.with_extension("ca.pem")),
            ..Options::default()
        })
        .await;
        let ran = |line: &[&str]| tokio::task::block_in_place(|| project.run(line));
        for line in [
            &["plan"][..],
            &["apply", "--yes"],
            &["drift"],
            &["list"],
            &["rollback", "latest", "--yes"],
            &["apply", "--yes"],
            &["import", "--dry-run"],
            &["risk", "users"],
            &["auth", "whoami"],
        ] {
            let ran = ran(line);
            done(&ran);
            assert!(
                line[0] == "auth" || ran.stderr.contains("served by another process"),
                "{}",
                ran.snapshot()
            );
        }
        // It is the very tenant that is served, and the file is still that process's own.
        let listed = sandbox.running.tenant();
        assert_eq!(listed["policies"].as_object().unwrap().len(), 1);
        let sent = sandbox.running.requests();
        assert!(
            sent.iter()
                .any(|r| r.method == "POST" && r.target.ends_with("/policies"))
        );
        let quiet = ran(&["plan", "-q", "--format", "json"]);
        assert_eq!(quiet.stderr, "");
        let plan: Value = serde_json::from_str(&quiet.stdout).unwrap();
        assert_eq!(plan["summary"]["unchanged"], 1);
        // When that process has ended, the file is opened again.
        drop(sandbox);
        let ran = ran(&["plan"]);
        done(&ran);
        assert!(
            !ran.stderr.contains("served by another"),
            "{}",
            ran.snapshot()
        );
    }
}
