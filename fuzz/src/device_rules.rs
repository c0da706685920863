//! Rules of device filters: what is parsed, printed and parsed again is the same.

use gatewright::model::filter::{parse, parse_attributes};

/// Holds the laws for one text.
pub fn check(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    for parse in [parse, parse_attributes] {
        match parse(text) {
            Ok(rule) => {
                let printed = rule.to_string();
                assert_eq!(parse(&printed).as_ref(), Ok(&rule), "printed as {printed}");
                assert_eq!(parse(&printed).map(|rule| rule.to_string()), Ok(printed));
            }
            Err(error) => {
                assert!(error.at >= 1 && error.at <= text.chars().count() + 1);
                assert!(!error.message.is_empty() && !error.help.is_empty());
            }
        }
    }
}
