//! A certificate that says two things of its holder is refused, whichever of them is expected
//! (THREATS row 2).

use lockstep::verify::Fault;

use super::attack::{parsed, refused_for, verified};
use super::sound::{COMMIT, TIME, about_artifact, claims};
use crate::authority::{Authority, Claims, Options};

fn stranger() -> Claims {
    Claims::github("evil/api", "refs/heads/main", COMMIT)
}

#[track_caller]
fn refused(claims: &Claims, says: &str) {
    let authority = Authority::new("holder");
    let bundle = parsed(&authority.sign(&about_artifact(), claims, &Options::at(TIME)));
    refused_for(
        &bundle,
        &authority.domain("authority"),
        Fault::Certificate,
        says,
    );
}

#[test]
fn row_2_a_certificate_that_names_two_holders_is_refused() {
    for (first, second) in [
        (claims(), stranger().identity),
        (stranger(), claims().identity),
        (claims(), "eve@evil.example".to_owned()),
        (claims(), claims().identity),
    ] {
        let two = Claims {
            further_names: vec![second],
            ..first
        };
        refused(&two, "names 2 holders");
    }
}

#[test]
fn row_2_a_certificate_whose_two_issuers_differ_is_refused() {
    let two = Claims {
        older_issuer: Some("https://accounts.evil.example".to_owned()),
        ..claims()
    };
    refused(&two, "two different issuers");
    let authority = Authority::new("holder");
    let one = Claims {
        older_issuer: Some(claims().issuer),
        ..claims()
    };
    let bundle = parsed(&authority.sign(&about_artifact(), &one, &Options::at(TIME)));
    verified(&bundle, &authority.domain("authority")).unwrap();
}

#[test]
fn row_2_a_claim_that_stands_twice_is_refused() {
    for (arc, value) in [
        (12, "https://github.com/acme/api"),
        (15, "1000"),
        (8, "https://token.actions.githubusercontent.com"),
    ] {
        let twice = Claims {
            again: vec![(arc, value.to_owned())],
            ..stranger()
        };
        refused(&twice, "stands twice");
    }
}
