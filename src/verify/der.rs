//! Finds the names and the extensions in a certificate (RFC 5280 section 4.1): enough to tell who
//! issued which, and whether it says one thing.

pub(super) const SEQUENCE: u8 = 0x30;
pub(super) const OCTET_STRING: u8 = 0x04;
const OBJECT_IDENTIFIER: u8 = 0x06;

/// The issuer and the subject of a certificate, as they are written in it; nothing where it is no
/// certificate.
pub(super) fn names(certificate: &[u8]) -> Option<(&[u8], &[u8])> {
    let (issuer, subject, _) = parts(certificate)?;
    Some((issuer, subject))
}

/// Object identifier and value of each extension; nothing where it is no certificate.
pub(super) fn extensions(certificate: &[u8]) -> Option<Vec<(&[u8], &[u8])>> {
    let (_, _, after_subject) = parts(certificate)?;
    let after_key = element(after_subject)?.2;
    let Some(tagged) = Elements(after_key).find(|it| it.first() == Some(&0xa3)) else {
        return Some(Vec::new());
    };
    let list = content(content(tagged)?)?;
    let mut found = Vec::new();
    let mut extensions = Elements(list);
    for it in extensions.by_ref() {
        found.push(extension(it)?);
    }
    extensions.0.is_empty().then_some(found)
}

/// Object identifier and value of one extension.
pub(super) fn extension(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut fields = Elements(inside(SEQUENCE, bytes)?);
    let kind = fields.next()?;
    // Whether it is critical may stand between the two.
    let value = fields.last()?;
    Some((
        inside(OBJECT_IDENTIFIER, kind)?,
        inside(OCTET_STRING, value)?,
    ))
}

/// The key that a certificate is for, as it is written in it (`SubjectPublicKeyInfo`).
pub(super) fn key(certificate: &[u8]) -> Option<&[u8]> {
    let (_, _, after_subject) = parts(certificate)?;
    Elements(after_subject).next()
}

/// What an element of this tag holds.
pub(super) fn inside(tag: u8, bytes: &[u8]) -> Option<&[u8]> {
    content(bytes).filter(|_| bytes.first() == Some(&tag))
}

/// What an element holds.
pub(super) fn content(bytes: &[u8]) -> Option<&[u8]> {
    element(bytes).map(|it| it.1)
}

/// Elements one after the other, each whole; ends at what is none.
pub(super) struct Elements<'d>(pub(super) &'d [u8]);

impl<'d> Iterator for Elements<'d> {
    type Item = &'d [u8];

    fn next(&mut self) -> Option<&'d [u8]> {
        let (whole, _, rest) = element(self.0)?;
        self.0 = rest;
        Some(whole)
    }
}

/// Issuer, subject, and what follows them.
fn parts(certificate: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let (_, body, _) = element(certificate)?;
    let (_, mut rest, _) = element(body)?;
    // The version is optional and explicitly tagged.
    if *rest.first()? == 0xa0 {
        rest = element(rest)?.2;
    }
    let after_serial = element(rest)?.2;
    let after_algorithm = element(after_serial)?.2;
    let (issuer, _, after_issuer) = element(after_algorithm)?;
    let after_validity = element(after_issuer)?.2;
    let (subject, _, after_subject) = element(after_validity)?;
    Some((issuer, subject, after_subject))
}

/// The first element whole, its content, and what follows it.
fn element(bytes: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let first = usize::from(*bytes.get(1)?);
    let (length, header) = match first {
        0..=0x7f => (first, 2),
        0x81..=0x84 => {
            let digits = bytes.get(2..2 + (first & 0x7f))?;
            let length = digits
                .iter()
                .fold(0, |sum, digit| sum << 8 | usize::from(*digit));
            (length, 2 + digits.len())
        }
        _ => return None,
    };
    let end = header.checked_add(length)?;
    Some((
        bytes.get(..end)?,
        bytes.get(header..end)?,
        bytes.get(end..)?,
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_certificate_has_no_names() {
        for bytes in [
            &b""[..],
            b"\x30",
            b"\x30\x84\xff\xff\xff\xff",
            b"\x30\x80\x00\x00",
            b"\x30\x00",
        ] {
            assert_eq!(names(bytes), None, "{bytes:?}");
            assert_eq!(extensions(bytes), None, "{bytes:?}");
        }
    }
}
