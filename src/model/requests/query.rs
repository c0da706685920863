//! What a `$filter` uses: each property with its operator, as the table of requests and the
//! table of operators by property name them (Advanced query capabilities on directory
//! objects).

use std::collections::BTreeSet;

use serde::Deserialize;

/// The operators that filters may have on one property.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Operators {
    /// Those that work by themselves.
    #[serde(default)]
    pub default: Vec<String>,
    /// Those that need `ConsistencyLevel: eventual` and `$count=true`.
    #[serde(default)]
    pub advanced: Vec<String>,
}

/// Each property of a filter with its operator, such as `displayName in` or
/// `displayName startsWith`. `None`: it is none of the filters that gatewright sends.
pub fn used(filter: &str) -> Option<BTreeSet<String>> {
    let tokens = tokens(filter)?;
    let mut used = BTreeSet::new();
    let mut rest = tokens.as_slice();
    while let Some((first, tail)) = rest.split_first() {
        rest = match (first, tail) {
            (Token::Sign('(' | ')'), _) => tail,
            (Token::Word(word), _) if ["and", "or"].contains(&word.as_str()) => tail,
            (
                Token::Word(function),
                [
                    Token::Sign('('),
                    Token::Word(property),
                    Token::Sign(','),
                    Token::Literal,
                    Token::Sign(')'),
                    tail @ ..,
                ],
            ) if function.eq_ignore_ascii_case("startsWith") => {
                used.insert(format!("{property} startsWith"));
                tail
            }
            // `LIST/any(v:v/PROPERTY OPERATOR 'text')`
            (
                Token::Word(list),
                [
                    Token::Sign('('),
                    Token::Word(member),
                    Token::Word(operator),
                    Token::Literal,
                    Token::Sign(')'),
                    tail @ ..,
                ],
            ) => {
                let list = list.strip_suffix("/any")?;
                let (variable, path) = member.split_once(':')?;
                match path.strip_prefix(variable)? {
                    // `LIST/any(v:v OPERATOR 'text')`
                    "" => used.insert(format!("{list} {operator}")),
                    path => used.insert(format!("{list}/{} {operator}", path.strip_prefix('/')?)),
                };
                tail
            }
            (Token::Word(property), [Token::Word(operator), tail @ ..]) => {
                used.insert(format!("{property} {operator}"));
                match operator.as_str() {
                    "in" => list(tail)?,
                    "eq" | "ge" | "le" => match tail {
                        [Token::Literal | Token::Word(_), tail @ ..] => tail,
                        _ => return None,
                    },
                    _ => return None,
                }
            }
            _ => return None,
        };
    }
    Some(used)
}

/// What stands behind a list in parentheses.
fn list(mut rest: &[Token]) -> Option<&[Token]> {
    let [Token::Sign('('), tail @ ..] = rest else {
        return None;
    };
    rest = tail;
    loop {
        rest = match rest {
            [Token::Literal, Token::Sign(','), tail @ ..] => tail,
            [Token::Literal, Token::Sign(')'), tail @ ..] => return Some(tail),
            _ => return None,
        };
    }
}

#[derive(Debug, PartialEq)]
enum Token {
    /// A name, an operator, a number or a moment.
    Word(String),
    /// A text in quotes.
    Literal,
    Sign(char),
}

fn tokens(filter: &str) -> Option<Vec<Token>> {
    let mut found = Vec::new();
    let mut rest = filter.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            ' ' => {}
            '(' | ')' | ',' => found.push(Token::Sign(c)),
            '\'' => loop {
                match rest.next()? {
                    // A quote in a text is doubled.
                    '\'' if rest.peek() == Some(&'\'') => {
                        rest.next();
                    }
                    '\'' => {
                        found.push(Token::Literal);
                        break;
                    }
                    _ => {}
                }
            },
            _ => {
                let mut word = String::from(c);
                while let Some(next) = rest.next_if(|n| !" (),'".contains(*n)) {
                    word.push(next);
                }
                found.push(Token::Word(word));
            }
        }
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn properties_and_operators_are_found() {
        let of = |filter: &str| used(filter).map(|set| set.into_iter().collect::<Vec<_>>());
        let list = |names: &[&str]| Some(names.iter().map(|n| (*n).to_owned()).collect());
        assert_eq!(
            of("displayName in ('O''Brien, (x) eq','b')"),
            list(&["displayName in"])
        );
        assert_eq!(
            of("startswith(displayName,'a'' or b') or userPrincipalName eq 'c'"),
            list(&["displayName startsWith", "userPrincipalName eq"])
        );
        assert_eq!(
            of("(userId eq 'a' or userId eq 'b') and detectedDateTime ge 2026-01-01T00:00:00Z"),
            list(&["detectedDateTime ge", "userId eq"])
        );
        assert_eq!(
            of("targetResources/any(t:t/id eq 'x') and category eq 'Policy'"),
            list(&["category eq", "targetResources/id eq"])
        );
        assert_eq!(
            of("kinds/any(t:t eq 'x') and createdDateTime le 2026-01-01T00:00:00Z"),
            list(&["createdDateTime le", "kinds eq"])
        );
        for odd in [
            "x eq 'a",
            "not (x eq 'a')",
            "x",
            "x ne 'a'",
            "x in 'a'",
            "a/any(b:bc eq 'c')",
        ] {
            assert_eq!(used(odd), None, "{odd}");
        }
        assert_eq!(of(""), list(&[]));
    }
}
