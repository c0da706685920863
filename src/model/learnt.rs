//! What `doctor` found to be true of one tenant: the answers of its probes, by the probe's id.
//! A report of doctor is such a file; the sandbox behaves as it says, and the client goes by it.

use std::collections::BTreeMap;
use std::time::Duration;

use aws_lc_rs::digest;
use serde_json::Value;

/// The probes whose answers change how the sandbox or the client behaves, with the answers that
/// they know.
pub const SWITCHES: &[(&str, &[&str])] = &[
    ("nested-patch", &["merges", "replaces"]),
    ("error-text", &["message", "innerError"]),
    ("all-client-types", &["taken", "refused"]),
    ("session-beside-block", &["taken", "refused"]),
    ("long-name", &["taken", "refused"]),
    ("sixteenth-strength", &["taken", "refused"]),
    ("location-type", &["taken", "refused"]),
    ("id-in-create", &["refused", "taken"]),
    ("template-id-in-change", &["refused", "taken"]),
    ("whole-strength", &["refused", "taken"]),
    ("policies-top", &["cut", "pages"]),
    ("strengths-top", &["refused", "taken"]),
    ("newer-members", &["hidden", "shown"]),
    ("service-principal-members", &["hidden", "shown"]),
    ("licence", &["p2", "p1", "free"]),
    ("security-defaults", &["off", "on"]),
    ("neighbours", &["own", "shared"]),
];

/// The probe that measures how long the tenant takes to show a write, in seconds.
pub const LAG: &str = "lag";
/// The probe that lists the user actions which policies on all resources leave out, as
/// `urn:user:registerdevice: enabled`.
pub const ACTION_EXCLUSIONS: &str = "action-exclusions";
/// The longest lag that is believed.
const LONGEST_LAG: f64 = 3600.0;

/// What was found of a tenant.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Learnt {
    tenant: Option<String>,
    answers: BTreeMap<String, Value>,
}

impl Learnt {
    /// Reads a report of doctor. What was left open is not there; a probe that is not known is
    /// passed over, as a newer report may have more of them.
    ///
    /// # Errors
    /// In words, when it is no report, or an answer is none of those that its probe has.
    pub fn read(report: &Value) -> Result<Learnt, String> {
        let probes = report
            .get("probes")
            .and_then(Value::as_array)
            .ok_or("it has no `probes`: `gatewright doctor --report FILE` writes such a file")?;
        let mut answers = BTreeMap::new();
        for (at, probe) in probes.iter().enumerate() {
            let id = probe.get("id").and_then(Value::as_str);
            let id = id.ok_or_else(|| format!("`/probes/{at}` has no `id`"))?;
            let answer = probe.get("answer").cloned().unwrap_or_default();
            if answer.is_null() {
                continue;
            }
            let fault = |takes: String| {
                format!("the answer of the probe `{id}` is `{answer}`, and it takes {takes}")
            };
            if let Some((_, takes)) = SWITCHES.iter().find(|(name, _)| *name == id) {
                let known = answer.as_str().is_some_and(|text| takes.contains(&text));
                if !known {
                    let takes: Vec<String> = takes.iter().map(|t| format!("`{t}`")).collect();
                    return Err(fault(takes.join(", ")));
                }
            } else if id == LAG
                && !answer
                    .as_f64()
                    .is_some_and(|s| (0.0..=LONGEST_LAG).contains(&s))
            {
                return Err(fault("seconds, an hour at most".to_owned()));
            } else if id == ACTION_EXCLUSIONS
                && !answer
                    .as_array()
                    .is_some_and(|list| list.iter().all(Value::is_string))
            {
                return Err(fault(
                    "a list such as `[\"urn:user:registerdevice: enabled\"]`".to_owned(),
                ));
            }
            answers.insert(id.to_owned(), answer);
        }
        let tenant = report.get("tenant").and_then(Value::as_str);
        Ok(Learnt {
            tenant: tenant.map(str::to_owned),
            answers,
        })
    }

    /// Whether it was found of this tenant; nothing where the report does not say.
    pub fn is_of(&self, tenant_id: &str) -> Option<bool> {
        Some(*self.tenant.as_ref()? == mark_of(tenant_id))
    }

    /// What a probe answered in a word.
    pub fn word(&self, probe: &str) -> Option<&str> {
        self.answers.get(probe)?.as_str()
    }

    /// What a probe answered in several words.
    pub fn list(&self, probe: &str) -> Vec<&str> {
        let list = self.answers.get(probe).and_then(Value::as_array);
        list.into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect()
    }

    /// Whether a probe answered with the first word or with the second; nothing where it is open.
    pub fn is(&self, probe: &str, yes: &str) -> Option<bool> {
        Some(self.word(probe)? == yes)
    }

    /// How long the tenant took to show a write.
    pub fn lag(&self) -> Option<Duration> {
        let seconds = self.answers.get(LAG)?.as_f64()?;
        Duration::try_from_secs_f64(seconds).ok()
    }
}

/// What a report names a tenant by: its id cannot be told from it.
pub fn mark_of(tenant_id: &str) -> String {
    let id = format!("gatewright doctor {}", tenant_id.to_lowercase());
    let digest = digest::digest(&digest::SHA256, id.as_bytes());
    digest
        .as_ref()
        .iter()
        .take(8)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_report_is_read_and_what_is_open_or_unknown_is_passed_over() {
        let report = json!({"tenant": mark_of("t"), "probes": [
            {"id": "nested-patch", "answer": "replaces"},
            {"id": "long-name", "answer": null},
            {"id": "lag", "answer": 2.5},
            {"id": "of-the-future", "answer": {"any": "thing"}},
        ]});
        let learnt = Learnt::read(&report).unwrap();
        assert_eq!(learnt.is("nested-patch", "replaces"), Some(true));
        assert_eq!(learnt.is("long-name", "refused"), None);
        assert_eq!(learnt.lag(), Some(Duration::from_millis(2500)));
        assert_eq!(
            [learnt.is_of("T"), learnt.is_of("u")],
            [Some(true), Some(false)]
        );
    }

    #[test]
    fn what_is_no_report_or_no_answer_is_refused() {
        for (report, said) in [
            (json!({}), "no `probes`"),
            (
                json!({"probes": [{"answer": 1}]}),
                "`/probes/0` has no `id`",
            ),
            (
                json!({"probes": [{"id": "nested-patch", "answer": "maybe"}]}),
                "`merges`, `replaces`",
            ),
            (json!({"probes": [{"id": "lag", "answer": -1}]}), "seconds"),
        ] {
            let why = Learnt::read(&report).unwrap_err();
            assert!(why.contains(said), "{why}");
        }
    }
}
