//! What a run of the built program takes: time and memory, as the kernel counts them.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

/// The built program.
pub(crate) const BINARY: &str = env!("CARGO_BIN_EXE_gatewright");

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// What a run of the binary took.
pub(crate) struct Usage {
    /// By the clock.
    pub(crate) wall: Duration,
    /// Of the processor.
    pub(crate) cpu: Duration,
    /// The most memory that was held, in KiB.
    pub(crate) peak_kib: u64,
    /// What it wrote to stderr.
    pub(crate) log: String,
}

impl std::fmt::Display for Usage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{:.0} ms wall, {:.0} ms CPU, {:.1} MB peak",
            self.wall.as_secs_f64() * 1e3,
            self.cpu.as_secs_f64() * 1e3,
            self.peak_kib as f64 / 1e3
        )
    }
}

impl Usage {
    /// The requests of the log, by method and path.
    #[allow(dead_code, reason = "one bench asks for it")]
    pub(crate) fn requests(&self) -> Vec<String> {
        let mut counts = std::collections::BTreeMap::<String, usize>::new();
        for line in self.log.lines().filter(|l| l.contains("method=")) {
            let field = |name: &str| {
                line.split_whitespace()
                    .find_map(|word| word.strip_prefix(name))
                    .unwrap_or_default()
                    .trim_matches('"')
                    .split('?')
                    .next()
                    .unwrap_or_default()
                    .to_owned()
            };
            *counts
                .entry(format!("{} {}", field("method="), field("path=")))
                .or_default() += 1;
        }
        counts.iter().map(|(k, n)| format!("{n} x {k}")).collect()
    }
}

/// Runs the binary and reads its times and memory from the kernel while it is a zombie's
/// parent away: `bash`'s own `times` and `/proc` give both without unsafe code.
pub(crate) fn measure(root: &Path, args: &[&str], env: &[(&str, &str)]) -> Result<Usage> {
    let script = r#""$@" & pid=$!; peak=0
while kill -0 $pid 2>/dev/null; do
  now=$(sed -n 's/^VmHWM:[^0-9]*\([0-9]*\).*/\1/p' /proc/$pid/status 2>/dev/null)
  [ "${now:-0}" -gt "$peak" ] && peak=$now
  sleep 0.005
done
wait $pid; echo "peak $peak" >&2"#;
    let mut command = Command::new("bash");
    command.args(["-c", script, "bash", BINARY]).args(args);
    command.current_dir(root).env_remove("RUST_LOG");
    command.envs(env.iter().copied()).stdout(Stdio::null());
    let output = command.output()?;
    let log = String::from_utf8_lossy(&output.stderr).into_owned();
    let peak_kib = log
        .lines()
        .find_map(|l| l.strip_prefix("peak "))
        .and_then(|n| n.parse().ok())
        .unwrap_or(0);
    // The loop above slows the run a little: wall and CPU come from a run without it.
    let timed = r#"TIMEFORMAT='time %R %U %S'; time "$@" >/dev/null 2>/dev/null"#;
    let mut command = Command::new("bash");
    command.args(["-c", timed, "bash", BINARY]).args(args);
    command.current_dir(root);
    command.envs(env.iter().copied());
    let output = command.output()?;
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    let numbers: Vec<f64> = text
        .lines()
        .find_map(|l| l.strip_prefix("time "))
        .unwrap_or("0 0 0")
        .split_whitespace()
        .filter_map(|n| n.parse().ok())
        .collect();
    let at = |i: usize| Duration::from_secs_f64(numbers.get(i).copied().unwrap_or(0.0));
    Ok(Usage {
        wall: at(0),
        cpu: at(1) + at(2),
        peak_kib,
        log,
    })
}
