//! The keys of a document that are not read, none of which may pass for one that is.
//!
//! Go's decoder (`encoding/json`), and with it Docker, containerd and every registry, reads a key in
//! any case and with the letters that fold to its own, the last one counting. Whoever reads exact
//! keys alone would see another image than they do.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, Visitor};

/// Every key that is read of an index, a manifest, their children and an image's configuration.
const READ: &[&str] = &[
    "schemaVersion",
    "mediaType",
    "manifests",
    "config",
    "layers",
    "digest",
    "platform",
    "annotations",
    "os",
    "architecture",
    "variant",
    "os.version",
];

/// Keys that nobody takes for one that is read.
pub(super) struct OtherKeys;

impl<'de> Deserialize<'de> for OtherKeys {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Keys)
    }
}

struct Keys;

impl<'de> Visitor<'de> for Keys {
    type Value = OtherKeys;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a table")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<OtherKeys, A::Error> {
        while let Some((key, IgnoredAny)) = map.next_entry::<String, IgnoredAny>()? {
            if passes_for_another(&key) {
                return Err(A::Error::custom("a key that passes for another"));
            }
        }
        Ok(OtherKeys)
    }
}

fn passes_for_another(key: &str) -> bool {
    let fold = |text: &str| {
        // Beside ASCII only these two fold to a letter of it.
        let plain = text.replace('\u{17f}', "s").replace('\u{212a}', "k");
        plain.to_ascii_lowercase()
    };
    let folded = fold(key);
    let mut read = READ.iter();
    read.any(|known| *known != key && fold(known) == folded)
}
