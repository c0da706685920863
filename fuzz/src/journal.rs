//! Journals: any bytes are a run or an error; what is cut off takes back nothing that was done.

use gatewright::apply::journal::{Record, RunRecord, read_bytes};
use gatewright::render;

use crate::sound;

/// Holds the laws for one input.
pub fn check(data: &[u8]) {
    let read = |bytes: &[u8]| read_bytes("run".to_owned(), bytes).ok();
    let Some(whole) = read(data) else {
        return;
    };
    told(&whole);
    // Written again it is the same.
    let records: Vec<Record> = String::from_utf8_lossy(data)
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok())
        .collect();
    let lines: Vec<String> = records
        .iter()
        .map(|one| serde_json::to_string(one).unwrap())
        .collect();
    let text = lines.join("\n");
    assert_eq!(read(text.as_bytes()).as_ref(), Some(&whole), "{text}");
    let again: Vec<Record> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(again, records);
    // A machine that stops leaves a part of it, and perhaps half a line.
    let mut before: Option<RunRecord> = None;
    for end in (1..=lines.len()).take(40) {
        let mut part = lines[..end].join("\n");
        let now = read(part.as_bytes());
        part.push('\n');
        if let Some(next) = lines.get(end) {
            let half = (0..=next.len() / 2)
                .rev()
                .find(|at| next.is_char_boundary(*at));
            part.push_str(&next[..half.unwrap_or(0)]);
        }
        assert_eq!(read(part.as_bytes()), now, "half a line counts: {part}");
        let now = now.unwrap_or_else(|| panic!("the beginning of a journal is none: {part}"));
        if let Some(before) = before {
            assert_eq!(before.actions.len(), now.actions.len());
            for (one, other) in before.actions.iter().zip(&now.actions) {
                assert!(!one.begun || other.begun, "{part}");
                assert!(!one.wrote || other.wrote, "{part}");
                assert!(one.created.is_none() || other.created.is_some(), "{part}");
            }
        }
        before = Some(now);
    }
}

fn told(run: &RunRecord) {
    let list = std::slice::from_ref(run);
    sound::shown(&render::runs::runs(list, None));
    sound::shown(&render::runs::runs(list, Some(60)));
    for sides in [true, false] {
        sound::shown(&render::runs::run(run, sides, None));
        sound::shown_json(&render::json::text(&render::json::runs(list, sides)));
    }
}
