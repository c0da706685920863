//! What was sent and must not come back: a service, or a proxy before it, may answer with what it
//! was asked. Every text of a service passes here before anybody sees or keeps it.

use serde_json::Value;

use super::request::encode;

/// What stands in the place of a secret.
const MASK: &str = "***";
/// So much of the beginning of a secret tells it: an echo may be cut off. What is shorter is no
/// secret (a password of Entra has eight characters at least), and would be found anywhere.
const HEAD: usize = 8;

/// The secrets of one exchange.
pub(super) struct Secrets(Vec<String>);

impl Secrets {
    /// These texts, in every spelling in which they may come back.
    pub(super) fn of<'a>(texts: impl IntoIterator<Item = &'a str>) -> Secrets {
        let mut all = Vec::new();
        for text in texts.into_iter().filter(|text| text.len() >= HEAD) {
            let json = Value::from(text).to_string();
            let html = text
                .replace('&', "&amp;")
                .replace('<', "&lt;")
                .replace('>', "&gt;");
            let spellings = [
                text.to_owned(),
                encode(text),
                json.trim_matches('"').to_owned(),
                html,
            ];
            for spelling in spellings {
                if !all.contains(&spelling) {
                    all.push(spelling);
                }
            }
        }
        // The longest first: another may be a part of it.
        all.sort_by_key(|text| std::cmp::Reverse(text.len()));
        Secrets(all)
    }

    /// The passwords in the body of a request.
    pub(super) fn in_body(body: &Value) -> Vec<&str> {
        match body {
            Value::Object(members) => members
                .iter()
                .flat_map(|(name, value)| match value {
                    Value::String(text) if name.eq_ignore_ascii_case("password") => {
                        vec![text.as_str()]
                    }
                    other => Secrets::in_body(other),
                })
                .collect(),
            Value::Array(items) => items.iter().flat_map(Secrets::in_body).collect(),
            _ => Vec::new(),
        }
    }

    /// The text without them.
    pub(super) fn out_of(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for secret in &self.0 {
            let head = secret.get(..HEAD).unwrap_or(secret);
            if !text.contains(head) {
                continue;
            }
            let mut clean = String::new();
            let mut rest = text.as_str();
            while let Some((before, found)) = rest.find(head).map(|at| rest.split_at(at)) {
                let same = found
                    .char_indices()
                    .zip(secret.chars())
                    .find(|((_, a), b)| a != b)
                    .map_or(secret.len().min(found.len()), |((at, _), _)| at);
                clean.push_str(before);
                clean.push_str(MASK);
                rest = found.get(same..).unwrap_or_default();
            }
            clean.push_str(rest);
            text = clean;
        }
        text
    }

    /// Takes them out of every text of a JSON value.
    pub(super) fn clean(&self, value: &mut Value) {
        match value {
            Value::String(text) if self.is_in(text) => *text = self.out_of(text),
            Value::Array(items) => items.iter_mut().for_each(|item| self.clean(item)),
            Value::Object(members) => {
                if members.keys().any(|name| self.is_in(name)) {
                    let old = std::mem::take(members);
                    members.extend(old.into_iter().map(|(name, v)| (self.out_of(&name), v)));
                }
                members.values_mut().for_each(|member| self.clean(member));
            }
            _ => {}
        }
    }

    fn is_in(&self, text: &str) -> bool {
        let mut heads = self.0.iter().map(|s| s.get(..HEAD).unwrap_or(s));
        heads.any(|head| text.contains(head))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_echo_is_masked_in_every_spelling_and_cut_off() {
        let secrets = Secrets::of(["eyJhbGciOi.payload~of.token", "p&a<s\"s w/o rd", ""]);
        for (text, clean) in [
            ("Bearer eyJhbGciOi.payload~of.token!", "Bearer ***!"),
            ("cut: eyJhbGciOi.payl", "cut: ***"),
            (
                "twice eyJhbGciOi.payload~of.token eyJhbGciOi.x",
                "twice *** ***x",
            ),
            (
                "password=p%26a%3Cs%22s%20w%2Fo%20rd&x=1",
                "password=***&x=1",
            ),
            (r#"{"password":"p&a<s\"s w/o rd"}"#, r#"{"password":"***"}"#),
            ("p&amp;a&lt;s\"s w/o rd", "***"),
            ("nothing of it", "nothing of it"),
        ] {
            assert_eq!(secrets.out_of(text), clean);
        }
        // A token of the embedded tenant is none.
        let short = Secrets::of(["t", "sandbox"]);
        assert_eq!(
            short.out_of("the status of a sandbox"),
            "the status of a sandbox"
        );
        let mut value = json!({"a": ["p&a<s\"s w/o rd"], "eyJhbGciOi.payload~of.token": 1});
        secrets.clean(&mut value);
        assert_eq!(value, json!({"a": ["***"], "***": 1}));
    }

    #[test]
    fn passwords_are_found_anywhere_in_a_body() {
        let body = json!({"passwordProfile": {"password": "x", "forceChange": true}, "a": [{"Password": "y"}]});
        assert_eq!(Secrets::in_body(&body), ["x", "y"]);
    }
}
