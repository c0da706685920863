//! A log as text: whatever it is packed in, and however it was saved.

use std::io::{self, BufRead, BufReader, Cursor, Read};

use flate2::read::MultiGzDecoder;

/// How much is read at once.
const CHUNK: usize = 1 << 16;

/// The text of a log: unpacked where it is packed by gzip, in UTF-8 without a byte order mark.
///
/// # Errors
/// When nothing can be read; and a ZIP archive is told as such.
pub fn text_of(from: impl Read + Send + 'static) -> io::Result<Box<dyn BufRead + Send>> {
    let (head, from) = with_head(from)?;
    match head.as_slice() {
        [0x1f, 0x8b, ..] => decoded(MultiGzDecoder::new(BufReader::with_capacity(CHUNK, from))),
        [b'P', b'K', 3, 4] => Err(io::Error::other("it is a ZIP archive; unpack it")),
        _ => decoded(from),
    }
}

fn decoded(from: impl Read + Send + 'static) -> io::Result<Box<dyn BufRead + Send>> {
    let (head, mut from) = with_head(from)?;
    let skip = |from: &mut dyn Read, bytes: usize| {
        let mut mark = vec![0; bytes];
        from.read_exact(&mut mark)
    };
    match head.as_slice() {
        [0xef, 0xbb, 0xbf, ..] => skip(&mut from, 3)?,
        // With a byte order mark; and without one, as JSON begins with ASCII.
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] | [0, 1..=u8::MAX, ..] | [1..=u8::MAX, 0, ..] => {
            let is_marked = matches!(head.first(), Some(0xfe..=u8::MAX));
            let big = matches!(head.first(), Some(0 | 0xfe));
            if is_marked {
                skip(&mut from, 2)?;
            }
            let wide = Wide {
                from: BufReader::with_capacity(CHUNK, from),
                big,
                ready: Cursor::new(Vec::new()),
                high: None,
            };
            return Ok(Box::new(BufReader::with_capacity(CHUNK, wide)));
        }
        _ => {}
    }
    Ok(Box::new(BufReader::with_capacity(CHUNK, from)))
}

/// What begins with bytes that were read already.
type Begun<R> = io::Chain<Cursor<Vec<u8>>, R>;

/// The first bytes, and all of it.
fn with_head<R: Read>(mut from: R) -> io::Result<(Vec<u8>, Begun<R>)> {
    let mut head = Vec::new();
    from.by_ref().take(4).read_to_end(&mut head)?;
    let whole = Cursor::new(head.clone()).chain(from);
    Ok((head, whole))
}

/// UTF-16, as PowerShell writes what is redirected into a file.
struct Wide<R> {
    from: R,
    big: bool,
    ready: Cursor<Vec<u8>>,
    /// The first half of a pair.
    high: Option<u16>,
}

impl<R: Read> Read for Wide<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        loop {
            let given = self.ready.read(into)?;
            if given > 0 || into.is_empty() {
                return Ok(given);
            }
            let mut bytes = Vec::new();
            self.from
                .by_ref()
                .take(CHUNK as u64)
                .read_to_end(&mut bytes)?;
            let units = bytes.chunks(2).map(|pair| match (pair, self.big) {
                ([a, b], true) => u16::from_be_bytes([*a, *b]),
                ([a, b], false) => u16::from_le_bytes([*a, *b]),
                // Half a character at the end of the file.
                _ => 0xfffd,
            });
            let mut units: Vec<u16> = self.high.take().into_iter().chain(units).collect();
            let is_high = |unit: &u16| (0xd800..0xdc00).contains(unit);
            if !bytes.is_empty() && units.last().is_some_and(is_high) {
                self.high = units.pop();
            }
            if units.is_empty() && bytes.is_empty() {
                return Ok(0);
            }
            self.ready = Cursor::new(String::from_utf16_lossy(&units).into_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    fn read(bytes: Vec<u8>) -> String {
        let mut text = String::new();
        let mut from = text_of(Cursor::new(bytes)).unwrap();
        from.read_to_string(&mut text).unwrap();
        text
    }

    #[test]
    fn a_log_is_read_however_it_was_saved_and_packed() {
        let text = format!("[{}]", "{\"a\":\"ü😀\"},".repeat(9_000));
        let marked = [b"\xef\xbb\xbf".as_slice(), text.as_bytes()].concat();
        let wide = |big: bool| -> Vec<u8> {
            let units = std::iter::once(0xfeff).chain(text.encode_utf16());
            units
                .flat_map(|u| {
                    if big {
                        u.to_be_bytes()
                    } else {
                        u.to_le_bytes()
                    }
                })
                .collect()
        };
        let packed = |bytes: &[u8]| {
            let mut packer = GzEncoder::new(Vec::new(), Compression::fast());
            packer.write_all(bytes).unwrap();
            packer.finish().unwrap()
        };
        for bytes in [text.clone().into_bytes(), marked, wide(true), wide(false)] {
            assert_eq!(read(packed(&bytes)), text);
            assert_eq!(read(bytes), text);
        }
        for bytes in [wide(true), wide(false)] {
            assert_eq!(read(bytes.get(2..).unwrap().to_vec()), text);
        }
        // Files that were packed one by one and put together are one log.
        assert_eq!(read([packed(b"[]"), packed(b"{}")].concat()), "[]{}");
        assert_eq!(read(Vec::new()), "");
        let zip = text_of(Cursor::new(b"PK\x03\x04...".to_vec()));
        assert!(zip.err().unwrap().to_string().contains("ZIP"));
    }
}
