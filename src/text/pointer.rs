//! JSON pointers (RFC 6901), which name a place in a document.

/// One step of a pointer: `~` and `/` in a name are written as `~0` and `~1`.
pub fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

/// The name behind one step of a pointer.
pub fn unescaped(step: &str) -> String {
    step.replace("~1", "/").replace("~0", "~")
}

/// `pointer` and one step more, to the member `name`.
pub fn below(pointer: &str, name: &str) -> String {
    format!("{pointer}/{}", escaped(name))
}

/// The pointer to what `pointer` is a member of; the document's own for its own.
pub fn above(pointer: &str) -> &str {
    pointer.rsplit_once('/').map_or("", |(above, _)| above)
}

/// The names on the way.
pub fn names(pointer: &str) -> impl Iterator<Item = String> {
    pointer.split('/').skip(1).map(unescaped)
}

/// The pointer as a path that people write: `conditions.users.includeUsers[0]`.
pub fn dotted(pointer: &str) -> String {
    let mut text = String::new();
    for name in names(pointer) {
        if !name.is_empty() && name.bytes().all(|b| b.is_ascii_digit()) {
            text.push_str(&format!("[{name}]"));
        } else {
            if !text.is_empty() {
                text.push('.');
            }
            text.push_str(&name);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_with_signs_of_the_notation_come_back() {
        for name in ["", "a", "a/b", "~", "~1", "~01", "/~"] {
            let pointer = below("/x", name);
            assert_eq!(names(&pointer).collect::<Vec<_>>(), ["x", name]);
            assert_eq!(above(&pointer), "/x");
            assert_eq!(
                serde_json::json!({"x": {name: 1}}).pointer(&pointer),
                Some(&1.into())
            );
        }
        assert_eq!(above(""), "");
    }

    #[test]
    fn people_read_dots() {
        assert_eq!(dotted(""), "");
        assert_eq!(dotted("/a/b/0/c"), "a.b[0].c");
        assert_eq!(dotted("/a~1b"), "a/b");
    }
}
