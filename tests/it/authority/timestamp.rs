//! The timestamp authority: RFC 3161 answers in CMS (RFC 5652).

use super::certificate::{Certified, ecdsa_with_sha256};
use super::der::{context, generalized_time, integer, octets, oid, sequence, set};
use super::sha256;

/// A `TimeStampResp` over a signature.
pub(crate) fn stamp(
    authority: &Certified,
    issuer_name: &[u8],
    signature: &[u8],
    at: i64,
) -> Vec<u8> {
    let hash_algorithm = sequence(&[oid("2.16.840.1.101.3.4.2.1")]);
    let info_type = oid("1.2.840.113549.1.9.16.1.4");
    let imprint = sequence(&[hash_algorithm.clone(), octets(&sha256(signature))]);
    let info = sequence(&[
        integer(&[1]),
        oid("1.3.6.1.4.1.57264.2"),
        imprint,
        integer(&sha256(&[signature, &at.to_be_bytes()].concat())[..8]),
        generalized_time(at),
    ]);
    let attribute = |kind: &str, value: Vec<u8>| sequence(&[oid(kind), set(vec![value])]);
    let attributes = set(vec![
        attribute("1.2.840.113549.1.9.3", info_type.clone()),
        attribute("1.2.840.113549.1.9.4", octets(&sha256(&info))),
    ]);
    let mut implicit = attributes.clone();
    implicit[0] = 0xa0;
    let signer = sequence(&[
        integer(&[1]),
        sequence(&[issuer_name.to_vec(), authority.serial.clone()]),
        hash_algorithm.clone(),
        implicit,
        ecdsa_with_sha256(),
        octets(&authority.key.sign(&attributes)),
    ]);
    let signed_data = sequence(&[
        integer(&[3]),
        set(vec![hash_algorithm]),
        sequence(&[info_type, context(0, &octets(&info))]),
        set(vec![signer]),
    ]);
    let token = sequence(&[oid("1.2.840.113549.1.7.2"), context(0, &signed_data)]);
    sequence(&[sequence(&[integer(&[0])]), token])
}
