//! Lines that fit a terminal: broken between words, and what goes on stands further in. Colours are
//! carried over the break. Width is counted in columns, of which some characters take two.

use unicode_width::UnicodeWidthChar;

/// What ends every colour.
const RESET: &str = "\u{1b}[0m";

/// A part of a text with colours.
enum Piece {
    /// A sequence that switches a colour on or all of them off; it takes no room.
    Colour(String),
    Char(char),
}

fn pieces(text: &str) -> Vec<Piece> {
    let mut found = Vec::new();
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        if c != '\u{1b}' || rest.peek() != Some(&'[') {
            found.push(Piece::Char(c));
            continue;
        }
        let mut sequence = String::from(c);
        sequence.extend(rest.next());
        for c in rest.by_ref() {
            sequence.push(c);
            if ('\u{40}'..='\u{7e}').contains(&c) {
                break;
            }
        }
        found.push(Piece::Colour(sequence));
    }
    found
}

fn wide(c: char) -> usize {
    c.width().unwrap_or(0)
}

/// How many columns a text takes.
pub(super) fn columns(text: &str) -> usize {
    let width = |piece: &Piece| match piece {
        Piece::Colour(_) => 0,
        Piece::Char(c) => wide(*c),
    };
    pieces(text).iter().map(width).sum()
}

/// A text whose lines are no wider than `width`, where its words allow that.
///
/// Some lines stay as they are: commands, which are copied, and lines of a source that is shown
/// with marks below it.
pub fn to_width(text: &str, width: usize) -> String {
    let mut out = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        match columns(line.trim_end()) > width && !stays(line) {
            true => out.push_str(&broken(line, width)),
            false => out.push_str(line),
        }
    }
    out
}

fn stays(line: &str) -> bool {
    let seen: String = (pieces(line).into_iter())
        .filter_map(|piece| match piece {
            Piece::Char(c) => Some(c),
            Piece::Colour(_) => None,
        })
        .collect();
    let seen = seen.trim_start();
    let source = seen.trim_start_matches(|c: char| c.is_ascii_digit());
    seen.starts_with("gatewright ") || source.trim_start().starts_with('|')
}

/// Where what goes on begins: below the last column of a row that begins in the first half, else
/// a little further in than the line.
fn inner(pieces: &[Piece], width: usize) -> usize {
    let seen = pieces.iter().filter_map(|piece| match piece {
        Piece::Char(c) => Some(*c),
        Piece::Colour(_) => None,
    });
    let (mut at, mut blanks, mut begins, mut begun) = (0, 0, 0, false);
    let mut column = None;
    for c in seen {
        begun |= !" +-~#".contains(c);
        if !begun {
            begins += 1;
        } else if c != ' ' && blanks > 1 && at > begins {
            column = Some(at).filter(|at| *at <= width / 2).or(column);
        }
        blanks = if c == ' ' { blanks + 1 } else { 0 };
        at += wide(c);
    }
    column.unwrap_or(begins + 2).min(width / 2)
}

/// One line, broken.
fn broken(line: &str, width: usize) -> String {
    let pieces = pieces(line);
    let inner = inner(&pieces, width);
    let mut out = Line {
        text: String::new(),
        column: 0,
        width,
        inner,
        carried: String::new(),
    };
    let (mut word, mut taken, mut blanks) = (String::new(), 0, 0);
    let mut colour = String::new();
    for piece in &pieces {
        match piece {
            Piece::Colour(sequence) => {
                match sequence == RESET {
                    true => colour.clear(),
                    false => colour.push_str(sequence),
                }
                word.push_str(sequence);
            }
            Piece::Char(c) if *c == ' ' || *c == '\n' => {
                if taken > 0 {
                    out.put(&word, taken, blanks, &colour);
                    (word, taken, blanks) = (String::new(), 0, 0);
                }
                blanks += usize::from(*c == ' ');
            }
            Piece::Char(c) => {
                word.push(*c);
                taken += wide(*c);
            }
        }
    }
    out.put(&word, taken, blanks, &colour);
    if line.ends_with('\n') {
        out.text.push('\n');
    }
    out.text
}

struct Line {
    text: String,
    column: usize,
    width: usize,
    /// Where what goes on begins.
    inner: usize,
    /// The colours that are on after the last word.
    carried: String,
}

impl Line {
    fn put(&mut self, word: &str, taken: usize, blanks: usize, colour: &str) {
        if taken == 0 {
            self.text.push_str(word);
            return;
        }
        if self.column > self.inner && self.column + blanks + taken > self.width {
            if !self.carried.is_empty() {
                self.text.push_str(RESET);
            }
            self.text.push('\n');
            self.text.extend(std::iter::repeat_n(' ', self.inner));
            self.text.push_str(&self.carried);
            self.column = self.inner;
        } else {
            self.text.extend(std::iter::repeat_n(' ', blanks));
            self.column += blanks;
        }
        self.text.push_str(word);
        self.column += taken;
        colour.clone_into(&mut self.carried);
    }
}

