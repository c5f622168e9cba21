//! Tags of a server over smart HTTP: two requests for all of them, whatever the forge.

use url::Url;

use super::advertisement::{Advertisement, parse_advertisement};
use super::{listing, pkt_line, references};
use crate::model::{Coverage, Failure, FailureKind, Listing, Observation, RedactedUrl, visible};
use crate::observe::Asking;
use crate::observe::github;
use crate::observe::http::{Credential, Reply, Request, Unanswered};
use crate::observe::malformed;

const ADVERTISEMENT: &str = "application/x-git-upload-pack-advertisement";
const RESULT: &str = "application/x-git-upload-pack-result";
const REQUEST: &str = "application/x-git-upload-pack-request";

/// The tags of a repository, and as whom they were read.
pub(in crate::observe) struct Tags {
    /// The tags with their commits.
    pub(in crate::observe) listing: Listing,
    /// The answer that lists them.
    pub(in crate::observe) reply: Reply,
    /// Label of the credential.
    pub(in crate::observe) label: String,
}

/// Why there are no tags.
pub(in crate::observe) struct NoTags {
    /// The reason.
    pub(in crate::observe) unanswered: Box<Unanswered>,
    /// What was asked.
    pub(in crate::observe) endpoint: RedactedUrl,
    /// Label of the credential.
    pub(in crate::observe) label: String,
}

pub(super) async fn ask(source: &Url, asking: &Asking<'_>) -> Vec<Observation> {
    match tags(source, asking).await {
        Ok(tags) => {
            asking.observe_listing(&tags.reply, &tags.label, tags.listing, Coverage::Complete)
        }
        Err(none) => asking.observe_failure(&none.label, none.endpoint, *none.unanswered),
    }
}

/// Reads the tags of a repository.
pub(in crate::observe) async fn tags(source: &Url, asking: &Asking<'_>) -> Result<Tags, NoTags> {
    let mut base = source.clone();
    let mut credential = Credential::taken_from(&mut base, "source URL", asking.client.netrc());
    if credential == Credential::anonymous()
        && let Some(token) = github::for_git(&base, asking.client.environment())
    {
        credential = token;
    }
    let label = credential.label().to_owned();
    let question = service(&base, "info/refs", Some("service=git-upload-pack"));
    match read(asking, &base, question.clone(), credential).await {
        Ok((reply, listing)) => Ok(Tags {
            listing,
            reply,
            label,
        }),
        Err(unanswered) => Err(NoTags {
            unanswered,
            endpoint: RedactedUrl::of(&question),
            label,
        }),
    }
}

async fn read(
    asking: &Asking<'_>,
    base: &Url,
    question: Url,
    credential: Credential,
) -> Result<(Reply, Listing), Box<Unanswered>> {
    let request = Request::get(question, ADVERTISEMENT)
        .header("git-protocol", "version=2")
        .credential(credential.clone());
    let reply = asking.client.send(&request).await.map_err(Box::new)?;
    check_type(&reply, ADVERTISEMENT)?;
    let object_format = match parse_advertisement(&reply.body).map_err(unreadable)? {
        Advertisement::Tags(tags) => return Ok((reply, listing(tags))),
        Advertisement::Version2 { object_format } => object_format,
    };
    // A repository that has moved is asked where it is now, as git does.
    let (base, credential) = moved(base, &reply.url, credential)?;
    let mut command = pkt_line::data("command=ls-refs\n");
    let agent = concat!("agent=lockstep/", env!("CARGO_PKG_VERSION"), "\n");
    command.extend(pkt_line::data(agent));
    command.extend(pkt_line::data(&format!("object-format={object_format}\n")));
    command.extend(b"0001");
    command.extend(pkt_line::data("peel\n"));
    command.extend(pkt_line::data("ref-prefix refs/tags/\n"));
    command.extend(b"0000");
    let request =
        Request::idempotent_post(service(&base, "git-upload-pack", None), RESULT, command)
            .header("content-type", REQUEST)
            .header("git-protocol", "version=2")
            .credential(credential);
    let reply = asking.client.send(&request).await.map_err(Box::new)?;
    check_type(&reply, RESULT)?;
    let tags = references::parse_ls_refs(&reply.body).map_err(unreadable)?;
    Ok((reply, listing(tags)))
}

fn service(base: &Url, name: &str, query: Option<&str>) -> Url {
    let mut url = base.clone();
    let path = format!("{}/{name}", base.path().trim_end_matches('/'));
    url.set_path(&path);
    url.set_query(query);
    url.set_fragment(None);
    url
}

/// Where the repository is after redirects, and as whom it is asked there: a credential does not
/// follow to another origin (THREATS row 19).
fn moved(
    base: &Url,
    answered: &Url,
    credential: Credential,
) -> Result<(Url, Credential), Box<Unanswered>> {
    let asked = service(base, "info/refs", Some("service=git-upload-pack"));
    if *answered == asked {
        return Ok((base.clone(), credential));
    }
    let Some(path) = answered.path().strip_suffix("/info/refs") else {
        return Err(unreadable(Failure {
            kind: FailureKind::Redirect,
            detail: "a redirect to something that is no git repository".to_owned(),
        }));
    };
    let mut new = answered.clone();
    new.set_path(path);
    let credential = match new.origin() == base.origin() {
        true => credential,
        false => Credential::anonymous(),
    };
    Ok((new, credential))
}

fn check_type(reply: &Reply, wanted: &str) -> Result<(), Box<Unanswered>> {
    let found = reply.media_type();
    if found == wanted {
        return Ok(());
    }
    let failure = match found.as_str() {
        "text/plain" | "application/octet-stream" => Failure {
            kind: FailureKind::Unsupported,
            detail: "this server has git's dumb HTTP protocol only; smart HTTP is needed"
                .to_owned(),
        },
        _ => malformed(format!(
            "the answer is `{}`, not {wanted}: no git repository is served there",
            visible(&found, 60)
        )),
    };
    Err(unreadable(failure))
}

fn unreadable(failure: Failure) -> Box<Unanswered> {
    Box::new(Unanswered::of(failure))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    #[test]
    fn questions_stand_below_the_repository() {
        let asked = service(
            &url("https://h/a/b/?x=1#y"),
            "info/refs",
            Some("service=git-upload-pack"),
        );
        assert_eq!(
            asked.as_str(),
            "https://h/a/b/info/refs?service=git-upload-pack"
        );
    }

    /// THREATS row 19.
    #[test]
    fn a_moved_repository_takes_the_credential_only_within_its_origin() {
        let base = url("https://h/a/old");
        let token = Credential::bearer("TOKEN", "secret".into());
        let (new, as_whom) = moved(
            &base,
            &url("https://h/a/new/info/refs?service=git-upload-pack"),
            token.clone(),
        )
        .unwrap();
        assert_eq!(
            (service(&new, "x", None).as_str(), as_whom.label()),
            ("https://h/a/new/x", "TOKEN")
        );
        let (_, as_whom) = moved(&base, &url("https://other/a/info/refs"), token.clone()).unwrap();
        assert_eq!(as_whom.label(), "anonymous");
        assert!(moved(&base, &url("https://h/login"), token).is_err());
    }
}
