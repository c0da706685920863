//! Hostile days, as many as wanted: `cargo bench --bench faults -- --runs 1000 --seed 1`.
//!
//! `--jobs N` days are lived at a time (most of each is waiting), reads lag up to `--lag SECONDS`.
//! `--only "roll back"` lives those days alone whose scenario's name has these words.
//! Prints the figures, and every run with a duplicate, a loss, a false report or a hang by its
//! seed; the exit code is 1 then.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a run that cannot go on ends"
)]
#![allow(unreachable_pub, reason = "the tests use what this file brings in")]

#[cfg(unix)]
#[path = "../tests/it/hostile.rs"]
mod hostile;

// Signals are those of Unix.
#[cfg(not(unix))]
fn main() {}

#[cfg(unix)]
fn main() -> std::process::ExitCode {
    use std::io::Write;
    use std::process::ExitCode;
    use std::time::Duration;

    let arguments: Vec<String> = std::env::args().collect();
    // `cargo test` and `cargo nextest` run benches with other arguments: nothing to do then.
    if !arguments.iter().any(|a| a == "--bench") {
        return ExitCode::SUCCESS;
    }
    let number = |name: &str, otherwise: u64| {
        let at = arguments.iter().position(|a| a == name);
        at.map_or(otherwise, |at| arguments[at + 1].parse().unwrap())
    };
    let first = number("--seed", 1);
    let only = arguments.iter().position(|a| a == "--only");
    let only = only.map_or("", |at| arguments[at + 1].as_str());
    let seeds: Vec<u64> = (first..)
        .filter(|seed| hostile::scenario_of(*seed).contains(only))
        .take(number("--runs", 1000) as usize)
        .collect();
    let figures = hostile::campaign(
        &seeds,
        number("--jobs", 24) as usize,
        Duration::from_secs(number("--lag", 60)),
    );
    let _ = writeln!(std::io::stdout(), "{figures}");
    match figures.is_clean() {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    }
}
