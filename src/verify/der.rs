//! Finds the names in a certificate (RFC 5280 section 4.1): enough to tell who issued which.

/// The issuer and the subject of a certificate, as they are written in it; nothing where it is no
/// certificate.
pub(super) fn names(certificate: &[u8]) -> Option<(&[u8], &[u8])> {
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
    let (subject, _, _) = element(after_validity)?;
    Some((issuer, subject))
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
        }
    }
}
