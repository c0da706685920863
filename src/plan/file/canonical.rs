//! JSON in one spelling: keys sorted, no blanks. What is equal has one digest.

use aws_lc_rs::digest;
use serde_json::Value;

/// The SHA-256 of `bytes`, in hexadecimal.
pub fn sha256(bytes: &[u8]) -> String {
    let hash = digest::digest(&digest::SHA256, bytes);
    hash.as_ref().iter().map(|b| format!("{b:02x}")).collect()
}

/// The SHA-256 of the text of a file. Line ends do not count: Git gives the same file CRLF on one
/// machine and LF on another.
pub fn digest_of_text(text: &str) -> String {
    sha256(text.replace("\r\n", "\n").as_bytes())
}

/// The SHA-256 of a value in its canonical spelling.
pub fn digest_of(value: &Value) -> String {
    let mut text = String::new();
    spell(value, &mut text);
    sha256(text.as_bytes())
}

/// The digest of a plan file: of everything in it but the digest.
pub(super) fn digest_of_file(file: &Value) -> String {
    match file {
        Value::Object(map) => {
            let mut rest = map.clone();
            rest.shift_remove("digest");
            digest_of(&Value::Object(rest))
        }
        other => digest_of(other),
    }
}

fn spell(value: &Value, out: &mut String) {
    match value {
        Value::Object(map) => {
            let mut names: Vec<&String> = map.keys().collect();
            names.sort_unstable();
            out.push('{');
            for (index, name) in names.into_iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                out.push_str(&Value::String(name.clone()).to_string());
                out.push(':');
                spell(map.get(name).unwrap_or(&Value::Null), out);
            }
            out.push('}');
        }
        Value::Array(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                spell(item, out);
            }
            out.push(']');
        }
        other => out.push_str(&other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn line_ends_of_a_clone_do_not_count() {
        assert_eq!(digest_of_text("a: 1\r\nb: 2\r\n"), sha256(b"a: 1\nb: 2\n"));
        assert_ne!(digest_of_text("a: 1\rb"), digest_of_text("a: 1\nb"));
    }

    #[test]
    fn order_of_keys_does_not_count_and_order_of_items_does() {
        let one = json!({"b": [1, {"y": null, "x": "ä\n"}], "a": true});
        let two = json!({"a": true, "b": [1, {"x": "ä\n", "y": null}]});
        assert_eq!(digest_of(&one), digest_of(&two));
        assert_ne!(digest_of(&json!([1, 2])), digest_of(&json!([2, 1])));
        assert_ne!(digest_of(&json!(["a,b"])), digest_of(&json!(["a", "b"])));
        // The digest that `printf '{"a":1}' | sha256sum` gives.
        assert_eq!(
            digest_of(&json!({"a": 1})),
            "015abd7f5cc57a2dd94b7590f04ad8084273905ee33ec5cebeae62276a97f862"
        );
    }
}
