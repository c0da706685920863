//! The text of a `$filter`, read into an expression.

use serde_json::Value;

use super::error::ErrorAnswer;
use super::filter::{FilterExpr, Op, Term, TextOp};

/// How deep parentheses and `not` may nest.
const DEEPEST: usize = 50;

pub(super) fn parse(text: &str) -> Result<FilterExpr, ErrorAnswer> {
    let tokens = tokens(text)?;
    let mut parser = FilterParser {
        tokens,
        at: 0,
        depth: 0,
    };
    let expr = parser.or()?;
    match parser.peek() {
        None => Ok(expr),
        Some(token) => Err(ErrorAnswer::filter(format!(
            "Syntax error at '{}'.",
            token.show()
        ))),
    }
}

#[derive(Debug, Clone, PartialEq)]
enum FilterToken {
    Word(String),
    Quoted(String),
    Symbol(char),
}

impl FilterToken {
    fn show(&self) -> String {
        match self {
            FilterToken::Word(text) | FilterToken::Quoted(text) => text.clone(),
            FilterToken::Symbol(c) => c.to_string(),
        }
    }
}

fn tokens(text: &str) -> Result<Vec<FilterToken>, ErrorAnswer> {
    let chars: Vec<char> = text.chars().collect();
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(&c) = chars.get(at) {
        if c.is_whitespace() {
            at += 1;
        } else if c == '\'' {
            let mut literal = String::new();
            at += 1;
            loop {
                match (chars.get(at), chars.get(at + 1)) {
                    (Some('\''), Some('\'')) => {
                        literal.push('\'');
                        at += 2;
                    }
                    (Some('\''), _) => break,
                    (Some(other), _) => {
                        literal.push(*other);
                        at += 1;
                    }
                    (None, _) => {
                        return Err(ErrorAnswer::filter(
                            "There is an unterminated string literal.",
                        ));
                    }
                }
            }
            at += 1;
            found.push(FilterToken::Quoted(literal));
        } else if matches!(c, '(' | ')' | ',' | '/' | ':') {
            at += 1;
            found.push(FilterToken::Symbol(c));
        } else if c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '$' | '@') {
            let mut word = String::new();
            // A colon belongs to a time, not to a lambda variable.
            let number = c.is_ascii_digit();
            while let Some(&c) = chars.get(at) {
                let more = c.is_alphanumeric()
                    || matches!(c, '_' | '-' | '.' | '$' | '@')
                    || (number && matches!(c, ':' | '+'));
                if !more {
                    break;
                }
                word.push(c);
                at += 1;
            }
            found.push(FilterToken::Word(word));
        } else {
            return Err(ErrorAnswer::filter(format!(
                "Syntax error: character '{c}' is not valid."
            )));
        }
    }
    Ok(found)
}

/// Whether the embedded tenant takes an item by a filter: a second opinion on what the client
/// composes.
///
/// # Errors
/// When it refuses the filter: its message.
pub fn filter_takes(filter: &str, type_name: &str, item: &Value) -> Result<bool, String> {
    let refused = |answer: ErrorAnswer| answer.message;
    let filter = parse(filter).map_err(refused)?;
    let edition = crate::model::facts::Edition::Beta;
    filter.check(type_name, edition).map_err(refused)?;
    filter.needs();
    Ok(filter.matches(item, false))
}

struct FilterParser {
    tokens: Vec<FilterToken>,
    at: usize,
    depth: usize,
}

impl FilterParser {
    fn peek(&self) -> Option<&FilterToken> {
        self.tokens.get(self.at)
    }

    fn next(&mut self) -> Option<FilterToken> {
        let token = self.tokens.get(self.at).cloned();
        self.at += 1;
        token
    }

    fn word(&mut self, word: &str) -> bool {
        let found = matches!(self.peek(), Some(FilterToken::Word(w)) if w == word);
        if found {
            self.at += 1;
        }
        found
    }

    fn symbol(&mut self, symbol: char) -> bool {
        let found = self.peek() == Some(&FilterToken::Symbol(symbol));
        if found {
            self.at += 1;
        }
        found
    }

