//! Rows for spreadsheets (RFC 4180): a header, fields in quotes where they need them, lines
//! that end in CR LF. A field that a spreadsheet would take for a formula gets an apostrophe
//! in front (OWASP, "CSV Injection"): names come from outside.

use super::Row;

/// The header.
pub fn header<T: Row>() -> String {
    let names = T::COLUMNS.iter().map(|c| c.name).filter(|n| !n.is_empty());
    line(names.map(str::to_owned))
}

/// The rows, without a header.
pub fn rows<T: Row>(items: &[T]) -> String {
    items
        .iter()
        .map(|item| {
            let columns = T::COLUMNS.iter().filter(|c| !c.name.is_empty());
            line(columns.map(|column| (column.value)(item)))
        })
        .collect()
}

/// A whole file.
pub fn file<T: Row>(items: &[T]) -> String {
    format!("{}{}", header::<T>(), rows(items))
}

/// A line of these fields.
pub fn line(fields: impl Iterator<Item = String>) -> String {
    let fields: Vec<String> = fields.map(|f| field(&f)).collect();
    format!("{}\r\n", fields.join(","))
}

fn field(text: &str) -> String {
    let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let text = match formula {
        true => format!("'{text}"),
        false => text.to_owned(),
    };
    match text.contains(['"', ',', '\n', '\r']) {
        true => format!("\"{}\"", text.replace('"', "\"\"")),
        false => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::risk::RiskyUser;
    use proptest::prelude::*;

    #[test]
    fn fields_are_quoted_and_never_formulas() {
        for (text, expected) in [
            ("plain", "plain"),
            ("O'Neil, Ann", "\"O'Neil, Ann\""),
            ("say \"hi\"", "\"say \"\"hi\"\"\""),
            ("two\nlines", "\"two\nlines\""),
            ("=1+1", "'=1+1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("-2", "'-2"),
            ("+47", "'+47"),
            ("=HYPERLINK(\"x\",1)", "\"'=HYPERLINK(\"\"x\"\",1)\""),
            ("", ""),
        ] {
            assert_eq!(field(text), expected);
        }
    }

    /// Reads a line as RFC 4180 says.
    fn parsed(line: &str) -> Vec<String> {
        let (mut fields, mut field, mut quoted) = (Vec::new(), String::new(), false);
        let mut chars = line.strip_suffix("\r\n").unwrap().chars().peekable();
        while let Some(c) = chars.next() {
            match c {
                '"' if quoted && chars.peek() == Some(&'"') => {
                    chars.next();
                    field.push('"');
                }
                '"' => quoted = !quoted,
                ',' if !quoted => fields.push(std::mem::take(&mut field)),
                c => field.push(c),
            }
        }
        assert!(!quoted);
        fields.push(field);
        fields
    }

    proptest! {
        #[test]
        fn a_row_has_a_field_for_each_column_whatever_the_names_hold(name in ".{0,20}") {
            let user = RiskyUser { user_display_name: name.clone(), ..RiskyUser::default() };
            let fields = parsed(&rows(&[user]));
            prop_assert_eq!(fields.len(), parsed(&header::<RiskyUser>()).len());
            let shown = &fields[5];
            let marked = format!("'{name}");
            prop_assert!(*shown == name || *shown == marked);
            prop_assert!(!shown.starts_with(['=', '+', '-', '@']));
        }
    }
}
