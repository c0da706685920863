//! A stream as UTF-8, whatever of the usual it is written in.

use std::io::{self, Cursor, Read};

use super::source::{Encoding, UnicodeForm, without_mark};

/// How much of UTF-16 is turned at once, in bytes.
const PIECE: usize = 1 << 12;

/// The bytes of a stream as UTF-8, without a byte order mark: of UTF-8 as they are, of UTF-16 (told
/// as [`super::source::decode`] tells it) turned, in constant memory.
///
/// # Errors
/// When the stream cannot be read, or is UTF-32.
pub fn utf8<R: Read + 'static>(mut from: R) -> io::Result<Box<dyn Read>> {
    let mut head = Vec::new();
    from.by_ref().take(4).read_to_end(&mut head)?;
    if let [0xFF, 0xFE, 0, 0] | [0, 0, 0xFE, 0xFF] = head.as_slice() {
        return Err(other("it is UTF-32"));
    }
    let encoding = Encoding::of(&head);
    let skipped = match (encoding.form, encoding.mark) {
        (UnicodeForm::Utf8, _) => head.len() - without_mark(&head).len(),
        (_, true) => 2,
        (_, false) => 0,
    };
    let rest = head.split_off(skipped);
    let whole = Cursor::new(rest).chain(from);
    let unit = match encoding.form {
        UnicodeForm::Utf8 => return Ok(Box::new(whole)),
        UnicodeForm::Utf16Le => u16::from_le_bytes,
        UnicodeForm::Utf16Be => u16::from_be_bytes,
    };
    Ok(Box::new(Utf16 {
        from: whole,
        unit,
        raw: Vec::new(),
        turned: Cursor::default(),
    }))
}

fn other(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

/// UTF-16 as UTF-8.
struct Utf16<R> {
    from: R,
    unit: fn([u8; 2]) -> u16,
    /// What was read and is no whole character yet.
    raw: Vec<u8>,
    /// What was turned and not taken yet.
    turned: Cursor<Vec<u8>>,
}

impl<R: Read> Read for Utf16<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        loop {
            let taken = self.turned.read(into)?;
            if taken > 0 || into.is_empty() {
                return Ok(taken);
            }
            // What is there, and no more: whoever writes may wait for an answer.
            let mut piece = [0; PIECE];
            let read = self.from.read(&mut piece)?;
            if read == 0 && self.raw.is_empty() {
                return Ok(0);
            }
            self.raw.extend(piece.iter().take(read));
            self.turn(read == 0)?;
        }
    }
}

impl<R> Utf16<R> {
    fn turn(&mut self, ended: bool) -> io::Result<()> {
        let (pairs, half) = self.raw.as_chunks();
        let mut units: Vec<u16> = pairs.iter().map(|pair| (self.unit)(*pair)).collect();
        // The first half of a character whose second half is to come.
        let open = units.pop_if(|unit| !ended && (0xD800..0xDC00).contains(unit));
        let kept = half.len() + if open.is_some() { 2 } else { 0 };
        if ended && kept > 0 {
            return Err(other("it is UTF-16 with half a character at the end"));
        }
        let text = String::from_utf16(&units).map_err(|_| other("it is not well-formed UTF-16"))?;
        self.raw.drain(..self.raw.len() - kept);
        self.turned = Cursor::new(text.into_bytes());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::source::decode;
    use super::*;

    /// A reader that gives one byte at a time.
    struct Slow(Cursor<Vec<u8>>);

    impl Read for Slow {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            let one = into.len().min(1);
            self.0.read(&mut into[..one])
        }
    }

    fn turned(bytes: &[u8]) -> Result<String, String> {
        let mut text = String::new();
        utf8(Slow(Cursor::new(bytes.to_vec())))
            .and_then(|mut reader| reader.read_to_string(&mut text))
            .map_err(|error| error.to_string())?;
        Ok(text)
    }

    #[test]
    fn a_stream_reads_as_a_file_does() {
        let long = "{\"user\": \"\u{1F600}\u{e4}\"}\n".repeat(2000);
        for text in ["", "{", "{}\n", "{\"a\": \"\u{1F600}\"}\n", long.as_str()] {
            let le: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
            let be: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
            for bytes in [
                text.as_bytes().to_vec(),
                [&[0xEF, 0xBB, 0xBF], text.as_bytes()].concat(),
                [&[0xFF, 0xFE], le.as_slice()].concat(),
                [&[0xFE, 0xFF], be.as_slice()].concat(),
            ] {
                assert_eq!(turned(&bytes).as_deref(), Ok(text));
                assert_eq!(decode(&bytes).as_deref(), Ok(text));
            }
            if text.len() > 1 {
                assert_eq!(turned(&le).as_deref(), Ok(text));
                assert_eq!(turned(&be).as_deref(), Ok(text));
            }
        }
        for bytes in [
            &[0xFF, 0xFE, 0x41][..],
            &[0xFF, 0xFE, 0x3D, 0xD8],
            &[0xFF, 0xFE, 0x3D, 0xD8, 0x41, 0],
            &[0xFF, 0xFE, 0, 0],
        ] {
            assert!(turned(bytes).is_err(), "{bytes:?}");
        }
    }
}