    fn need(&mut self, symbol: char) -> Result<(), ErrorAnswer> {
        if self.symbol(symbol) {
            return Ok(());
        }
        Err(ErrorAnswer::filter(format!("'{symbol}' was expected.")))
    }

    fn or(&mut self) -> Result<FilterExpr, ErrorAnswer> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(ErrorAnswer::filter("The filter is nested too deeply."));
        }
        let mut all = vec![self.and()?];
        while self.word("or") {
            all.push(self.and()?);
        }
        self.depth -= 1;
        Ok(match (all.len(), all.pop()) {
            (1, Some(only)) => only,
            (_, last) => {
                all.extend(last);
                FilterExpr::Or(all)
            }
        })
    }

    fn and(&mut self) -> Result<FilterExpr, ErrorAnswer> {
        let mut all = vec![self.not()?];
        while self.word("and") {
            all.push(self.not()?);
        }
        Ok(match (all.len(), all.pop()) {
            (1, Some(only)) => only,
            (_, last) => {
                all.extend(last);
                FilterExpr::And(all)
            }
        })
    }

    fn not(&mut self) -> Result<FilterExpr, ErrorAnswer> {
        let mut turns = 0usize;
        while self.word("not") {
            turns += 1;
        }
        let inner = self.primary()?;
        Ok(match turns {
            0 => inner,
            n if n % 2 == 1 => FilterExpr::Not(Box::new(inner)),
            _ => FilterExpr::Not(Box::new(FilterExpr::Not(Box::new(inner)))),
        })
    }

    fn primary(&mut self) -> Result<FilterExpr, ErrorAnswer> {
        if self.symbol('(') {
            let inner = self.or()?;
            self.need(')')?;
            return Ok(inner);
        }
        if let Some(FilterToken::Word(word)) = self.peek().cloned()
            && self.tokens.get(self.at + 1) == Some(&FilterToken::Symbol('('))
        {
            let text_op = match word.to_ascii_lowercase().as_str() {
                "startswith" => Some(TextOp::StartsWith),
                "endswith" => Some(TextOp::EndsWith),
                "contains" => Some(TextOp::Contains),
                _ => None,
            };
            if let Some(op) = text_op {
                self.at += 2;
                let subject = self.term()?;
                self.need(',')?;
                let needle = self.term()?;
                self.need(')')?;
                let test = FilterExpr::Text(op, subject, needle);
                // `startswith(...) eq true` is the old form of the same.
                if self.word("eq") {
                    return match self.term()? {
                        Term::Literal(Value::Bool(true)) => Ok(test),
                        Term::Literal(Value::Bool(false)) => Ok(FilterExpr::Not(Box::new(test))),
                        _ => Err(ErrorAnswer::filter("A boolean was expected.")),
                    };
                }
                return Ok(test);
            }
            if word.eq_ignore_ascii_case("isof") {
                self.at += 2;
                let name = match self.next() {
                    Some(FilterToken::Word(name) | FilterToken::Quoted(name)) => name,
                    _ => return Err(ErrorAnswer::filter("A type name was expected.")),
                };
                self.need(')')?;
                return Ok(FilterExpr::IsOf(name));
            }
        }
        let left = self.term()?;
        if let Term::Path(path) = &left
            && path.len() > 1
            && self.peek() == Some(&FilterToken::Symbol('('))
            && matches!(path.last().map(String::as_str), Some("any" | "all"))
        {
            return self.lambda(path.clone());
        }
        let op = match self.peek() {
            Some(FilterToken::Word(word)) => match word.as_str() {
                "eq" => Op::Eq,
                "ne" => Op::Ne,
                "gt" => Op::Gt,
                "ge" => Op::Ge,
                "lt" => Op::Lt,
                "le" => Op::Le,
                "has" => Op::Has,
                "in" => {
                    self.at += 1;
                    return self.members(left);
                }
                "and" | "or" => return Ok(FilterExpr::Truth(left)),
                other => {
                    return Err(ErrorAnswer::filter(format!("Syntax error at '{other}'.")));
                }
            },
            _ => return Ok(FilterExpr::Truth(left)),
        };
        self.at += 1;
        Ok(FilterExpr::Compare(left, op, self.term()?))
    }

    fn members(&mut self, left: Term) -> Result<FilterExpr, ErrorAnswer> {
        self.need('(')?;
        let mut all = vec![self.term()?];
        while self.symbol(',') {
            all.push(self.term()?);
        }
        self.need(')')?;
        Ok(FilterExpr::In(left, all))
    }

    fn lambda(&mut self, mut list: Vec<String>) -> Result<FilterExpr, ErrorAnswer> {
        let all = list.pop().is_some_and(|name| name == "all");
        self.need('(')?;
        if self.symbol(')') {
            return Ok(FilterExpr::Any {
                list,
                variable: String::new(),
                all,
                test: None,
            });
        }
        let Some(FilterToken::Word(variable)) = self.next() else {
            return Err(ErrorAnswer::filter("A range variable was expected."));
        };
        self.need(':')?;
        let test = self.or()?;
        self.need(')')?;
        Ok(FilterExpr::Any {
            list,
            variable,
            all,
            test: Some(Box::new(test)),
        })
    }

    fn term(&mut self) -> Result<Term, ErrorAnswer> {
        match self.next() {
            Some(FilterToken::Quoted(text)) => Ok(Term::Literal(Value::String(text))),
            Some(FilterToken::Word(word)) => {
                let cased = match word.to_ascii_lowercase().as_str() {
                    "tolower" => Some(false),
                    "toupper" => Some(true),
                    _ => None,
                };
                if let (Some(upper), true) = (cased, self.symbol('(')) {
                    self.depth += 1;
                    if self.depth > DEEPEST {
                        return Err(ErrorAnswer::filter("The filter is nested too deeply."));
                    }
                    let inner = Box::new(self.term()?);
                    self.depth -= 1;
                    self.need(')')?;
                    return Ok(if upper {
                        Term::Upper(inner)
                    } else {
                        Term::Lower(inner)
                    });
                }
                if let Some(literal) = literal(&word) {
                    return Ok(literal);
                }
                let mut path = vec![word];
                while self.symbol('/') {
                    match self.next() {
                        Some(FilterToken::Word(word)) => path.push(word),
                        _ => return Err(ErrorAnswer::filter("A property name was expected.")),
                    }
                }
                Ok(Term::Path(path))
            }
            Some(FilterToken::Symbol(c)) => {
                Err(ErrorAnswer::filter(format!("Syntax error at '{c}'.")))
            }
            None => Err(ErrorAnswer::filter(
                "Expression expected at the end of the filter.",
            )),
        }
    }
}

