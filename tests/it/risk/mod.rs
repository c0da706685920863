//! Risk from the command line: what is seen, decided and waited for, on the sandbox.

mod decide;
mod fake;
mod list;
mod sign_in;
mod tutorial;
mod wait;

use gatewright::sandbox::RiskySignIn;
use serde_json::{Value, json};

use crate::common::{Project, Ran};
use crate::sandbox::Sandbox;

const ADELE: &str = "93c9da93-7ffb-498e-afc1-2798ea05112e";

/// A project whose sandbox has seen these sign-ins: user and level.
async fn project(sign_ins: &[(&str, &str)]) -> Project {
    let project = Project::new();
    let sandbox = project.sandbox().await;
    sign_in(&sandbox, sign_ins);
    sandbox.running.stop().await;
    project
}

pub fn sign_in(sandbox: &Sandbox, sign_ins: &[(&str, &str)]) {
    for (user, level) in sign_ins {
        sandbox
            .running
            .sign_in(&RiskySignIn::new(user, level))
            .unwrap();
    }
}

async fn made_user(sandbox: &Sandbox, name: &str, upn: &str) -> String {
    let user = json!({"accountEnabled": true, "displayName": name, "mailNickname": "x",
        "userPrincipalName": upn,
        "passwordProfile": {"forceChangePasswordNextSignIn": true, "password": "Contoso1234"}});
    sandbox.made("/users", user).await["id"]
        .as_str()
        .unwrap()
        .to_owned()
}

/// A snapshot without what differs from run to run: times, ids, numbers of runs.
pub fn redacted(ran: &Ran) -> String {
    redact(&ran.snapshot())
}

fn redact(text: &str) -> String {
    let mut out = String::new();
    let mut word = String::new();
    let flush = |word: &mut String, out: &mut String| {
        out.push_str(&redacted_word(word));
        word.clear();
    };
    for c in text.chars() {
        if c.is_ascii_alphanumeric() || "-:.+".contains(c) {
            word.push(c);
        } else {
            flush(&mut word, &mut out);
            out.push(c);
        }
    }
    flush(&mut word, &mut out);
    out
}

fn redacted_word(word: &str) -> String {
    let bare = word.trim_end_matches(['.', ':']);
    let tail = &word[bare.len()..];
    let digits = |c: char| if c.is_ascii_digit() { '0' } else { c };
    let looks = |pattern: &str| {
        bare.len() == pattern.len() && bare.chars().map(digits).collect::<String>() == *pattern
    };
    let shown = if looks("0000-00-00") {
        "[ date ]  ".to_owned()
    } else if looks("00:00:00Z") {
        "[ time ]".to_owned() + " "
    } else if bare.len() > 19 && bare.parse::<jiff::Timestamp>().is_ok() {
        "[moment]".to_owned()
    } else if is_id(bare) && bare != ADELE {
        "[id]".to_owned()
    } else if bare.len() == 25 && bare.contains("Z-") {
        "[run]".to_owned()
    } else {
        bare.to_owned()
    };
    shown + tail
}

/// The id of an object, or of a detection.
fn is_id(word: &str) -> bool {
    let hex = word.chars().all(|c| c.is_ascii_hexdigit() || c == '-');
    hex && (uuid::Uuid::try_parse(word).is_ok() && word.len() == 36 || word.len() == 64)
}

fn json_of(ran: &Ran) -> Value {
    serde_json::from_str(&ran.stdout).unwrap_or_else(|e| panic!("{e}\n{}", ran.snapshot()))
}
