//! git's pkt-line framing (gitprotocol-common), read from bytes that anyone may have sent.

/// One packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Packet<'a> {
    /// A payload of 0 to 65,516 bytes.
    Data(&'a [u8]),
    /// `0000`: the end of a message.
    Flush,
    /// `0001`: the end of a section.
    Delimiter,
    /// `0002`: the end of a response.
    ResponseEnd,
}

/// Reads packets one by one.
#[derive(Debug, Clone)]
pub struct Packets<'a> {
    rest: &'a [u8],
    failed: bool,
}

/// Why bytes are not pkt-lines.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PktLineError {
    /// A length that is not four hexadecimal digits, or the impossible 3.
    #[error("not git's pkt-line format: a packet begins with no valid length")]
    Length,
    /// Fewer bytes than a length says.
    #[error("the answer ends in the middle of a packet")]
    Truncated,
    /// The server reports an error in a packet of its own.
    #[error("the git server says: {0}")]
    Server(String),
}

impl<'a> Packets<'a> {
    /// Packets of these bytes.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self {
            rest: bytes,
            failed: false,
        }
    }

    /// The bytes that were not read yet.
    pub fn rest(&self) -> &'a [u8] {
        self.rest
    }

    fn read(&mut self) -> Result<Packet<'a>, PktLineError> {
        let (length, rest) = self
            .rest
            .split_first_chunk::<4>()
            .ok_or(PktLineError::Truncated)?;
        let mut number = 0;
        for byte in length {
            let digit = char::from(*byte).to_digit(16);
            number = number * 16 + digit.ok_or(PktLineError::Length)?;
        }
        let (packet, rest) = match number {
            0 => (Packet::Flush, rest),
            1 => (Packet::Delimiter, rest),
            2 => (Packet::ResponseEnd, rest),
            3 => return Err(PktLineError::Length),
            _ => {
                let payload = number as usize - 4;
                if rest.len() < payload {
                    return Err(PktLineError::Truncated);
                }
                let (data, rest) = rest.split_at(payload);
                if let Some(words) = data.strip_prefix(b"ERR ") {
                    let words = String::from_utf8_lossy(words);
                    return Err(PktLineError::Server(crate::model::visible_line(
                        words.trim(),
                    )));
                }
                (Packet::Data(data), rest)
            }
        };
        self.rest = rest;
        Ok(packet)
    }
}

impl<'a> Iterator for Packets<'a> {
    type Item = Result<Packet<'a>, PktLineError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.failed || self.rest.is_empty() {
            return None;
        }
        let packet = self.read();
        self.failed = packet.is_err();
        Some(packet)
    }
}

/// A payload as a packet.
pub(super) fn data(payload: &str) -> Vec<u8> {
    let mut packet = format!("{:04x}", payload.len() + 4).into_bytes();
    packet.extend_from_slice(payload.as_bytes());
    packet
}

/// A line without its optional line feed.
pub(super) fn line(data: &[u8]) -> &[u8] {
    data.strip_suffix(b"\n").unwrap_or(data)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> Result<Vec<Packet<'_>>, PktLineError> {
        Packets::new(bytes).collect()
    }

    #[test]
    fn packets_are_read_whole_or_not_at_all() {
        assert_eq!(
            read(b"0006a\n00010004000200000000").unwrap(),
            [
                Packet::Data(b"a\n"),
                Packet::Delimiter,
                Packet::Data(b""),
                Packet::ResponseEnd,
                Packet::Flush,
                Packet::Flush
            ]
        );
        assert_eq!(read(b"0006a"), Err(PktLineError::Truncated));
        assert_eq!(read(b"00"), Err(PktLineError::Truncated));
        assert_eq!(read(b"0003"), Err(PktLineError::Length));
        assert_eq!(read(b"<htm"), Err(PktLineError::Length));
        assert_eq!(read(b"+00a"), Err(PktLineError::Length));
    }

    /// THREATS row 28.
    #[test]
    fn what_the_server_says_is_made_safe_to_show() {
        let Err(PktLineError::Server(words)) = read(&data("ERR no\u{1b}[2J access\n")) else {
            panic!("an ERR packet was read as data");
        };
        assert_eq!(words, "no\\u{1b}[2J access");
    }
}