fn literal(word: &str) -> Option<Term> {
    Some(match word {
        "true" => Term::Literal(Value::Bool(true)),
        "false" => Term::Literal(Value::Bool(false)),
        "null" => Term::Literal(Value::Null),
        _ if crate::text::is_guid(word) => Term::Literal(Value::String(word.to_ascii_lowercase())),
        _ => {
            if let Ok(number) = word.parse::<i64>() {
                Term::Literal(number.into())
            } else if word.starts_with(|c: char| c.is_ascii_digit() || c == '-')
                && let Ok(number) = word.parse::<f64>()
                && number.is_finite()
            {
                Term::Literal(number.into())
            } else if let Ok(at) = word.parse::<jiff::Timestamp>() {
                Term::Date(at)
            } else if word.starts_with(|c: char| c.is_ascii_digit())
                && let Ok(day) = word.parse::<jiff::civil::Date>()
                && let Ok(at) = day.to_zoned(jiff::tz::TimeZone::UTC)
            {
                Term::Date(at.timestamp())
            } else {
                return None;
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::facts::Edition;
    use proptest::prelude::*;
    use serde_json::json;

    fn test(filter: &str, item: &Value) -> bool {
        parse(filter).unwrap().matches(item, true)
    }

    #[test]
    fn operators_precedence_and_literals() {
        let item = json!({"displayName": "O'Neil", "n": 3, "on": true, "none": null,
            "at": "2026-01-02T03:04:05.0000000Z", "id": "4628e7df-dff3-407c-a08f-75f08c0806dc"});
        for filter in [
            "displayName eq 'o''neil'",
            "displayName ne 'x' and n ge 3 and n lt 4",
            "n eq 1 or n eq 2 or not(n eq 4)",
            "n eq 1 and n eq 2 or on eq true",
            "on",
            "none eq null and missing eq null",
            "id eq 4628E7DF-dff3-407c-a08f-75f08c0806dc",
            "at gt 2026-01-01T00:00:00Z and at lt 2026-02-01",
            "n in (1, 2, 3)",
            "startswith(displayName, 'O') and endswith(displayName,'il') and contains(displayName,'''N')",
            "startsWith(displayName,'o') eq true",
            "tolower(displayName) eq 'o''neil'",
            "not not on",
        ] {
            assert!(test(filter, &item), "{filter}");
        }
        for filter in [
            "displayName eq null",
            "not on",
            "n gt 3",
            "n in (7)",
            "startswith(none,'x')",
        ] {
            assert!(!test(filter, &item), "{filter}");
        }
    }

    #[test]
    fn lambdas_casts_and_isof() {
        let item = json!({"@odata.type": "#microsoft.graph.ipNamedLocation", "isTrusted": true,
            "groupTypes": ["Unified"], "l": {"p": [{"k": 1}]}});
        assert!(test("groupTypes/any(c:c eq 'Unified')", &item));
        assert!(!test("groupTypes/any(c: c eq 'DynamicMembership')", &item));
        assert!(test("groupTypes/any()", &item));
        assert!(test("l/p/all(x:x/k eq 1)", &item));
        assert!(test("isof('microsoft.graph.ipNamedLocation')", &item));
        assert!(test(
            "microsoft.graph.ipNamedLocation/isTrusted eq true",
            &item
        ));
        assert!(!test(
            "microsoft.graph.countryNamedLocation/isTrusted eq true",
            &item
        ));
    }

    #[test]
    fn what_is_no_filter_is_refused() {
        for filter in [
            "",
            "displayName",
            "displayName eq",
            "displayName eq 'x",
            "(a eq 1",
            "a eq 1)",
            "a like 'x'",
            "a in ()",
            "a in (1",
            "eq eq",
            "a b c",
            "a/any(c)",
            "\u{1}",
            "startswith(a)",
            "a eq 1 and",
        ] {
            let result = parse(filter).and_then(|e| e.check("user", Edition::V1));
            assert!(result.is_err(), "{filter}");
        }
        let deep = format!("{}a eq 1{}", "(".repeat(500), ")".repeat(500));
        assert!(parse(&deep).is_err());
        assert!(parse(&format!("{}on", "not ".repeat(100_001))).is_ok());
    }

    #[test]
    fn properties_and_types_are_checked_against_the_table() {
        let check = |f: &str| parse(f).unwrap().check("user", Edition::V1);
        assert!(check("displayName eq 'x' and accountEnabled eq true").is_ok());
        assert!(
            check("displaynam eq 'x'")
                .unwrap_err()
                .message
                .contains("displaynam")
        );
        assert!(check("accountEnabled eq 'true'").is_err());
        assert!(check("displayName eq true").is_err());
    }

    proptest! {
        #[test]
        fn any_text_is_parsed_or_refused_without_a_panic(text in ".{0,200}") {
            if let Ok(expr) = parse(&text) {
                let _ = expr.check("user", Edition::V1);
                expr.matches(&json!({"a": [1, "x", null], "b": {"c": 1}}), true);
            }
        }

        #[test]
        fn any_words_are_parsed_or_refused_without_a_panic(
            words in prop::collection::vec(prop_oneof![
                Just("("), Just(")"), Just("eq"), Just("and"), Just("or"), Just("not"), Just("a"),
                Just("'x'"), Just("in"), Just(","), Just("a/any"), Just("c:"), Just("startswith("),
                Just("1"), Just("null"), Just("isof("), Just("tolower("), Just("2026-01-01"), Just(":"),
            ], 0..40)
        ) {
            if let Ok(expr) = parse(&words.join(" ")) {
                let _ = expr.check("group", Edition::V1);
                expr.matches(&json!({"a": ["x"]}), false);
            }
        }
    }
}
