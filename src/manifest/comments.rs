//! The comments of a YAML file. A `#` inside a text is no comment, so the parser is asked.

use std::ops::Range;

use granit_parser::{Event, Options, Parser, Placement};

use crate::finding::source::SourceFile;

/// One comment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comment {
    /// What stands behind the `#`, without blanks around it.
    pub text: String,
    /// The comment with its `#`, as bytes of the file's text.
    pub range: Range<usize>,
    /// True when something else stands before it on its line.
    pub trailing: bool,
}

/// Every comment of the file, in order. A file that is no YAML has those before the fault.
pub fn comments(file: &SourceFile) -> Vec<Comment> {
    let mut options = Options::default();
    options.set_emit_comments(true);
    // A file has a bound of its own; a manifest may begin with a long explanation.
    options.max_buffered_comment_events = usize::MAX;
    let mut found = Vec::new();
    for next in Parser::new_from_str_with_options(&file.text, options) {
        let Ok((event, span)) = next else { break };
        let Event::Comment(text, placement) = event else {
            continue;
        };
        let Some(range) = span.byte_range() else {
            continue;
        };
        found.push(Comment {
            text: text.trim().to_owned(),
            trailing: placement == Placement::Right,
            range,
        });
    }
    found.sort_by_key(|comment| comment.range.start);
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_are_found_and_texts_that_look_alike_are_not() {
        let text = "# ä first\nkind: Group # behind\ndisplayName: 'a # b'\ndescription: |\n  # no comment\nmembers: [a, # inside\n  b]\n---\n# second document\nkind: Group\n";
        let file = SourceFile::new("t.yaml", "t.yaml", text.to_owned());
        let found: Vec<(String, bool)> = comments(&file)
            .into_iter()
            .map(|comment| {
                assert!(text.get(comment.range.clone()).unwrap().starts_with('#'));
                (comment.text, comment.trailing)
            })
            .collect();
        let expected = [
            ("ä first", false),
            ("behind", true),
            ("inside", true),
            ("second document", false),
        ];
        assert_eq!(
            found,
            expected.map(|(text, trailing)| (text.to_owned(), trailing))
        );
    }

    #[test]
    fn a_long_run_of_comments_is_read_to_its_end() {
        let text = format!("{}kind: Group\n", "# x\n".repeat(500));
        let file = SourceFile::new("t.yaml", "t.yaml", text);
        assert_eq!(comments(&file).len(), 500);
    }
}
