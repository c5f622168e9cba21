//! References with their commits, as git servers list them.

use std::collections::BTreeMap;

use super::pkt_line::{Packet, Packets, line};
use crate::model::{Commit, Failure, FailureKind};
use crate::observe::malformed;

/// A tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tag {
    /// Its name without `refs/tags/`, in the bytes of the server.
    pub name: Vec<u8>,
    /// The commit behind it, annotated tags peeled; nothing where it is known to be no commit.
    pub commit: Option<Commit>,
}

/// More tags than this are not kept.
const MOST_TAGS: usize = 500_000;

/// Reads an answer to `ls-refs` with `peel` (gitprotocol-v2).
///
/// # Errors
/// A [`Failure`] where it is anything else, not whole, contradicts itself or is too long.
pub fn parse_ls_refs(bytes: &[u8]) -> Result<Vec<Tag>, Failure> {
    let mut tags = Tags::default();
    let mut packets = Packets::new(bytes);
    loop {
        let packet = packets
            .next()
            .ok_or_else(|| malformed("the answer ends before the flush packet"))?;
        match packet.map_err(|error| malformed(error.to_string()))? {
            Packet::Data(data) => {
                let (object, name, attributes) = reference(line(data))?;
                let mut commit = object;
                for attribute in attributes.split(|b| *b == b' ') {
                    if let Some(peeled) = attribute.strip_prefix(b"peeled:") {
                        commit = object_id(peeled)?;
                    }
                }
                tags.add(name, commit)?;
            }
            Packet::Flush if packets.rest().is_empty() => break,
            Packet::ResponseEnd => {}
            _ => return Err(malformed("an unexpected packet among the references")),
        }
    }
    Ok(tags.finish())
}

/// Reads the lines `object name` of protocol 0, where `name^{}` follows with the peeled object.
pub(super) fn of_version_0(lines: &[&[u8]]) -> Result<Vec<Tag>, Failure> {
    let mut tags = Tags::default();
    for line in lines {
        if line.starts_with(b"shallow ") {
            continue;
        }
        let (object, name, rest) = reference(line)?;
        if !rest.is_empty() {
            return Err(malformed("a line that is no reference"));
        }
        match name.strip_suffix(b"^{}") {
            Some(b"capabilities") => {}
            Some(annotated) => tags.peel(annotated, object)?,
            None => tags.add(name, object)?,
        }
    }
    Ok(tags.finish())
}

#[derive(Default)]
struct Tags {
    by_name: BTreeMap<Vec<u8>, Commit>,
}

impl Tags {
    fn add(&mut self, name: &[u8], commit: Commit) -> Result<(), Failure> {
        // A server may list more than the prefix that was asked for.
        let Some(name) = name.strip_prefix(b"refs/tags/") else {
            return Ok(());
        };
        if self.by_name.len() == MOST_TAGS {
            return Err(Failure {
                kind: FailureKind::TooLarge,
                detail: format!("more than {MOST_TAGS} tags"),
            });
        }
        if self.by_name.insert(name.to_vec(), commit).is_some() {
            return Err(malformed("one tag is listed twice"));
        }
        Ok(())
    }

    fn peel(&mut self, name: &[u8], commit: Commit) -> Result<(), Failure> {
        let Some(name) = name.strip_prefix(b"refs/tags/") else {
            return Ok(());
        };
        let tag = self.by_name.get_mut(name);
        *tag.ok_or_else(|| malformed("a peeled object without its tag"))? = commit;
        Ok(())
    }

    fn finish(self) -> Vec<Tag> {
        let tag = |(name, commit)| Tag {
            name,
            commit: Some(commit),
        };
        self.by_name.into_iter().map(tag).collect()
    }
}

/// Object, name, and what follows after a space.
fn reference(line: &[u8]) -> Result<(Commit, &[u8], &[u8]), Failure> {
    let mut parts = line.splitn(3, |b| *b == b' ');
    let object = object_id(parts.next().unwrap_or_default())?;
    let name = parts.next().filter(|name| !name.is_empty());
    let name = name.ok_or_else(|| malformed("a reference without a name"))?;
    Ok((object, name, parts.next().unwrap_or_default()))
}

fn object_id(bytes: &[u8]) -> Result<Commit, Failure> {
    std::str::from_utf8(bytes)
        .ok()
        .and_then(|text| text.parse().ok())
        .ok_or_else(|| malformed("a reference without an object id"))
}

#[cfg(test)]
mod tests {
    use super::super::pkt_line::data;
    use super::*;

    fn body(lines: &[String]) -> Vec<u8> {
        let mut body: Vec<u8> = lines.iter().flat_map(|line| data(line)).collect();
        body.extend(b"0000");
        body
    }

    #[test]
    fn the_peeled_object_is_the_commit() {
        let (one, two) = ("1".repeat(40), "2".repeat(40));
        let tags = parse_ls_refs(&body(&[
            format!("{one} refs/tags/v1\n"),
            format!("{one} refs/tags/v2 symref-target:refs/tags/x peeled:{two}\n"),
            format!("{one} refs/heads/main\n"),
        ]))
        .unwrap();
        assert_eq!(tags.len(), 2);
        assert_eq!(tags[1].name, b"v2");
        assert_eq!(tags[1].commit, Some(two.parse().unwrap()));
    }

    /// Absence is earned: what is cut off is never a shorter list.
    #[test]
    fn an_answer_that_was_cut_anywhere_is_no_listing() {
        let one = "1".repeat(40);
        let whole = body(&[
            format!("{one} refs/tags/v1\n"),
            format!("{one} refs/tags/v2\n"),
        ]);
        assert_eq!(parse_ls_refs(&whole).unwrap().len(), 2);
        for end in 0..whole.len() {
            assert!(parse_ls_refs(&whole[..end]).is_err(), "cut at {end}");
        }
        let twice = [whole.clone(), whole].concat();
        assert!(parse_ls_refs(&twice).is_err());
    }

    #[test]
    fn contradictions_and_garbage_are_errors() {
        let one = "1".repeat(40);
        for lines in [
            vec![format!("{one} refs/tags/v1\n"); 2],
            vec![format!("{one}\n")],
            vec!["1234 refs/tags/v1\n".to_owned()],
            vec![format!("{one} refs/tags/v1 peeled:zz\n")],
        ] {
            assert!(parse_ls_refs(&body(&lines)).is_err(), "{lines:?}");
        }
    }
}
