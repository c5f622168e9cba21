//! What a git server answers to `info/refs` (gitprotocol-http): protocol 2's capabilities, or the
//! references themselves where the server speaks only protocol 0 or 1.

use super::pkt_line::{Packet, Packets, line};
use super::references::{self, Tag};
use crate::model::Failure;
use crate::observe::malformed;

/// An advertisement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Advertisement {
    /// Protocol 2: the tags are asked for in a second request.
    Version2 {
        /// `sha1` or `sha256`.
        object_format: String,
    },
    /// Protocol 0 or 1: the tags are here.
    Tags(Vec<Tag>),
}

/// Reads the body of `info/refs?service=git-upload-pack`.
///
/// # Errors
/// A [`Failure`] of the kind `malformed` where it is anything else or not whole.
pub fn parse_advertisement(bytes: &[u8]) -> Result<Advertisement, Failure> {
    let mut packets = Packets::new(bytes);
    let mut next = || match packets.next() {
        Some(Ok(packet)) => Ok(packet),
        Some(Err(error)) => Err(malformed(error.to_string())),
        None => Err(malformed("the answer ends before the flush packet")),
    };
    let mut first = next()?;
    if matches!(first, Packet::Data(data) if line(data) == b"# service=git-upload-pack") {
        if next()? != Packet::Flush {
            return Err(malformed("no flush packet after the service line"));
        }
        first = next()?;
    }
    let mut packet = first;
    if matches!(packet, Packet::Data(data) if line(data) == b"version 1") {
        packet = next()?;
    } else if matches!(packet, Packet::Data(data) if line(data) == b"version 2") {
        let mut object_format = "sha1".to_owned();
        let mut lists = false;
        loop {
            match next()? {
                Packet::Data(data) => {
                    let capability = String::from_utf8_lossy(line(data));
                    if let Some(format) = capability.strip_prefix("object-format=") {
                        object_format = known_format(format)?;
                    }
                    lists |= capability == "ls-refs" || capability.starts_with("ls-refs=");
                }
                Packet::Flush => break,
                _ => return Err(malformed("an unexpected packet among the capabilities")),
            }
        }
        if !lists {
            return Err(malformed(
                "the git server cannot list references (no ls-refs)",
            ));
        }
        return Ok(Advertisement::Version2 { object_format });
    }
    let mut lines = Vec::new();
    loop {
        match packet {
            // The first line carries the capabilities after a NUL.
            Packet::Data(data) => lines.push(line(data).split(|b| *b == 0).next().unwrap_or(data)),
            Packet::Flush => break,
            _ => return Err(malformed("an unexpected packet among the references")),
        }
        packet = next()?;
    }
    references::of_version_0(&lines).map(Advertisement::Tags)
}

fn known_format(format: &str) -> Result<String, Failure> {
    match format {
        "sha1" | "sha256" => Ok(format.to_owned()),
        other => {
            let shown = crate::model::visible(other, 40);
            Err(malformed(format!("unknown object format `{shown}`")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::pkt_line::data;
    use super::*;

    fn body(lines: &[&str]) -> Vec<u8> {
        let mut body = data("# service=git-upload-pack\n");
        body.extend(b"0000");
        body.extend(lines.iter().flat_map(|line| data(line)));
        body.extend(b"0000");
        body
    }

    #[test]
    fn version_2_is_told_by_its_capabilities() {
        let lines = ["version 2\n", "ls-refs=unborn\n", "object-format=sha256\n"];
        let sha256 = Advertisement::Version2 {
            object_format: "sha256".into(),
        };
        assert_eq!(parse_advertisement(&body(&lines)), Ok(sha256));
        assert!(parse_advertisement(&body(&["version 2\n", "fetch\n"])).is_err());
    }

    #[test]
    fn version_0_lists_the_tags_at_once_with_peeled_commits() {
        let (one, two) = ("1".repeat(40), "2".repeat(40));
        let lines = [
            format!("{one} HEAD\0multi_ack agent=git/1\n"),
            format!("{one} refs/heads/main\n"),
            format!("{one} refs/tags/v1\n"),
            format!("{one} refs/tags/v2\n"),
            format!("{two} refs/tags/v2^{{}}\n"),
        ];
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        let Ok(Advertisement::Tags(tags)) = parse_advertisement(&body(&lines)) else {
            panic!("not read");
        };
        let commits: Vec<_> = tags.iter().map(|tag| tag.commit.clone().unwrap()).collect();
        assert_eq!(commits, [one.parse().unwrap(), two.parse().unwrap()]);
    }

    #[test]
    fn an_empty_repository_has_no_tags_and_a_truncated_answer_is_no_empty_one() {
        let zeros = "0".repeat(40);
        let empty = body(&[&format!("{zeros} capabilities^{{}}\0agent=git/1\n")]);
        assert_eq!(parse_advertisement(&empty), Ok(Advertisement::Tags(vec![])));
        for end in 0..empty.len() {
            assert!(parse_advertisement(&empty[..end]).is_err(), "cut at {end}");
        }
        assert!(parse_advertisement(b"<html>").is_err());
    }
}
