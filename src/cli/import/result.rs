//! What an import did with each object, and how it says so.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::Write as _;

use indexmap::{IndexMap, IndexSet};

use super::ImportArgs;
use super::target::ImportTarget;
use super::unnamed::{Nameless, Unnamed};
use crate::cli::console::Console;
use crate::cli::session::Stopped;
use crate::cli::{Exit, Format};
use crate::finding::{self, Code, Finding, Place, did_you_mean};
use crate::import::compose::Uneditable;
use crate::import::export::Exported;
use crate::import::naming::Draft;
use crate::import::settle::Written;
use crate::model::normal::{FoundMember, is_known_member};
use crate::model::{Kind, Object};
use crate::plan::{Plan, Verb};
use crate::render;
use crate::render::import::{ImportOutput, ImportedOutput};
use crate::render::json::{self, FORMAT_VERSION, VERSION};
use crate::text::pointer::dotted;
use crate::text::{shell_word, visible};

/// From more unknown members than this no option to leave them out is made.
const MANY_MEMBERS: usize = 40;

/// One object and what became of it.
#[derive(Debug, Clone)]
pub struct Imported(ImportedOutput);

impl Imported {
    /// What became of `object`.
    pub fn of(object: &Object, id: Option<&str>, file: String, result: What) -> Imported {
        Imported(ImportedOutput {
            kind: object.kind().as_str(),
            name: object.name().to_owned(),
            id: id.or(object.id()).map(str::to_owned),
            file: (!matches!(result, What::Refused | What::OfMicrosoft)).then_some(file),
            result,
        })
    }
}

pub use crate::render::import::ImportResult as What;

/// What an import did.
#[derive(Debug, Clone)]
pub struct ImportReport {
    console: Console,
    force: bool,
    /// One for each object that was asked for.
    pub outcomes: Vec<Imported>,
    /// Notes and warnings.
    pub findings: Vec<Finding>,
    unnamed: Unnamed,
    /// How many objects of the export could not be read; the findings say which.
    pub unread: usize,
    /// How many objects of Microsoft's were left out without an outcome of their own.
    pub of_microsoft: usize,
    /// The policies of Microsoft's that were left out.
    left: Vec<String>,
}

impl ImportReport {
    /// Nothing was done yet.
    pub fn new(console: &Console, args: &ImportArgs, nameless: Nameless) -> ImportReport {
        ImportReport {
            console: console.clone(),
            force: args.force,
            outcomes: Vec::new(),
            findings: Vec::new(),
            unnamed: Unnamed::new(nameless),
            unread: 0,
            of_microsoft: 0,
            left: Vec::new(),
        }
    }

    /// Notes what a person should know about a manifest that is to be written.
    pub fn take(&mut self, draft: &Draft, written: &Written) {
        // What is true of the text as such, `validate` says each time. An id without a name is
        // news of this import.
        for note in &draft.alerts {
            let place = written.document.place(&note.pointer);
            self.findings.push(match note.pointer.as_str() {
                "" => Finding::hint(Code::Import, note.text.clone()).at(place),
                "/id" => Finding::hint(
                    Code::Import,
                    format!(
                        "the {} `{}` is identified by its id: {}",
                        draft.kind.words(),
                        draft.name,
                        note.text
                    ),
                )
                .at(place),
                pointer => match draft.value.pointer(pointer).and_then(|v| v.as_str()) {
                    Some(id) => {
                        self.unnamed.note(id, &note.text, place);
                        continue;
                    }
                    None => Finding::hint(Code::Import, note.text.clone()).at(place),
                },
            });
        }
        self.findings.extend(
            written
                .findings
                .iter()
                .filter(|found| found.severity == finding::Severity::Warning)
                .cloned(),
        );
    }

    /// Microsoft makes the object in tenants: it is left out, and counted.
    pub fn leave(&mut self, object: &Object) {
        let file = String::new();
        if object.kind() == Kind::ConditionalAccessPolicy {
            self.left.push(format!("`{}`", object.name()));
        }
        self.outcomes
            .push(Imported::of(object, None, file, What::OfMicrosoft));
    }

