//! Manifests and project files: any bytes give values, or findings with places in the file.
//!
//! The parts of the input are parted by lines of `%%%`: a manifest, and if there are more of them, the
//! project file, the guards file, and another manifest.

use std::collections::BTreeMap;
use std::path::Path;

use gatewright::finding::{has_errors, source::SourceFile};
use gatewright::lint;
use gatewright::manifest::config::ConfigFile;
use gatewright::manifest::guards::GuardsFile;
use gatewright::manifest::project::{self, Desired};
use gatewright::manifest::{fix, write};
use gatewright::model::Object;
use jiff::Timestamp;

use crate::sound;

const NOWHERE: &str = "/nonexistent/gatewright-fuzz";
const PROJECT: &str = "version: 1\nmanifests: [policies]\ntenants: { sandbox: { sandbox: s.json, vars: { x: X, n: 1 } } }\n";

/// Holds the laws for one input.
pub fn check(data: &[u8]) {
    let Some(input) = sound::source("input", data) else {
        return;
    };
    let mut parts = input.text.split("%%%\n");
    let first = parts.next().unwrap_or_default();
    let config = parts
        .next()
        .filter(|text| !text.is_empty())
        .unwrap_or(PROJECT);
    let guards = parts.next();
    let second = parts.next();
    let root = Path::new(NOWHERE);
    let file = SourceFile::new(
        "gatewright.yaml",
        root.join("gatewright.yaml"),
        config.to_owned(),
    );
    let config = match ConfigFile::of(root, &file) {
        Ok(config) => config,
        Err(findings) => {
            assert!(has_errors(&findings));
            sound::findings(&findings);
            return;
        }
    };
    let Some((name, tenant)) = config.config.tenants.iter().next() else {
        return;
    };
    if let Some(text) = guards {
        let file = SourceFile::new("guards.yaml", root.join("guards.yaml"), text.to_owned());
        let parse = || GuardsFile::parse(&file, name, tenant).map(|file| file.guards);
        let parsed = parse();
        assert_eq!(format!("{parsed:?}"), format!("{:?}", parse()));
        if let Err(findings) = parsed {
            assert!(has_errors(&findings));
            sound::findings(&findings);
        }
    }
    let mut texts = BTreeMap::from([("policies/a.yaml".to_owned(), Some(first.to_owned()))]);
    if let Some(text) = second {
        texts.insert("policies/b.yaml".to_owned(), Some(text.to_owned()));
    }
    let (desired, findings) = project::load_with(&config, name, tenant, &texts);
    let (again, told) = project::load_with(&config, name, tenant, &texts);
    assert_eq!(format!("{findings:?}"), format!("{told:?}"));
    assert_eq!(objects(&desired), objects(&again));
    sound::findings(&findings);
    // What is mended by the program itself is text that it reads.
    let (fixable, _) = fix::count(&findings);
    if fixable > 0 {
        for mended in fix::mended(&findings, false) {
            let file = SourceFile::new("m.yaml", "m.yaml", mended.text.clone());
            let mut findings = Vec::new();
            gatewright::manifest::yaml::parse(&file, &mut findings);
            assert!(findings.is_empty(), "{findings:?} in {:?}", mended.text);
        }
    }
    if has_errors(&findings) {
        return;
    }
    for manifest in &desired.manifests {
        normal_form(&manifest.object);
    }
    if desired.manifests.len() <= 4 {
        let advice = lint::check(
            &config,
            vec![(desired, findings)],
            Timestamp::UNIX_EPOCH,
            true,
        );
        sound::findings(&advice.findings);
    }
}

fn objects(desired: &Desired) -> Vec<&Object> {
    desired.manifests.iter().map(|one| &one.object).collect()
}

/// A normal form is one, and written as a manifest it is read back.
pub fn normal_form(object: &Object) {
    let kind = object.kind();
    let normal = object.normal_form();
    let again = Object::from_value(kind, &normal)
        .unwrap_or_else(|error| panic!("{error} in the normal form {normal}"));
    assert_eq!(again.normal_form(), normal);
    let text = write::document(kind, &normal, &[]);
    let file = SourceFile::new("w.yaml", "w.yaml", text);
    let mut findings = Vec::new();
    let mut documents = gatewright::manifest::yaml::parse(&file, &mut findings);
    assert!(findings.is_empty(), "{findings:?} in {:?}", file.text);
    assert_eq!(documents.len(), 1, "{:?}", file.text);
    gatewright::manifest::vars::substitute(&mut documents[0], &BTreeMap::new(), "t", &mut findings);
    assert!(findings.is_empty(), "{findings:?} in {:?}", file.text);
    let read = Object::from_value(kind, &documents[0].value).unwrap();
    assert_eq!(read.normal_form(), normal, "{:?}", file.text);
}
