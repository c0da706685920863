//! A project in a folder of its own, and the built program run on it. One text shows what
//! came out: stdout, stderr and the exit code.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use gatewright::manifest::guards::Guard;
use gatewright::sandbox::{Options, StoreKind};
use tempfile::TempDir;

use crate::sandbox::Sandbox;

/// The project file of a project that does not bring its own.
pub const CONFIG: &str = "\
version: 1
manifests: [policies]
tenants:
  sandbox:
    default: true
    sandbox: .gatewright/sandbox.json
    vars: { domain: contoso.com, count: 3 }
";

/// A project in a temporary folder.
pub struct Project {
    folder: TempDir,
    environment: Vec<(String, String)>,
}

impl Project {
    /// A folder with nothing in it.
    pub fn empty() -> Project {
        Project {
            folder: tempfile::tempdir().unwrap(),
            environment: Vec::new(),
        }
    }

    /// A project with the tenant `sandbox`, and no manifest yet.
    pub fn new() -> Project {
        Project::empty().file("gatewright.yaml", CONFIG)
    }

    /// A project with one manifest file, `policies/<name>`.
    pub fn of(name: &str, manifest: impl AsRef<[u8]>) -> Project {
        Project::new().file(&format!("policies/{name}"), manifest)
    }

    /// Writes a file, with the folders that it needs.
    pub fn file(self, name: &str, content: impl AsRef<[u8]>) -> Project {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
        self
    }

