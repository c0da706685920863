//! The parser of filter rules: tokens, then recursive descent with a bound.

use super::{Comparison, Expr, FilterObject, Literal, MAX_DEPTH, Operator, Position, attribute};
use crate::finding::did_you_mean;

/// What keeps a rule from being understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyntaxError {
    /// The character of the rule, from 1.
    pub at: usize,
    /// What is wrong, lower-case, without full stop.
    pub message: String,
    /// How to fix it.
    pub help: String,
}

/// Parses a rule on devices.
///
/// # Errors
/// When the text is no rule: what is wrong first, and where.
pub fn parse(rule: &str) -> Result<Expr, SyntaxError> {
    parse_for(FilterObject::Device, rule)
}

/// Parses a rule on custom security attributes.
///
/// # Errors
/// As [`parse`].
pub fn parse_attributes(rule: &str) -> Result<Expr, SyntaxError> {
    parse_for(FilterObject::CustomSecurityAttribute, rule)
}

fn parse_for(object: FilterObject, rule: &str) -> Result<Expr, SyntaxError> {
    let tokens = tokens(rule)?;
    let mut parser = RuleParser {
        object,
        tokens: &tokens,
        next: 0,
        end: rule.chars().count() + 1,
    };
    let expr = parser.or(0)?;
    match parser.peek() {
        None => Ok(expr),
        Some((at, RuleToken::Close)) => Err(error(
            *at,
            "a `)` without its `(`",
            "remove it, or add the `(`",
        )),
        Some((at, token)) => Err(error(
            *at,
            format!("expected `-and` or `-or`, found {}", token.show()),
            "join comparisons by `-and` or `-or`; a value with spaces needs quotes",
        )),
    }
}

fn error(at: usize, message: impl Into<String>, help: impl Into<String>) -> SyntaxError {
    SyntaxError {
        at,
        message: message.into(),
        help: help.into(),
    }
}

#[derive(Debug)]
enum RuleToken {
    Open,
    Close,
    OpenList,
    CloseList,
    Comma,
    Text(String),
    Word(String),
}

impl RuleToken {
    fn show(&self) -> String {
        match self {
            RuleToken::Open => "`(`".to_owned(),
            RuleToken::Close => "`)`".to_owned(),
            RuleToken::OpenList => "`[`".to_owned(),
            RuleToken::CloseList => "`]`".to_owned(),
            RuleToken::Comma => "`,`".to_owned(),
            RuleToken::Text(text) => format!("the text `{text}`"),
            RuleToken::Word(word) => format!("`{word}`"),
        }
    }

    /// True for the word `name`, with or without a hyphen.
    fn is(&self, name: &str) -> bool {
        matches!(self, RuleToken::Word(word) if bare(word).eq_ignore_ascii_case(name))
    }
}

/// A word without the hyphen of an operator.
fn bare(word: &str) -> &str {
    word.strip_prefix('-').unwrap_or(word)
}

fn tokens(rule: &str) -> Result<Vec<(usize, RuleToken)>, SyntaxError> {
    let mut found = Vec::new();
    let mut chars = rule.chars().enumerate().map(|(i, c)| (i + 1, c)).peekable();
    while let Some((at, c)) = chars.next() {
        let token = match c {
            _ if c.is_whitespace() => continue,
            '(' => RuleToken::Open,
            ')' => RuleToken::Close,
            '[' => RuleToken::OpenList,
            ']' => RuleToken::CloseList,
            ',' => RuleToken::Comma,
            '"' | '\'' => {
                let mut text = String::new();
                loop {
                    match chars.next() {
                        None => {
                            return Err(error(
                                at,
                                format!("the string that starts with {c} does not end"),
                                format!("add the closing {c}"),
                            ));
                        }
                        Some((_, end)) if end == c => break,
                        Some((_, '`')) if c == '"' => {
                            match chars.next_if(|(_, n)| matches!(n, '"' | '`')) {
                                Some((_, escaped)) => text.push(escaped),
                                None => text.push('`'),
                            }
                        }
                        Some((_, other)) => text.push(other),
                    }
                }
                RuleToken::Text(text)
            }
            _ if is_word(c) => {
                let mut word = String::from(c);
                while let Some((_, c)) = chars.next_if(|(_, c)| is_word(*c)) {
                    word.push(c);
                }
                RuleToken::Word(word)
            }
            '\u{201c}' | '\u{201d}' | '\u{201e}' | '\u{2018}' | '\u{2019}' => {
                return Err(error(
                    at,
                    format!("`{c}` is a typographic quote"),
                    "write straight quotes: \"",
                ));
            }
            '\u{2013}' | '\u{2014}' | '\u{2212}' => {
                return Err(error(
                    at,
                    format!("`{c}` is a dash, not a hyphen"),
                    "write operators with the hyphen: `-eq`",
                ));
            }
            _ => {
                return Err(error(
                    at,
                    format!("`{}` has no meaning here", c.escape_debug()),
                    "write comparisons like `device.isCompliant -eq True`",
                ));
            }
        };
        found.push((at, token));
    }
    Ok(found)
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | '=' | '!' | '&' | '|' | '$')
}