    /// An object cannot be a manifest. `source`: where it was read, when that is a file. What it
    /// lacks for one reason is one finding.
    pub fn refuse(
        &mut self,
        object: &Object,
        id: Option<&str>,
        source: Option<&Exported>,
        found: Vec<Finding>,
    ) {
        self.outcomes
            .push(Imported::of(object, id, String::new(), What::Refused));
        let mut causes: IndexMap<_, Vec<Finding>> = IndexMap::new();
        for finding in found.into_iter().filter(Finding::is_error) {
            let cause = (finding.code, finding.rule);
            causes.entry(cause).or_default().push(finding);
        }
        for ((code, rule), mut findings) in causes {
            let more = findings.split_off(1).len();
            let Some(finding) = findings.pop() else {
                continue;
            };
            let more = match more {
                0 => String::new(),
                more => format!(", and {more} more for the same reason"),
            };
            let mut refusal = Finding::error(
                code,
                format!(
                    "the {} `{}` cannot be written as a manifest: {}{more}",
                    object.kind().words(),
                    object.name(),
                    finding.message
                ),
            )
            .help(match source {
                Some(_) => finding.help.unwrap_or_else(|| "correct the export".to_owned()),
                None => "it stays in the tenant, unmanaged: keep it out of the project's `scope`, or a plan would delete it".to_owned(),
            });
            refusal.rule = rule;
            let word = finding.message.split('`').nth(1).unwrap_or_default();
            let place = source.map(|source| {
                self.instead(source, code, word)
                    .unwrap_or_else(|| source.source.place())
            });
            refusal.place = place.map(Box::new);
            self.findings.push(refusal);
        }
    }

    /// An object of an export has members that would be lost.
    pub fn lost(&mut self, found: &Exported, members: &[&FoundMember]) {
        let file = String::new();
        self.outcomes
            .push(Imported::of(&found.object, None, file, What::Refused));
        let place = self.untold(found, members);
        let names: Vec<String> = (members.iter())
            .map(|member| format!("`{}`", dotted(&member.pointer)))
            .collect();
        // A name that some other member has, too, is told by its path.
        let words: IndexSet<String> = (members.iter())
            .map(|member| match is_known_member(last_of(member)) {
                true => dotted(&member.pointer),
                false => last_of(member).to_owned(),
            })
            .collect();
        let (them, matter) = match words.len() {
            1 => ("it", "it does not matter"),
            _ => ("them", "they do not matter"),
        };
        let way_out = match words.len() {
            0..=MANY_MEMBERS => {
                let words: Vec<&str> = words.iter().map(String::as_str).collect();
                let option = format!("--ignore-member {}", shell_word(&words.join(",")));
                format!("`{option}` leaves {them} out if {matter}; please report it")
            }
            _ => "remove them from the export, or export the object again".to_owned(),
        };
        self.findings.push(
            Finding::error(
                Code::UnmodelledMember,
                format!(
                    "the {} `{}` has {}, which gatewright does not know; it was not imported",
                    found.kind.words(),
                    found.object.display_name(),
                    all_of(&names)
                ),
            )
            .at(place.unwrap_or_else(|| found.source.place()))
            .help(format!("nothing is dropped silently: {way_out}")),
        );
    }

    /// Says which `--name` or `--prefix` picks none of these objects.
    pub fn unmatched(&mut self, args: &ImportArgs, names: &[&str]) {
        let missing = (args.name.iter())
            .filter(|wanted| !names.contains(&wanted.as_str()))
            .map(|wanted| (format!("no object is named `{wanted}`"), wanted));
        let prefix = (args.prefix.iter())
            .filter(|wanted| !names.iter().any(|name| name.starts_with(wanted.as_str())))
            .map(|wanted| {
                (
                    format!("no object has a name that begins with `{wanted}`"),
                    wanted,
                )
            });
        for (message, wanted) in missing.chain(prefix) {
            let help = match did_you_mean(wanted, names.iter().copied()) {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => {
                    "check the name, and whether `--only` or `--with` names its kind".to_owned()
                }
            };
            self.findings
                .push(Finding::error(Code::NothingToImport, message).help(help));
        }
    }