/// The lines of a text without colours in at most `width` columns. A word that is wider is broken,
/// after a sign that joins words where it has one.
pub(super) fn lines(text: &str, width: usize) -> Vec<String> {
    let width = width.max(1);
    let mut found: Vec<String> = Vec::new();
    let mut line = String::new();
    let mut sign = String::new();
    for word in text.split(' ') {
        // A sign stands before what it is about.
        if matches!(word, "+" | "-" | "~") && sign.is_empty() {
            sign = format!("{word} ");
            continue;
        }
        let mut word = match columns(&sign) + columns(word) > width && columns(word) <= width {
            // A sign that has no room there begins a line.
            true => {
                if !line.is_empty() {
                    found.push(std::mem::take(&mut line));
                }
                line = std::mem::take(&mut sign).trim_end().to_owned();
                word.to_owned()
            }
            false => std::mem::take(&mut sign) + word,
        };
        loop {
            let joined = match line.is_empty() {
                true => columns(&word),
                false => columns(&line) + 1 + columns(&word),
            };
            if joined <= width {
                if !line.is_empty() {
                    line.push(' ');
                }
                line.push_str(&word);
                break;
            }
            if columns(&word) <= width || !line.is_empty() {
                found.push(std::mem::take(&mut line));
                continue;
            }
            let (head, tail) = split(&word, width);
            found.push(head);
            word = tail;
        }
    }
    match sign.trim_end() {
        "" => {}
        sign if line.is_empty() => line.push_str(sign),
        sign => line.push_str(&format!(" {sign}")),
    }
    if !line.is_empty() || found.is_empty() {
        found.push(line);
    }
    found
}

/// Signs after which a word may be broken.
const JOINTS: &str = "-_/@:,";

/// How wide the widest part of a text without colours is that is only broken where it has to be.
pub(super) fn widest_word(text: &str) -> usize {
    let parts = text.split_inclusive(|c| c == ' ' || JOINTS.contains(c));
    parts
        .map(|part| columns(part.trim_end()))
        .max()
        .unwrap_or(0)
}

/// As much of a word as `width` columns take, and the rest.
fn split(word: &str, width: usize) -> (String, String) {
    let (mut taken, mut end, mut joint, mut dot) = (0, 0, 0, 0);
    for (count, c) in word.chars().enumerate() {
        taken += wide(c);
        if taken > width && count > 0 {
            break;
        }
        end = count + 1;
        if JOINTS.contains(c) {
            joint = end;
        }
        if c == '.' {
            dot = end;
        }
    }
    // A joint near the beginning would waste the line, and a dot looks like the end of a sentence.
    let found = [joint, dot].into_iter().find(|at| at * 3 > end);
    let at = found.unwrap_or(end);
    (
        word.chars().take(at).collect(),
        word.chars().skip(at).collect(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_between_words_and_go_on_further_in() {
        let text = "    help: if it is meant, say so in the guards file\nshort\n";
        assert_eq!(
            to_width(text, 24),
            "    help: if it is\n      meant, say so in\n      the guards file\nshort\n"
        );
        // Deeper where the line begins with a sign.
        assert_eq!(
            to_width("  + - a long item of a list", 16),
            "  + - a long\n        item of\n        a list"
        );
        // Below the last column of a row.
        assert_eq!(
            to_width("  applies  MFA  since it is for all users", 32),
            "  applies  MFA  since it is for\n                all users"
        );
        for width in 1..80 {
            let wrapped = to_width(text, width);
            let words = |text: &str| {
                text.split_whitespace()
                    .map(str::to_owned)
                    .collect::<Vec<_>>()
            };
            assert_eq!(words(&wrapped), words(text));
        }
    }

    #[test]
    fn colours_go_on_after_a_break_and_take_no_room() {
        let text = "\u{1b}[31mred words that go on\u{1b}[0m and on";
        assert_eq!(columns(text), 27);
        assert_eq!(to_width(text, 27), text);
        assert_eq!(
            to_width(text, 12),
            "\u{1b}[31mred words\u{1b}[0m\n  \u{1b}[31mthat go on\u{1b}[0m\n  and on"
        );
    }

    #[test]
    fn commands_sources_and_single_words_stay_whole() {
        for text in [
            "        gatewright whatif --sign-in '{\"user\": 1}'\n",
            "12 |   signInRiskLevel: [high, medium]\n",
            "   |   ^^^^^^^^^^^^^^^ here it is\n",
            "0123456789012345678901234567890\n",
        ] {
            assert_eq!(to_width(text, 20), text);
        }
    }

    #[test]
    fn a_sign_stands_before_its_word() {
        assert_eq!(lines("+ a: AT, + b: FR", 10), ["+ a: AT,", "+ b: FR"]);
        assert_eq!(lines("a: AT, + countries", 9), ["a: AT,", "+", "countries"]);
        assert_eq!(lines("a -", 9), ["a -"]);
        assert_eq!(lines("- -", 9), ["- -"]);
    }

    #[test]
    fn wide_characters_take_two_columns() {
        assert_eq!(columns("東京"), 4);
        assert_eq!(lines("東京本社", 5), ["東京", "本社"]);
    }

    #[test]
    fn a_word_that_is_too_wide_breaks_at_a_joint() {
        assert_eq!(
            lines("CA001-Global-AllApps is on", 13),
            ["CA001-Global-", "AllApps is on"]
        );
        assert_eq!(
            lines("MeganB@contoso.com", 16),
            ["MeganB@", "contoso.com"],
            "not after the dot"
        );
        assert_eq!(lines("evil.example.com", 14), ["evil.example.", "com"]);
        assert_eq!(lines("abcdefgh", 3), ["abc", "def", "gh"]);
        assert_eq!(lines("", 3), [""]);
        assert_eq!(lines("a b", 0), ["a", "b"]);
    }
}
