//! The codes of findings: what kind of finding it is, stable for programs.

use std::fmt;

macro_rules! codes {
    ($($(#[$meta:meta])* $variant:ident = $text:literal, $description:literal;)+) => {
        /// What kind of finding it is. The text is stable: tools may match on it.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code { $(#[doc = $description] $variant,)+ }

        impl Code {
            /// Every code.
            pub const ALL: &'static [Code] = &[$(Code::$variant),+];
            /// The code's text, such as `unknown-property`.
            pub fn as_str(self) -> &'static str { match self { $(Code::$variant => $text,)+ } }
            /// The code of a text.
            pub fn parse(text: &str) -> Option<Code> {
                Code::ALL.iter().copied().find(|code| code.as_str() == text)
            }
            /// One sentence on what the code stands for.
            pub fn description(self) -> &'static str { match self { $(Code::$variant => $description,)+ } }
        }
    };
}

codes! {
    UnreadableFile = "unreadable-file", "a file or folder cannot be read";
    FileTooLarge = "file-too-large", "a file is larger than any manifest";
    Encoding = "encoding", "a file is not text in UTF-8 or UTF-16";
    YamlSyntax = "yaml-syntax", "a file is not well-formed YAML";
    YamlLimit = "yaml-limit", "a file nests or repeats more than any manifest does";
    DuplicateKey = "duplicate-key", "a mapping has the same key twice";
    NotAManifest = "not-a-manifest", "a YAML document is no mapping with a `kind`";
    UnknownKind = "unknown-kind", "a document's `kind` is not one of gatewright's";
    UnknownProperty = "unknown-property", "a property does not exist on the object";
    WrongType = "wrong-type", "a value has the wrong type";
    BadValue = "bad-value", "a value is not one of those allowed";
    MissingProperty = "missing-property", "a required property is missing";
    ReadOnlyProperty = "read-only-property", "a property is set by the service and has no effect in a manifest";
    UndefinedVariable = "undefined-variable", "a variable is not defined for the tenant";
    DuplicateName = "duplicate-name", "two manifests describe the same object";
    MissingFolder = "missing-folder", "a folder or file that the project names does not exist";
    NoManifests = "no-manifests", "no manifest was found where the project says";
    UnresolvedReference = "unresolved-reference", "a name stands for nothing";
    DanglingReference = "dangling-reference", "an id stands for nothing any more, and the live object holds it still";
    AmbiguousReference = "ambiguous-reference", "a name stands for several objects";
    WrongReferenceKind = "wrong-reference-kind", "a name stands for an object of another kind";
    AmbiguousObject = "ambiguous-object", "several live objects have the manifest's name";
    MissingObject = "missing-object", "the live object that a manifest pins does not exist";
    UnmarkedUser = "unmarked-user", "a user that gatewright did not create would be changed";
    Immutable = "immutable", "a property cannot be changed once the object exists";
    GraphRule = "graph-rule", "Microsoft Graph would refuse the object";
    BetaOnly = "beta-only", "a property exists in the beta edition of Graph alone";
    UnmodelledMember = "unmodelled-member", "a live object has a member that gatewright does not know";
    UnreadableObject = "unreadable-object", "a live object cannot be understood";
    InUse = "in-use", "an object that is to be deleted is still referred to";
    IgnoredPath = "ignored-path", "an entry of `ignoreChanges` names no property";
    Config = "config", "the project file is wrong";
    SignIn = "sign-in", "the tenant does not let gatewright in";
    NotConfirmed = "not-confirmed", "nobody agreed to what would be written";
    NoRun = "no-run", "a run is not known, or is of another tenant";
    Locked = "locked", "another run is under way for the same project and tenant";
    Guard = "guard", "a guard refuses the plan, or warns of it";
    MissingPermission = "missing-permission", "the sign-in may not do what was asked";
    MissingLicence = "missing-licence", "the tenant has no licence for what was asked";
    NobodyAtRisk = "nobody-at-risk", "a decision about risk would be about nobody";
    RiskGuard = "risk-guard", "a decision about risk would be about too many users, or a break-glass account";
    Failed = "failed", "the command could not be carried out";
    Import = "import", "what is to be known about a manifest that was written";
    JsonSyntax = "json-syntax", "a file is not well-formed JSON, or nests deeper than any export";
    LostData = "lost-data", "an export has lost what an object held";
    PartialList = "partial-list", "an export holds a part of a list alone";
    Repaired = "repaired", "a value of an export was brought into Graph's form";
    Placeholder = "placeholder", "a text stands where a name or id is to be filled in";
    DuplicateObject = "duplicate-object", "an export holds an object twice";
    MicrosoftManaged = "microsoft-managed", "an object is made and kept by Microsoft";
    NotShown = "not-shown", "there are more findings than are shown";
    PassedOver = "passed-over", "files of an export hold nothing for gatewright";
    NothingToImport = "nothing-to-import", "a file or folder holds nothing for gatewright";
    PlanFile = "plan-file", "a saved plan cannot be used";
    StalePlan = "stale-plan", "the tenant has changed since a plan was saved";
    Lint = "lint", "advice: what is allowed and has gone wrong elsewhere";
    AllowComment = "allow-comment", "a comment that is to take a finding back is wrong, or takes none back";
    EmptyProject = "empty-project", "a project without manifests would delete everything in its scope";
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn codes_are_unique_and_described() {
        let texts: BTreeSet<&str> = Code::ALL.iter().map(|c| c.as_str()).collect();
        assert_eq!(texts.len(), Code::ALL.len());
        for code in Code::ALL {
            assert!(!code.description().is_empty() && !code.description().ends_with('.'));
        }
    }
}
