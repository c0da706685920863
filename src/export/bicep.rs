//! As Bicep with the Microsoft Graph extension. It has resource types for applications, service
//! principals, groups and what is granted between them, and users to refer to: none for Conditional
//! Access (v1.0 and beta of the extension, version 1.0.0 and the preview after it). So groups leave,
//! and everything else is said to stay.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use serde_json::Value;

use super::labels::labels;
use super::source::{ExportSource, LeavingObject, LostMembers, Meant, Saying, unknown};
use super::{ExportedFiles, HeldObject};
use crate::model::refs::RefKind;
use crate::model::{Kind, Object};
use crate::text::is_unseen;

/// The program.
pub const MAIN: &str = "main.bicep";
/// What says where the extension is.
pub const CONFIG: &str = "bicepconfig.json";

/// The members of a group that are written as they are.
const SAME: [&str; 8] = [
    "displayName",
    "description",
    "mailEnabled",
    "mailNickname",
    "securityEnabled",
    "membershipRule",
    "membershipRuleProcessingState",
    "isAssignableToRole",
];

/// Every group as Bicep.
pub fn bicep(source: &ExportSource) -> ExportedFiles {
    let saying = Saying {
        format: "Bicep",
        in_part: true,
    };
    let mut out = ExportedFiles::default();
    let objects = source.objects();
    let groups: Vec<(usize, &LeavingObject)> = (objects.iter().enumerate())
        .filter(|(_, one)| one.object.kind() == Kind::Group)
        .collect();
    let named: Vec<(&str, &str)> = (groups.iter())
        .map(|(_, one)| (one.object.name(), one.unique()))
        .collect();
    let words = labels(&named, "group");
    let mut work = BicepWork {
        source,
        groups: (groups.iter().zip(words))
            .map(|((at, _), word)| (*at, format!("group_{word}")))
            .collect(),
        users: labelled_users(source),
        used: BTreeSet::new(),
    };
    let mut resources = String::new();
    for (at, one) in objects.iter().enumerate() {
        let Some(word) = work.groups.get(&at).cloned() else {
            let why = "its Microsoft Graph extension has no resource type for it";
            saying.no_place(one, why, &mut out);
            continue;
        };
        let (text, mut lost) = work.group(at, one, &word);
        lost.extend(unknown(one));
        saying.losses(one, &lost, &mut out);
        saying.ignored(one, &mut out);
        if one.id.is_some() {
            saying.note(
                one,
                "/displayName",
                format!("Bicep finds a group by its `uniqueName`, and the {} may have none", one.called()),
                "set `uniqueName` on the live group first, as docs/export.md shows: a deployment creates a second group otherwise",
                &mut out,
            );
        }
        let _ = write!(resources, "\n{text}");
        out.objects.push(HeldObject {
            kind: Kind::Group,
            name: one.object.name().to_owned(),
            at: word,
        });
    }
    if !out.objects.is_empty() {
        let mut main = "extension microsoftGraphV1\n".to_owned();
        for (name, word) in &work.users {
            if work.used.contains(name) {
                let _ = write!(
                    main,
                    "\nresource {word} 'Microsoft.Graph/users@v1.0' existing = {{\n  userPrincipalName: {}\n}}\n",
                    quoted(name)
                );
            }
        }
        main.push_str(&resources);
        out.files.push((MAIN.to_owned(), main));
        out.files.push((CONFIG.to_owned(), CONFIG_TEXT.to_owned()));
    }
    out
}

const CONFIG_TEXT: &str = "\
{
  \"extensions\": {
    \"microsoftGraphV1\": \"br:mcr.microsoft.com/bicep/extensions/microsoftgraph/v1.0:1.0.0\"
  }
}
";

/// A word for each user that a group names.
fn labelled_users(source: &ExportSource) -> BTreeMap<String, String> {
    let objects = source.objects().iter();
    let listed = objects.flat_map(|one| one.object.references());
    let listed = listed.filter_map(|(kind, _, text)| {
        let is_user = kind == RefKind::Member && text.contains('@');
        is_user.then_some(text)
    });
    let own = source.objects().iter();
    let own = own.filter(|one| one.object.kind() == Kind::TestUser);
    let own = own.map(|one| one.object.name().to_owned());
    let names: BTreeSet<String> = listed.chain(own).collect();
    let named: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "")).collect();
    // What stands before them keeps the words of users and groups apart.
    let words = labels(&named, "user").into_iter();
    let words = words.map(|word| format!("user_{word}"));
    names.iter().cloned().zip(words).collect()
}

struct BicepWork<'a> {
    source: &'a ExportSource,
    /// The word of each group.
    groups: BTreeMap<usize, String>,
    /// The word of each user.
    users: BTreeMap<String, String>,
    /// The users that are referred to.
    used: BTreeSet<String>,
}