    /// `--ignore-member` names what no object has.
    pub fn ignored_nowhere<'a>(
        &mut self,
        name: &str,
        members: impl Iterator<Item = &'a FoundMember>,
    ) {
        let paths: Vec<String> = members.map(|member| dotted(&member.pointer)).collect();
        let words = paths
            .iter()
            .flat_map(|path| [path.as_str(), path.rsplit('.').next().unwrap_or_default()]);
        let message = format!(
            "`--ignore-member {}` leaves nothing out: no object of the export has such a member",
            shell_word(name)
        );
        let help = match did_you_mean(name, words) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => "remove it, or correct it".to_owned(),
        };
        self.findings
            .push(Finding::warning(Code::UnmodelledMember, message).help(help));
    }

    /// Members that gatewright does not know are left out, as was asked.
    pub fn ignored(&mut self, found: &Exported, members: &[&FoundMember]) {
        if members.is_empty() {
            return;
        }
        let place = self.untold(found, members);
        let names: Vec<String> = (members.iter())
            .map(|member| format!("`{}`", dotted(&member.pointer)))
            .collect();
        self.findings.push(
            Finding::hint(
                Code::UnmodelledMember,
                format!("{} was left out, as `--ignore-member` asks", all_of(&names)),
            )
            .at(place.unwrap_or_else(|| found.source.place())),
        );
    }

    /// Takes back what was said of the members when the export was read; gives the first place.
    fn untold(&mut self, found: &Exported, members: &[&FoundMember]) -> Option<Place> {
        let mut first = None;
        for member in members {
            let place = self.instead(found, Code::UnmodelledMember, last_of(member));
            first = first.or(place);
        }
        first
    }

    /// Takes back what was said of `word` when the export was read, as more is known now;
    /// gives the place.
    fn instead(&mut self, found: &Exported, code: Code, word: &str) -> Option<Place> {
        let at = self.findings.iter().position(|known| {
            let told = known
                .message
                .split('`')
                .any(|w| w.eq_ignore_ascii_case(word));
            let file = known.place.as_ref().map(|place| &place.file.name);
            !word.is_empty()
                && known.code == code
                && known.severity == finding::Severity::Warning
                && told
                && file == Some(&found.source.file.name)
        })?;
        self.findings.remove(at).place.map(|place| *place)
    }

    /// Two objects of an export have one name.
    pub fn second(&mut self, found: &Exported, first: &Exported) {
        // A group that only names an id.
        if found.companion && matches!(found.kind, Kind::Group | Kind::TestUser) {
            return;
        }
        let file = String::new();
        self.outcomes
            .push(Imported::of(&found.object, None, file, What::Refused));
        let place = Some(Box::new(found.source.place()));
        self.findings
            .retain(|known| known.code != Code::DuplicateObject || known.place != place);
        self.findings.push(
            Finding::error(
                Code::DuplicateName,
                format!(
                    "a second {} is named `{}`; it was not imported",
                    found.kind.words(),
                    found.object.name()
                ),
            )
            .at(found.source.place())
            .related(first.source.place(), "the first one")
            .help("rename one of them in the export"),
        );
    }

    /// A file could not be edited in place.
    pub fn cannot_edit(&mut self, uneditable: Uneditable) {
        let file = &uneditable.file;
        for outcome in &mut self.outcomes {
            if outcome.0.result == What::Updated && outcome.0.file.as_deref() == Some(&file.name) {
                outcome.0.result = What::Kept;
            }
        }
        let help = "change it by hand; `gatewright drift` shows what differs";
        self.findings.extend(uneditable.told(help));
    }

    /// The imported objects that a plan with the new files would still change.
    pub fn differing(
        &mut self,
        plan: &Plan,
        target: &ImportTarget,
        ids: &BTreeSet<(Kind, String)>,
    ) -> BTreeSet<(Kind, String)> {
        let mut wrong = BTreeSet::new();
        for action in &plan.actions {
            let place = action.place.as_ref();
            let written = place.is_some_and(|place| target.writes(&place.file.name));
            let ours = match (&action.verb, &action.id) {
                (Verb::Update, Some(id)) => ids.contains(&(action.kind, id.clone())),
                // A file that was changed may hold manifests that are not applied yet.
                (Verb::Create, _) => place.is_some_and(|place| target.makes(&place.file.name)),
                _ => false,
            };
            if !(written && ours) {
                continue;
            }
            let mut finding = Finding::error(
                Code::Import,
                format!(
                    "a plan would still {} the {} `{}` ({})",
                    action.verb.as_str(),
                    action.kind.words(),
                    action.name,
                    action.reason
                ),
            )
            .help("please report it; correct the file by hand before the next apply");
            finding.place = place.map(|place| Box::new(place.clone()));
            self.findings.push(finding);
            wrong.insert((action.kind, action.id.clone().unwrap_or_default()));
        }
        wrong
    }

    fn count(&self, what: What) -> usize {
        self.outcomes.iter().filter(|o| o.0.result == what).count()
    }

    /// Writes the files, or shows what would be written, and says what was done.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub fn finish(
        mut self,
        target: &ImportTarget,
        from: &str,
        dry_run: bool,
    ) -> Result<Exit, Stopped> {
        if !dry_run {
            target.write()?;
        }
        self.outcomes.sort_by(|Imported(a), Imported(b)| {
            (a.result, a.kind, &a.name).cmp(&(b.result, b.kind, &b.name))
        });
        // A program wants each id, a person what they have in common.
        let together = self.console.format != Format::Json;
        if !self.left.is_empty() {
            let message = format!(
                "left out, since Microsoft creates it: {}",
                all_of(&self.left)
            );
            self.findings.push(
                Finding::hint(Code::MicrosoftManaged, message)
                    .help("`--name` imports one that you want a copy of"),
            );
        }
        self.findings.extend(self.unnamed.findings(together));
        finding::tidy(&mut self.findings);
        if together {
            self.findings = hints_once(self.findings);
        }
        // What matters most stands where one looks first: at the end.
        self.findings.sort_by_key(|found| match found.severity {
            finding::Severity::Hint => 0,
            finding::Severity::Warning => 1,
            finding::Severity::Error => 2,
        });
        let errors = finding::has_errors(&self.findings);
        match self.console.format {
            Format::Json => self.console.result(&self.json(target, from, dry_run)),
            _ => {
                if dry_run {
                    self.console.result(&target.diff());
                }
                if !self.findings.is_empty() {
                    self.console.warn(&render::findings::findings_at(
                        &self.findings,
                        Console::stderr_width(),
                    ));
                    self.console.warn("");
                }
                self.console.result(&self.human(target, from, dry_run));
            }
        }
        Ok(if errors { Exit::Error } else { Exit::Done })
    }

    fn json(&self, target: &ImportTarget, from: &str, dry_run: bool) -> String {
        json::text(&ImportOutput {
            format_version: FORMAT_VERSION,
            gatewright_version: VERSION,
            from: from.to_owned(),
            dry_run,
            objects: self.outcomes.iter().map(|o| o.0.clone()).collect(),
            files: target.files().into_iter().map(str::to_owned).collect(),
            findings: json::findings(&self.findings).findings,
        })
    }

    fn human(&self, target: &ImportTarget, from: &str, dry_run: bool) -> String {
        let mut out = String::new();
        if self.outcomes.is_empty() && self.unread + self.of_microsoft == 0 {
            let _ = writeln!(out, "Nothing to import from {from}.");
            return out;
        }
        let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
        let is_here = |o: &&Imported| !matches!(o.0.result, What::Refused | What::OfMicrosoft);
        for outcome in self.outcomes.iter().filter(is_here) {
            *kinds.entry(outcome.0.kind).or_default() += 1;
        }
        let list: Vec<String> = kinds
            .iter()
            .map(|(kind, n)| format!("{n} {kind}"))
            .collect();
        let would = if dry_run { "would be " } else { "" };
        let _ = writeln!(
            out,
            "Read from {}: {}",
            visible(from, false),
            match list.is_empty() {
                true => "nothing that can be a manifest".to_owned(),
                false => list.join(", "),
            }
        );
        let files = target.files();
        let mut line = |count: usize, one: &str, many: &str| {
            if count > 0 {
                let _ = writeln!(out, "  {count} {}", if count == 1 { one } else { many });
            }
        };
        line(
            self.count(What::New),
            &format!("manifest {would}written"),
            &format!("manifests {would}written"),
        );
        line(
            self.count(What::Updated),
            &format!("manifest {would}changed in place"),
            &format!("manifests {would}changed in place"),
        );
        line(
            self.count(What::Same),
            "manifest is already up to date",
            "manifests are already up to date",
        );
        let hint = if self.force {
            ""
        } else {
            "; --force changes it"
        };
        let hints = if self.force {
            ""
        } else {
            "; --force changes them"
        };
        line(
            self.count(What::Kept),
            &format!("manifest differs and was left as it is{hint}"),
            &format!("manifests differ and were left as they are{hints}"),
        );
        line(
            self.count(What::OfMicrosoft) + self.of_microsoft,
            "object that Microsoft creates was left out",
            "objects that Microsoft creates were left out",
        );
        line(
            self.count(What::Refused) + self.unread,
            "object was not imported: see above",
            "objects were not imported: see above",
        );
        line(
            self.unnamed.count(),
            "id has no name and stays an id, with a comment",
            "ids have no name and stay ids, with a comment",
        );
        if !files.is_empty() {
            let folders: BTreeSet<&str> = files
                .iter()
                .map(|file| file.rsplit_once('/').map_or(".", |(folder, _)| folder))
                .collect();
            let folders: Vec<&str> = folders.into_iter().collect();
            let _ = writeln!(
                out,
                "Files: {} in {}",
                files.len(),
                visible(&folders.join(", "), false)
            );
        }
        out
    }
}