    /// Sets an environment variable for the program.
    pub fn env(mut self, name: &str, value: &str) -> Project {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Where a file of the project lies.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The tenant file of the sandbox, as it stands; nothing before the first write.
    pub fn tenant_file(&self) -> Option<String> {
        std::fs::read_to_string(self.path(".gatewright/sandbox.json")).ok()
    }

    /// The project's sandbox, for a test that prepares it over HTTP.
    pub async fn sandbox(&self) -> Sandbox {
        Sandbox::with(Options {
            store: StoreKind::File(self.path(".gatewright/sandbox.json")),
            ..Options::default()
        })
        .await
    }

    /// Runs the program in the project's folder, without an environment, without a
    /// terminal, and with colours off.
    pub fn run(&self, arguments: &[&str]) -> Ran {
        self.run_on(arguments, "")
    }

    /// The same with these bytes on stdin.
    pub fn run_on(&self, arguments: &[&str], stdin: impl AsRef<[u8]>) -> Ran {
        let mut child = Command::new(env!("CARGO_BIN_EXE_gatewright"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .current_dir(self.folder.path())
            .env_clear()
            .envs(needed())
            .env("NO_COLOR", "1")
            .envs(self.environment.iter().map(|(n, v)| (n, v)))
            .args(arguments)
            .spawn()
            .unwrap();
        let (mut pipe, stdin) = (child.stdin.take().unwrap(), stdin.as_ref());
        let output = std::thread::scope(|scope| {
            // It need not be read to its end.
            scope.spawn(move || pipe.write_all(stdin).ok());
            child.wait_with_output().unwrap()
        });
        let text = |bytes: Vec<u8>| redact(&String::from_utf8(bytes).unwrap(), self.folder.path());
        Ran {
            command: arguments.join(" "),
            code: output.status.code(),
            stdout: text(output.stdout),
            stderr: text(output.stderr),
        }
    }

    /// Runs the program at a terminal of 80 columns. `answers` hears each question, and gives
    /// what is typed; nothing ends the input. The exit code, and all that was shown.
    #[cfg(target_os = "linux")]
    pub fn run_at_a_terminal(
        &self,
        arguments: &[&str],
        mut answers: impl FnMut(&str) -> Option<&'static str>,
    ) -> (Option<i32>, String) {
        use std::fs::File;
        use std::io::Read;

        use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
        use rustix::termios::{Winsize, tcsetwinsize};

        let screen = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&screen).unwrap();
        unlockpt(&screen).unwrap();
        let size = Winsize {
            ws_row: 40,
            ws_col: 80,
            ws_xpixel: 0,
            ws_ypixel: 0,
        };
        tcsetwinsize(&screen, size).unwrap();
        let name = ptsname(&screen, Vec::new()).unwrap();
        let open = || {
            let path = Path::new(name.to_str().unwrap());
            File::options().read(true).write(true).open(path).unwrap()
        };
        let mut child = {
            let mut command = Command::new(env!("CARGO_BIN_EXE_gatewright"));
            command
                .args(arguments)
                .current_dir(self.folder.path())
                .env_clear()
                .env("NO_COLOR", "1")
                .envs(self.environment.iter().map(|(n, v)| (n, v)))
                .stdin(open())
                .stdout(open())
                .stderr(open());
            command.spawn().unwrap()
        };
        let mut screen = File::from(screen);
        let mut shown = String::new();
        let mut asked = 0;
        let mut bytes = [0; 4096];
        // The screen is gone when the program has ended.
        while let Ok(count @ 1..) = screen.read(&mut bytes) {
            shown.push_str(&String::from_utf8_lossy(&bytes[..count]));
            // A question may take several lines; a blank one stands above it.
            let since = shown[asked..].replace('\r', "");
            let line = since.rsplit("\n\n").next().unwrap_or_default();
            let asks = line.contains("[q]uit") || line.contains("Type `yes`");
            if asks && line.ends_with(": ") {
                let answer = answers(line).map_or("\u{4}".to_owned(), |text| format!("{text}\n"));
                asked = shown.len();
                screen.write_all(answer.as_bytes()).unwrap();
            }
        }
        let code = child.wait().unwrap().code();
        (code, redact(&shown.replace('\r', ""), self.folder.path()))
    }

    /// Applies whatever the project says, however dangerous: for laws about any project.
    pub fn apply_anything(&self) -> Ran {
        self.allowing_anything(&["apply", "--yes"])
    }

    /// Runs the program and lets every guard through that can be.
    pub fn allowing_anything(&self, arguments: &[&str]) -> Ran {
        let mut arguments = arguments.to_vec();
        let guards = Guard::ALL.iter().filter(|guard| !guard.is_absolute());
        for guard in guards {
            arguments.extend(["--allow", guard.as_str()]);
        }
        self.run(&arguments)
    }

    /// Runs the program, and asserts that it refused as it must: see [`Ran::refused`].
    pub fn refuse(&self, arguments: &[&str]) -> Ran {
        let before = self.tenant_file();
        let ran = self.run(arguments);
        ran.refused();
        assert_eq!(
            before,
            self.tenant_file(),
            "a refused project writes nothing"
        );
        ran
    }
}

/// The variables without which no program runs on Windows: it finds no network and no folder for
/// temporary files.
pub fn needed() -> Vec<(&'static str, String)> {
    let names: &[&str] = match cfg!(windows) {
        true => &["SystemRoot", "TEMP", "TMP"],
        false => &[],
    };
    let set = names
        .iter()
        .map(|name| Some((*name, std::env::var(name).ok()?)));
    set.flatten().collect()
}

fn redact(text: &str, folder: &Path) -> String {
    let real = folder.canonicalize().unwrap();
    text.replace(&*real.to_string_lossy(), "[project]")
        .replace(&*folder.to_string_lossy(), "[project]")
}

/// A result fits its schema, one of `schema/`.
pub fn fits(result: &serde_json::Value, schema: &str) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("schema")
        .join(schema);
    let schema = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let errors: Vec<String> = validator
        .iter_errors(result)
        .map(|e| e.to_string())
        .collect();
    assert!(errors.is_empty(), "{errors:?}");
}

/// What one run of the program gave.
#[derive(Debug)]
pub struct Ran {
    pub command: String,
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Ran {
    /// Everything that came out, as one text.
    pub fn snapshot(&self) -> String {
        let mut text = format!("$ gatewright {}\n", self.command);
        for (name, content) in [("stdout", &self.stdout), ("stderr", &self.stderr)] {
            if !content.is_empty() {
                let _ = write!(text, "--- {name}\n{content}");
                if !content.ends_with('\n') {
                    text.push('\n');
                }
            }
        }
        let _ = write!(
            text,
            "--- exit code {}",
            self.code.map_or("none".to_owned(), |c| c.to_string())
        );
        // Lines of a source may end in blanks, and some editors take them away.
        text.lines()
            .map(str::trim_end)
            .collect::<Vec<_>>()
            .join("\n")
    }

    /// The findings on stderr, one text each.
    pub fn findings(&self) -> Vec<String> {
        let begins = |line: &str| {
            ["error[", "warning[", "hint["]
                .iter()
                .any(|word| line.starts_with(word))
        };
        // The line that counts them stands right below the last one.
        let ends = |line: &str| line.ends_with("; nothing was written");
        let mut found: Vec<String> = Vec::new();
        let mut open = false;
        for line in self.stderr.lines() {
            if begins(line) {
                found.push(String::new());
                open = true;
            } else if line.is_empty() || ends(line) {
                open = false;
            }
            if open {
                let finding = found.last_mut().unwrap();
                finding.push_str(line);
                finding.push('\n');
            }
        }
        found
    }

    /// It ended with 1 (3 where a guard refused), and every finding says where it is, shows the line there, and how
    /// it is mended.
    pub fn refused(&self) {
        let all = self.snapshot();
        // A user that gatewright did not create is guarded.
        let code = if all.contains(": test-mark]") { 3 } else { 1 };
        assert_eq!(self.code, Some(code), "{all}");
        let findings = self.findings();
        assert!(findings.iter().any(|f| f.starts_with("error[")), "{all}");
        for finding in &findings {
            let place = finding
                .lines()
                .find_map(|line| line.trim_start().strip_prefix("--> "))
                .unwrap_or_else(|| panic!("no place: {finding}"));
            let mut parts = place.rsplitn(3, ':');
            let mut number = || parts.next().and_then(|n| n.parse::<usize>().ok());
            let (column, line) = (number(), number());
            assert!(column.is_some_and(|c| c > 0), "{finding}");
            let line = line.unwrap_or_else(|| panic!("no line: {finding}"));
            // What is no text has no line that could be shown.
            let unread = ["[unreadable-file]", "[file-too-large]", "[encoding]"]
                .iter()
                .any(|code| finding.contains(code))
                || finding.contains("gatewright.yaml is empty");
            let shown = finding
                .lines()
                .any(|text| text.trim_start().starts_with(&format!("{line} | ")));
            assert!(
                shown || unread && line == 1,
                "the line is not shown: {finding}"
            );
            assert!(
                finding
                    .lines()
                    .any(|text| text.trim_start().starts_with("= help: ")),
                "no way out: {finding}"
            );
        }
        assert!(!all.contains("panicked"), "{all}");
    }
}