impl BicepWork<'_> {
    fn group(&mut self, at: usize, one: &LeavingObject, word: &str) -> (String, LostMembers) {
        let mut members = one.members();
        let mut lost = LostMembers::new();
        let mut text = format!("resource {word} 'Microsoft.Graph/groups@v1.0' = {{\n");
        let name = one.object.name();
        let is_shared = (self.source.objects().iter())
            .filter(|other| other.object.kind() == Kind::Group && other.object.name() == name)
            .count()
            > 1;
        let unique = if is_shared { word } else { name };
        let _ = writeln!(text, "  uniqueName: {}", quoted(unique));
        for member in SAME {
            let value = match members.take(&format!("/{member}")) {
                Value::String(text) => quoted(&text),
                Value::Bool(flag) => flag.to_string(),
                _ => continue,
            };
            let _ = writeln!(text, "  {member}: {value}");
        }
        let types = members.texts("/groupTypes");
        if !types.is_empty() {
            let types: Vec<String> = types.iter().map(|one| quoted(one)).collect();
            let _ = writeln!(text, "  groupTypes: [\n    {}\n  ]", types.join("\n    "));
        }
        self.members(at, one, &mut text, &mut lost);
        text.push_str("}\n");
        lost.extend(members.left().into_iter().map(|pointer| (pointer, None)));
        (text, lost)
    }

    /// Who is in the group: all whom its manifest lists and nobody else, or besides others those who
    /// say so by themselves.
    fn members(
        &mut self,
        at: usize,
        one: &LeavingObject,
        text: &mut String,
        lost: &mut LostMembers,
    ) {
        let Object::Group(group) = &one.object else {
            return;
        };
        let mut all: Vec<String> = Vec::new();
        for (index, name) in group
            .members
            .iter()
            .flat_map(|list| list.iter())
            .enumerate()
        {
            match self.member(name) {
                Some(member) => all.push(member),
                None => {
                    let why = format!("`{name}` is found by its id only; `--live` knows it");
                    lost.push((format!("/members/{index}"), Some(why)));
                    // A shorter list would remove somebody.
                    return;
                }
            }
        }
        for user in self.source.users_in(at) {
            let Some(user) = self.source.objects().get(user) else {
                continue;
            };
            match self.member(user.object.name()) {
                Some(member) => all.push(member),
                None => {
                    let why = format!("`{}` has no domain; write it with one", user.object.name());
                    lost.push(("/members".to_owned(), Some(why)));
                    return;
                }
            }
        }
        all.sort();
        all.dedup();
        let semantics = match group.members {
            Some(_) => "replace",
            None if all.is_empty() => return,
            None => "append",
        };
        let _ = writeln!(
            text,
            "  members: {{\n    relationshipSemantics: '{semantics}'"
        );
        match all.is_empty() {
            true => text.push_str("    relationships: []\n"),
            false => {
                let _ = writeln!(
                    text,
                    "    relationships: [\n      {}\n    ]",
                    all.join("\n      ")
                );
            }
        }
        text.push_str("  }\n");
    }

    fn member(&mut self, name: &str) -> Option<String> {
        match self.source.meant(RefKind::Member, name) {
            Meant::Own(at) => match self.groups.get(&at) {
                Some(word) => Some(format!("{word}.id")),
                None => {
                    let user = self.source.objects().get(at)?;
                    match &user.id {
                        Some(id) => Some(quoted(id)),
                        None => self.user(user.object.name()),
                    }
                }
            },
            Meant::Other { id: Some(id), .. } => Some(quoted(&id)),
            Meant::Other { name, .. } => self.user(&name?),
            Meant::Known(..) => None,
        }
    }

    /// A user to refer to: by the whole principal name.
    fn user(&mut self, name: &str) -> Option<String> {
        let word = self.users.get(name).filter(|_| name.contains('@'))?;
        self.used.insert(name.to_owned());
        Some(format!("{word}.id"))
    }
}

/// A text of Bicep: neither a template nor what nobody sees.
fn quoted(text: &str) -> String {
    let mut out = "'".to_owned();
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '\\' => out.push_str("\\\\"),
            '\'' => out.push_str("\\'"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '$' if rest.peek() == Some(&'{') => out.push_str("\\$"),
            c if is_unseen(c) => {
                let _ = write!(out, "\\u{{{:x}}}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('\'');
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// As the language says: what stands between the quotes.
    fn read(text: &str) -> Option<String> {
        let mut rest = text.strip_prefix('\'')?.strip_suffix('\'')?.chars();
        let mut out = String::new();
        while let Some(c) = rest.next() {
            match c {
                '\\' => match rest.next()? {
                    'n' => out.push('\n'),
                    'r' => out.push('\r'),
                    't' => out.push('\t'),
                    'u' => {
                        rest.next().filter(|c| *c == '{')?;
                        let digits: String = rest.by_ref().take_while(|c| *c != '}').collect();
                        out.push(char::from_u32(u32::from_str_radix(&digits, 16).ok()?)?);
                    }
                    c @ ('\\' | '\'' | '$') => out.push(c),
                    _ => return None,
                },
                '\'' => return None,
                '$' if rest.as_str().starts_with('{') => return None,
                c if is_unseen(c) => return None,
                c => out.push(c),
            }
        }
        Some(out)
    }

    proptest! {
        #[test]
        fn every_text_is_itself_and_nothing_else(
            text in prop_oneof!["[${}'\\\\n\\n a]{0,12}", proptest::collection::vec(any::<char>(), 0..12).prop_map(String::from_iter)]
        ) {
            prop_assert_eq!(read(&quoted(&text)), Some(text));
        }
    }
}