fn last_of(member: &FoundMember) -> &str {
    member.pointer.rsplit('/').next().unwrap_or_default()
}

/// Texts in a sentence, the first few of them.
fn all_of(texts: &[String]) -> String {
    const FEW: usize = 5;
    let few: Vec<&str> = texts.iter().take(FEW).map(String::as_str).collect();
    match texts.len().checked_sub(FEW) {
        Some(more) if more > 0 => format!("{} and {more} more", few.join(", ")),
        _ => few.join(", "),
    }
}

/// Each hint once, with its first place: a tool that wrote one thing in its own way did so in
/// every object.
fn hints_once(findings: Vec<Finding>) -> Vec<Finding> {
    let mut once: Vec<Finding> = Vec::with_capacity(findings.len());
    let mut places: HashMap<String, (usize, usize)> = HashMap::new();
    for finding in findings {
        if finding.severity != finding::Severity::Hint {
            once.push(finding);
            continue;
        }
        let at = once.len();
        let (_, count) = places
            .entry(finding.message.clone())
            .and_modify(|(_, count)| *count += 1)
            .or_insert((at, 1));
        if *count == 1 {
            once.push(finding);
        }
    }
    for (at, count) in places.into_values().filter(|(_, count)| *count > 1) {
        if let Some(first) = once.get_mut(at) {
            let _ = write!(first.message, " (in {count} places; this is the first)");
        }
    }
    once
}
