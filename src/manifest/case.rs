//! Reading a sign-in: of a scenario, or in a file of its own.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::scenario::Scenario;
use super::schema;
use super::yaml::{self, Document};
use crate::finding::source::SourceFile;
use crate::finding::{self, Code, Finding, Place};
use crate::text::pointer::below;
use crate::whatif::SignIn;

/// A sign-in, and where it stands.
#[derive(Debug, Clone)]
pub struct Case {
    /// The sign-in.
    pub sign_in: SignIn,
    /// The document, for places.
    pub document: Document,
}

/// Reads the one sign-in of a file, YAML or JSON.
///
/// # Errors
/// Every fault of it, as findings.
pub fn read(file: &Arc<SourceFile>) -> Result<Case, Vec<Finding>> {
    let mut findings = Vec::new();
    let mut documents = yaml::parse(file, &mut findings);
    match documents.as_slice() {
        _ if finding::has_errors(&findings) => return Err(findings),
        [_] => {}
        [] => {
            return Err(vec![
                Finding::error(Code::SignInCase, format!("`{}` has no sign-in", file.name))
                    .at(Place::new(file, 0..0))
                    .help("write one, such as `user: ada@contoso.com`"),
            ]);
        }
        [_, second, ..] => {
            return Err(vec![
                Finding::error(
                    Code::SignInCase,
                    format!("`{}` has {} sign-ins", file.name, documents.len()),
                )
                .at(second.place(""))
                .help(
                    "keep one, or write one per line as JSON and name the file with `--sign-ins`",
                ),
            ]);
        }
    }
    let document = documents.remove(0);
    if !document.value.is_object() {
        return Err(vec![
            Finding::error(Code::SignInCase, "a sign-in is a mapping")
                .at(document.place(""))
                .help("write its members, such as `user: ada@contoso.com`"),
        ]);
    }
    schema::check_sign_in(&document, &mut findings);
    if finding::has_errors(&findings) {
        return Err(findings);
    }
    match check(&document, "", &mut findings) {
        Some(sign_in) => Ok(Case { sign_in, document }),
        None => Err(findings),
    }
}

/// The first document of a file, for places in it; nothing when it is not read.
pub fn document(file: &Arc<SourceFile>) -> Option<Document> {
    yaml::parse(file, &mut Vec::new()).into_iter().next()
}

/// Reads the sign-in at `pointer` of a document that fits the schema; what is wrong with it all
/// the same is told in `findings`.
fn check(document: &Document, pointer: &str, findings: &mut Vec<Finding>) -> Option<SignIn> {
    let value = document.value.pointer(pointer)?;
    let sign_in = match SignIn::deserialize(value) {
        Ok(sign_in) => sign_in,
        Err(error) => {
            let before = findings.len();
            for (name, member) in value.as_object().into_iter().flatten() {
                let alone = Map::from_iter([(name.clone(), member.clone())]);
                if let Err(error) = SignIn::deserialize(&Value::Object(alone)) {
                    findings.push(unreadable(document, &below(pointer, name), &error));
                }
            }
            if findings.len() == before {
                findings.push(unreadable(document, pointer, &error));
            }
            return None;
        }
    };
    let faults = sign_in.faults();
    let sound = faults.is_empty();
    findings.extend(faults.into_iter().map(|fault| {
        Finding::error(Code::SignInCase, fault.message)
            .at(document.key_place(&format!("{pointer}{}", fault.pointer)))
            .help(fault.help)
    }));
    sound.then_some(sign_in)
}

fn unreadable(document: &Document, pointer: &str, error: &serde_json::Error) -> Finding {
    let text = error.to_string();
    // `what is wrong: the way out`, where there is one.
    let (message, help) = text
        .split_once(": ")
        .unwrap_or((&text, "docs/whatif.md lists the values"));
    Finding::error(Code::SignInCase, message)
        .at(document.place(pointer))
        .help(help)
}

/// A scenario, and where it stands.
#[derive(Debug, Clone)]
pub struct ScenarioManifest {
    /// What it says.
    pub scenario: Scenario,
    /// The document, for places.
    pub document: Document,
}

impl ScenarioManifest {
    /// The name.
    pub fn name(&self) -> &str {
        &self.scenario.display_name
    }

    /// The place of its name.
    pub fn place(&self) -> Place {
        self.document.place("/displayName")
    }

    /// Reads a scenario; what is wrong with it is told in `findings`.
    pub(super) fn read(
        document: Document,
        findings: &mut Vec<Finding>,
    ) -> Option<ScenarioManifest> {
        let mut found = Vec::new();
        schema::check_scenario(&document, &mut found);
        let sound = !finding::has_errors(&found);
        findings.append(&mut found);
        if !sound {
            return None;
        }
        check(&document, "/signIn", findings)?;
        let scenario = match Scenario::deserialize(&document.value) {
            Ok(scenario) => scenario,
            Err(error) => {
                findings.push(
                    Finding::error(Code::WrongType, error.to_string())
                        .at(document.place(""))
                        .help("see the JSON Schema (`gatewright schema`)"),
                );
                return None;
            }
        };
        if scenario.display_name.trim().is_empty() {
            findings.push(
                Finding::error(Code::BadValue, "`displayName` is blank")
                    .at(document.place("/displayName"))
                    .help("say in a sentence what must hold"),
            );
        }
        if scenario.expect.is_empty() {
            findings.push(
                Finding::error(Code::SignInCase, "the scenario expects nothing")
                    .at(document.key_place("/expect"))
                    .help("add an `outcome`, what it `requires`, or the `policies` that apply"),
            );
            return None;
        }
        Some(ScenarioManifest { scenario, document })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn file(text: &str) -> Arc<SourceFile> {
        SourceFile::new("case", "case", text.to_owned())
    }

    #[test]
    fn json_with_tabs_is_read_as_yaml_is() {
        let yaml = read(&file("user: ada\ncountry: NL\n")).unwrap();
        let json = read(&file("{\n\t\"user\": \"ada\",\n\t\"country\": \"NL\"\n}\n")).unwrap();
        assert_eq!(yaml.sign_in, json.sign_in);
    }

    #[test]
    fn what_is_wrong_is_told_where_it_stands() {
        for (text, at, message) in [
            ("", "case:1:1", "`case` has no sign-in"),
            ("- user: ada\n", "case:1:1", "a sign-in is a mapping"),
            (
                "user: ada\n---\nuser: bob\n",
                "case:3:1",
                "`case` has 2 sign-ins",
            ),
            (
                "user: ada\nipAddress: 1.2.3\n",
                "case:2:12",
                "`1.2.3` is not an IP address",
            ),
            (
                "user: ada\nservicePrincipal: robot\n",
                "case:2:1",
                "`servicePrincipal` and `user` cannot be combined",
            ),
        ] {
            let found = read(&file(text)).unwrap_err();
            let place = found[0].place.as_ref().unwrap().to_string();
            assert_eq!((place.as_str(), found[0].message.as_str()), (at, message));
            assert!(found[0].help.is_some(), "{message}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "\\PC{0,200}", lines in prop::collection::vec("(user|ipAddress|deviceInfo|satisfied|country): \\PC{0,20}", 0..5)) {
            for text in [text, lines.join("\n")] {
                if let Err(found) = read(&file(&text)) {
                    prop_assert!(finding::has_errors(&found));
                }
            }
        }
    }
}