struct RuleParser<'a> {
    object: FilterObject,
    tokens: &'a [(usize, RuleToken)],
    next: usize,
    end: usize,
}

impl<'a> RuleParser<'a> {
    fn peek(&self) -> Option<&'a (usize, RuleToken)> {
        self.tokens.get(self.next)
    }

    fn take(&mut self) -> Option<&'a (usize, RuleToken)> {
        let token = self.peek();
        self.next += usize::from(token.is_some());
        token
    }

    fn take_word(&mut self, name: &str) -> bool {
        let found = self.peek().is_some_and(|(_, token)| token.is(name));
        self.next += usize::from(found);
        found
    }

    fn at(&self) -> usize {
        self.peek().map_or(self.end, |(at, _)| *at)
    }

    fn or(&mut self, depth: usize) -> Result<Expr, SyntaxError> {
        let first = self.and(depth)?;
        let mut parts = vec![first];
        while self.take_word("or") {
            parts.push(self.and(depth)?);
        }
        Ok(join(parts, Expr::Or))
    }

    fn and(&mut self, depth: usize) -> Result<Expr, SyntaxError> {
        let first = self.not(depth)?;
        let mut parts = vec![first];
        while self.take_word("and") {
            parts.push(self.not(depth)?);
        }
        Ok(join(parts, Expr::And))
    }

    fn not(&mut self, depth: usize) -> Result<Expr, SyntaxError> {
        if depth > MAX_DEPTH {
            return Err(error(
                self.at(),
                "the rule nests too deeply",
                "write it with fewer parentheses",
            ));
        }
        if self.take_word("not") {
            return Ok(Expr::Not(Box::new(self.not(depth + 1)?)));
        }
        if let Some((open, RuleToken::Open)) = self.peek() {
            self.next += 1;
            let inner = self.or(depth + 1)?;
            return match self.take() {
                Some((_, RuleToken::Close)) => Ok(inner),
                Some((at, token)) => Err(error(
                    *at,
                    format!("expected `-and`, `-or` or `)`, found {}", token.show()),
                    "join comparisons by `-and` or `-or`",
                )),
                None => Err(error(*open, "a `(` without its `)`", "add the `)`")),
            };
        }
        self.comparison()
    }

    fn comparison(&mut self) -> Result<Expr, SyntaxError> {
        let (at, name) = self.attribute()?;
        let operator = self.operator(&name)?;
        let value = self.value(operator)?;
        Ok(Expr::Comparison(Comparison {
            object: self.object,
            attribute: name,
            operator,
            value,
            at: Position(at),
        }))
    }

    fn attribute(&mut self) -> Result<(usize, String), SyntaxError> {
        let Some((at, token)) = self.take() else {
            return Err(error(
                self.end,
                "expected a comparison at the end of the rule",
                "write comparisons like `device.isCompliant -eq True`",
            ));
        };
        let RuleToken::Word(word) = token else {
            return Err(error(
                *at,
                format!("expected an attribute, found {}", token.show()),
                self.object.example(),
            ));
        };
        let name = word
            .split_once('.')
            .filter(|(object, _)| object.eq_ignore_ascii_case(self.object.as_str()))
            .map(|(_, name)| name);
        let own = self.object == FilterObject::CustomSecurityAttribute;
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || own && c == '-';
        match name {
            Some(name) if !name.is_empty() && name.chars().all(plain) => {
                let known = match self.object {
                    FilterObject::Device => attribute(name).map(|(known, _)| known.to_owned()),
                    FilterObject::CustomSecurityAttribute => None,
                };
                Ok((*at, known.unwrap_or_else(|| name.to_owned())))
            }
            _ => Err(self.no_attribute(*at, word)),
        }
    }

    fn no_attribute(&self, at: usize, word: &str) -> SyntaxError {
        let last = word.rsplit('.').next().unwrap_or(word);
        match self.object {
            FilterObject::Device => {
                let known = did_you_mean(last, super::ATTRIBUTES.iter().map(|(name, _)| *name));
                error(
                    at,
                    format!("expected an attribute of the device, found `{word}`"),
                    match known {
                        Some(known) => format!("did you mean `device.{known}`?"),
                        None => "attributes start with `device.`, for example `device.isCompliant`"
                            .to_owned(),
                    },
                )
            }
            FilterObject::CustomSecurityAttribute => error(
                at,
                format!("expected a custom security attribute, found `{word}`"),
                self.object.example(),
            ),
        }
    }

    fn operator(&mut self, name: &str) -> Result<Operator, SyntaxError> {
        let texts = || Operator::ALL.iter().map(|operator| operator.as_str());
        let list = || {
            format!(
                "the operators are {}",
                texts().collect::<Vec<_>>().join(", ")
            )
        };
        let Some((at, token)) = self.take() else {
            return Err(error(
                self.end,
                format!(
                    "expected an operator after `{}.{name}`",
                    self.object.as_str()
                ),
                list(),
            ));
        };
        if let Some(operator) = Operator::ALL
            .into_iter()
            .find(|operator| token.is(bare(operator.as_str())))
        {
            return Ok(operator);
        }
        let meant = match token {
            RuleToken::Word(word) => match word.as_str() {
                "=" | "==" | "===" => Some("-eq"),
                "!=" | "<>" => Some("-ne"),
                _ => did_you_mean(word, texts()),
            },
            _ => None,
        };
        Err(error(
            *at,
            format!("expected an operator, found {}", token.show()),
            meant.map_or_else(list, |meant| format!("did you mean `{meant}`?")),
        ))
    }

    fn value(&mut self, operator: Operator) -> Result<Literal, SyntaxError> {
        let operator = operator.as_str();
        match self.take() {
            None => Err(error(
                self.end,
                format!("expected a value after `{operator}`"),
                "write a string in quotes, `True` or `False`, or a list in brackets",
            )),
            Some((_, RuleToken::Text(text))) => Ok(Literal::Text(text.clone())),
            Some((at, RuleToken::Word(word))) => match word.to_ascii_lowercase().as_str() {
                "true" | "$true" => Ok(Literal::Bool(true)),
                "false" | "$false" => Ok(Literal::Bool(false)),
                "null" | "$null" => Ok(Literal::Null),
                _ => Err(error(
                    *at,
                    format!("expected a value after `{operator}`, found `{word}`"),
                    format!("put the string in quotes: \"{word}\""),
                )),
            },
            Some((open, RuleToken::OpenList)) => self.list(*open),
            Some((at, token)) => Err(error(
                *at,
                format!(
                    "expected a value after `{operator}`, found {}",
                    token.show()
                ),
                "write a string in quotes, `True` or `False`, or a list in brackets",
            )),
        }
    }

    fn list(&mut self, open: usize) -> Result<Literal, SyntaxError> {
        let mut items = Vec::new();
        loop {
            match self.take() {
                Some((_, RuleToken::Text(text))) => items.push(text.clone()),
                Some((_, RuleToken::CloseList)) if items.is_empty() => break,
                Some((at, token)) => {
                    return Err(error(
                        *at,
                        format!("expected a string in quotes, found {}", token.show()),
                        "write lists like [\"a\", \"b\"]",
                    ));
                }
                None => return Err(error(open, "a `[` without its `]`", "add the `]`")),
            }
            match self.take() {
                Some((_, RuleToken::Comma)) => {}
                Some((_, RuleToken::CloseList)) => break,
                Some((at, token)) => {
                    return Err(error(
                        *at,
                        format!("expected `,` or `]`, found {}", token.show()),
                        "write lists like [\"a\", \"b\"]",
                    ));
                }
                None => return Err(error(open, "a `[` without its `]`", "add the `]`")),
            }
        }
        Ok(Literal::List(items))
    }
}

impl FilterObject {
    /// What a comparison looks like.
    fn example(self) -> &'static str {
        match self {
            FilterObject::Device => "write comparisons like `device.isCompliant -eq True`",
            FilterObject::CustomSecurityAttribute => {
                "write comparisons like `CustomSecurityAttribute.Set_Name -contains \"value\"`"
            }
        }
    }
}

/// One part stands for itself.
fn join(mut parts: Vec<Expr>, several: fn(Vec<Expr>) -> Expr) -> Expr {
    match parts.pop() {
        Some(only) if parts.is_empty() => only,
        Some(last) => {
            parts.push(last);
            several(parts)
        }
        None => several(parts),
    }
}
