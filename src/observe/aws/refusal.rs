//! What AWS says when it refuses, in words that tell what to do.

use serde::Deserialize;

use crate::model::FailureKind;
use crate::observe::http::Unanswered;

/// The code of an error: from the header `x-amzn-errortype` (Lambda, ECR), else from the body, JSON
/// or XML. Only a plain word counts: bodies repeat what was sent, secrets included.
pub(super) fn code(unanswered: &Unanswered) -> Option<String> {
    let header = unanswered.headers.get("x-amzn-errortype");
    let header = header.and_then(|value| value.to_str().ok());
    let found = match header {
        Some(text) => text.to_owned(),
        None => of_body(unanswered.refusal.bytes())?,
    };
    // `aws.protocol#Name:http://…` (AWS JSON and REST-JSON protocols, "Operation error
    // serialization").
    let word = found.split(':').next()?.rsplit('#').next()?.trim();
    let plain = !word.is_empty()
        && word.len() <= 64
        && word.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'.');
    plain.then(|| word.to_owned())
}

fn of_body(body: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct Json {
        #[serde(rename = "__type", alias = "code", alias = "Code")]
        code: String,
    }
    if body.first() == Some(&b'{') {
        return Some(serde_json::from_slice::<Json>(body).ok()?.code);
    }
    let text = std::str::from_utf8(body).ok()?;
    let document = roxmltree::Document::parse(text).ok()?;
    let code = document
        .descendants()
        .find(|node| node.has_tag_name("Code"));
    // STS has its elements in a namespace.
    let code = code.or_else(|| {
        let mut nodes = document.descendants();
        nodes.find(|node| node.tag_name().name() == "Code")
    });
    Some(code?.text()?.to_owned())
}

/// The refusal with the kind and the words that its code deserves. `action` is the permission that
/// the question needs, such as `s3:ListBucket`.
pub(super) fn explained(mut unanswered: Unanswered, action: &str, region: &str) -> Box<Unanswered> {
    let Some(status) = unanswered.status else {
        return Box::new(unanswered);
    };
    if let Some(other) = other_region(&unanswered, region) {
        unanswered.failure.kind = FailureKind::Redirect;
        unanswered.failure.detail =
            format!("the bucket is in region `{other}`: write that as `region` in the policy");
        return Box::new(unanswered);
    }
    if matches!(status, 301 | 302 | 303 | 307 | 308) {
        unanswered.failure.kind = FailureKind::Redirect;
        unanswered.failure.detail =
            format!("status {status}: AWS sends the question elsewhere, where it is not repeated");
        return Box::new(unanswered);
    }
    let Some(code) = code(&unanswered) else {
        if status == 403 {
            unanswered.failure.detail =
                format!("status 403: this credential may not do {action}, or was not accepted");
        }
        return Box::new(unanswered);
    };
    let (kind, words) = match code.as_str() {
        "AccessDenied" | "AccessDeniedException" | "UnauthorizedOperation" => (
            FailureKind::Forbidden,
            format!("this credential may not do {action}"),
        ),
        "ExpiredToken" | "ExpiredTokenException" | "TokenRefreshRequired" => (
            FailureKind::Unauthorized,
            "the session has ended: sign in again".to_owned(),
        ),
        "RequestTimeTooSkewed" | "RequestExpired" => (
            FailureKind::Unauthorized,
            "the clocks of this machine and of AWS differ by minutes: set this one".to_owned(),
        ),
        "InvalidAccessKeyId"
        | "InvalidClientTokenId"
        | "InvalidToken"
        | "InvalidIdentityToken"
        | "UnrecognizedClientException"
        | "SignatureDoesNotMatch"
        | "InvalidSignatureException"
        | "IncompleteSignature"
        | "IncompleteSignatureException"
        | "MissingAuthenticationToken"
        | "MissingAuthenticationTokenException"
        | "AuthFailure" => (
            FailureKind::Unauthorized,
            "AWS does not accept this credential".to_owned(),
        ),
        "SlowDown"
        | "Throttling"
        | "ThrottlingException"
        | "TooManyRequestsException"
        | "RequestLimitExceeded"
        | "LimitExceededException" => (FailureKind::RateLimited, "too many requests".to_owned()),
        "NoSuchBucket"
        | "ResourceNotFoundException"
        | "RepositoryNotFoundException"
        | "NotFoundException"
        | "NoSuchKey" => (
            FailureKind::NotFound,
            "it does not exist there, or not in this account and region".to_owned(),
        ),
        _ => (unanswered.failure.kind, unanswered.failure.detail.clone()),
    };
    unanswered.failure.kind = kind;
    unanswered.failure.detail = match words.starts_with("status ") {
        true => format!("{words}, {code}"),
        false => format!("status {status}, {code}: {words}"),
    };
    Box::new(unanswered)
}

/// The region in which S3 says that the bucket is, where that is another (Amazon S3 user guide,
/// "Making requests", section on redirects).
fn other_region(unanswered: &Unanswered, region: &str) -> Option<String> {
    let found = unanswered
        .headers
        .get("x-amz-bucket-region")?
        .to_str()
        .ok()?;
    let plain = found.len() <= 32
        && found
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    let refused = matches!(unanswered.status, Some(301 | 307 | 400));
    (plain && refused && found != region).then(|| found.to_owned())
}
