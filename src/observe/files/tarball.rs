//! One file of a gzipped tar, found as Python's `tarfile` and npm would find it.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::time::Instant;

use flate2::read::MultiGzDecoder;
use tar::EntryType;

use super::archive::{ENTRIES, Refusal, check_name, text, too_many, twice};
use super::meter::Metered;

/// Decompressed bytes of one tarball.
const TARBALL_BYTES: u64 = 1 << 30;
/// Bytes of an extended header, which holds a name.
const HEADER_BYTES: u64 = 64 << 10;

/// The text of the one entry of a gzipped tar that is wanted. Names are taken from extended headers
/// as Python's `tarfile` and npm take them.
pub(super) fn in_tarball(
    file: &mut File,
    end: Instant,
    wanted: impl Fn(&str) -> bool,
) -> Result<Option<String>, Refusal> {
    let broken = |error: &io::Error| Refusal::of(error);
    let plain = Metered::new(
        MultiGzDecoder::new(BufReader::new(file)),
        TARBALL_BYTES,
        end,
    );
    let mut archive = tar::Archive::new(plain);
    let mut extended: Option<String> = None;
    let mut found: Option<String> = None;
    let entries = archive.entries().map_err(|error| broken(&error))?.raw(true);
    for (number, entry) in entries.enumerate() {
        if number >= ENTRIES {
            return Err(too_many());
        }
        let entry = entry.map_err(|error| broken(&error))?;
        let kind = entry.header().entry_type();
        match kind {
            EntryType::XHeader => {
                extended = name_of_pax(&header(entry)?)?.or(extended);
                continue;
            }
            EntryType::GNULongName => {
                let bytes = header(entry)?;
                let name = bytes.split(|b| *b == 0).next().unwrap_or_default();
                extended = Some(String::from_utf8_lossy(name).into_owned());
                continue;
            }
            EntryType::GNULongLink => continue,
            EntryType::XGlobalHeader => {
                if name_of_pax(&header(entry)?)?.is_some() {
                    return Err(Refusal::Malformed(
                        "one name is given to all entries".to_owned(),
                    ));
                }
                continue;
            }
            _ => {}
        }
        let name = extended
            .take()
            .unwrap_or_else(|| String::from_utf8_lossy(&entry.header().path_bytes()).into_owned());
        let name = name.strip_prefix("./").unwrap_or(&name);
        check_name(name.trim_end_matches('/'))?;
        if !wanted(name) {
            continue;
        }
        if !kind.is_file() {
            return Err(Refusal::Malformed("its metadata is a link".to_owned()));
        }
        if found.is_some() {
            return Err(twice());
        }
        found = Some(text(entry)?);
    }
    Ok(found)
}

/// The name in a pax extended header, where there is one (POSIX.1-2017, pax, "path").
fn name_of_pax(bytes: &[u8]) -> Result<Option<String>, Refusal> {
    let mut name = None;
    for record in tar::PaxExtensions::new(bytes) {
        let record = record.map_err(|error| Refusal::of(&error))?;
        match record.key_bytes() {
            b"path" => name = Some(String::from_utf8_lossy(record.value_bytes()).into_owned()),
            // With another size the next header would be looked for elsewhere.
            b"size" => {
                return Err(Refusal::Malformed(
                    "an extended header gives a size".to_owned(),
                ));
            }
            _ => {}
        }
    }
    Ok(name)
}

fn header(entry: impl Read) -> Result<Vec<u8>, Refusal> {
    let mut bytes = Vec::new();
    let read = entry.take(HEADER_BYTES + 1).read_to_end(&mut bytes);
    read.map_err(|error| Refusal::of(&error))?;
    if bytes.len() as u64 > HEADER_BYTES {
        return Err(Refusal::TooLarge(
            "an extended header is too large".to_owned(),
        ));
    }
    Ok(bytes)
}
