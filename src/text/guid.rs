//! The form of an id.

/// Whether the text has the form of a GUID: hexadecimal groups of 8, 4, 4, 4 and 12 digits in any
/// letter case, joined by hyphens, without braces.
pub fn is_guid(text: &str) -> bool {
    // Of the forms that are read, one alone has this length.
    text.len() == 36 && uuid::Uuid::try_parse(text).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guids_in_any_case() {
        assert!(is_guid("00000000-0000-0000-0000-000000000000"));
        assert!(is_guid("62e90394-69f5-4237-9190-012177145e10"));
        assert!(is_guid("62E90394-69F5-4237-9190-012177145E10"));
    }

    #[test]
    fn other_text_is_no_guid() {
        for text in [
            "",
            "All",
            "62e90394-69f5-4237-9190-012177145e1",
            "62e90394-69f5-4237-9190-012177145e100",
            "62e9039469f542379190012177145e10",
            "62e9039469f542379190012177145e101234",
            "{62e90394-69f5-4237-9190-012177145e10}",
            "{62e90394-69f5-4237-9190-012177145e}",
            "urn:uuid:62e90394-69f5-4237-9190-012",
            "62e90394-69f5-4237-9190-012177145e1g",
            "62e90394_69f5_4237_9190_012177145e10",
            "62e90394-69f5-4237-919-0012177145e10",
            "62e90394-69f5-4237-9190-01217714é10",
        ] {
            assert!(!is_guid(text), "{text}");
        }
    }
}
