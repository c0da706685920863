//! Sign-in logs: any bytes are records or a fault that says where; how they come in pieces changes
//! nothing; every record is judged or told.

use std::io::{BufReader, Cursor, Read};
use std::sync::LazyLock;

use gatewright::impact::replay::{LogDirectory, LogRecords, Replay, ReplayTally, text_of};
use gatewright::model::policy::ConditionalAccessPolicy;
use gatewright::whatif::{PolicySet, World};
use serde_json::{Value, json};

/// What is packed may become this much larger.
const LARGEST: u64 = 4 << 20;

static REPLAYS: LazyLock<Vec<Replay>> = LazyLock::new(|| {
    let policy = |name: &str, state: &str, controls: &[&str]| -> ConditionalAccessPolicy {
        serde_json::from_value(json!({"id": "11111111-2222-3333-4444-555555555555", "displayName": name, "state": state,
            "conditions": {"users": {"includeUsers": ["All"], "excludeGroups": ["G"]}, "applications": {"includeApplications": ["All"]},
                "clientAppTypes": ["browser"], "devices": {"deviceFilter": {"mode": "exclude", "rule": "device.isCompliant -eq True"}}},
            "grantControls": {"operator": "OR", "builtInControls": controls}})).unwrap()
    };
    let set = |policies: Vec<ConditionalAccessPolicy>| PolicySet {
        policies,
        world: World::default(),
    };
    let before = set(vec![policy("A", "enabled", &["mfa"])]);
    let after = set(vec![
        policy("A", "enabled", &["block"]),
        policy("B", "enabledForReportingButNotEnforced", &["mfa"]),
    ]);
    let own = "0f1e2d3c-0000-4000-8000-000000000001".to_owned();
    [None, Some(own)]
        .map(|id| Replay::new(&before, &after, LogDirectory::default(), id))
        .into()
});

/// Holds the laws for one log.
pub fn check(data: &[u8]) {
    let Ok(from) = text_of(Cursor::new(data.to_vec())) else {
        return;
    };
    let mut text = Vec::new();
    let whole = from.take(LARGEST).read_to_end(&mut text).is_ok();
    if text.len() as u64 == LARGEST {
        return;
    }
    let (found, end) = records(&text, 1 << 16);
    for chunk in [1, 7, 64] {
        if text.len() < 4096 * chunk {
            let pieces = records(&text, chunk);
            assert_eq!(
                (&found, &end),
                (&pieces.0, &pieces.1),
                "in pieces of {chunk}"
            );
        }
    }
    assert!(found.iter().map(Vec::len).sum::<usize>() <= text.len());
    let sound = serde_json::from_slice::<Value>(&text);
    if whole
        && let Ok(Value::Array(items)) = &sound
        && items.iter().all(is_record)
    {
        let read: Vec<Value> = found
            .iter()
            .map(|one| serde_json::from_slice(one).unwrap())
            .collect();
        assert_eq!((&read, end.as_str()), (items, ""));
    }
    for replay in REPLAYS.iter() {
        let mut tally = ReplayTally::default();
        let mut log = LogRecords::new(text.as_slice());
        let mut record = Vec::new();
        let mut refused = false;
        while let Ok(true) = log.read(&mut record) {
            refused |= replay.judge(&record, log.position(), &mut tally).is_err();
            if refused {
                break;
            }
        }
        let report = replay.report(&tally);
        if !refused {
            assert_eq!(report.records, found.len() as u64);
        }
        let not: u64 = report.not_judged.iter().map(|(_, count)| count).sum();
        let unreadable = report.unreadable.as_ref().map_or(0, |(count, _, _)| *count);
        let told = report.judged + not + report.repeated + unreadable + u64::from(refused);
        assert_eq!(told, report.records, "{report:?}");
    }
}

/// An object that is no page of a log.
fn is_record(value: &Value) -> bool {
    value
        .as_object()
        .is_some_and(|map| !map.get("value").is_some_and(Value::is_array))
}

/// The records, and how it ended.
fn records(text: &[u8], chunk: usize) -> (Vec<Vec<u8>>, String) {
    let mut log = LogRecords::new(BufReader::with_capacity(chunk, text));
    let (mut found, mut record) = (Vec::new(), Vec::new());
    let end = loop {
        match log.read(&mut record) {
            Ok(true) => found.push(record.clone()),
            Ok(false) => break String::new(),
            Err(fault) => {
                let at = fault.position();
                assert!(
                    at.is_none_or(|at| at.offset <= text.len() as u64),
                    "{fault}"
                );
                break fault.to_string();
            }
        }
        assert_eq!(log.position().records, found.len() as u64);
    };
    (
        found,
        format!(
            "{end}{}",
            if log.has_next_page() { " and more" } else { "" }
        ),
    )
}
