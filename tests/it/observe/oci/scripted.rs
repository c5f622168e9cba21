//! Registries that page oddly, tell no digest, tell a wrong one, or send other bytes.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use lockstep::model::{Answer, Coverage, Digest, FailureKind, Observation};
use lockstep::observe::Ask;
use lockstep::observe::http::Limits;
use serde_json::json;

use super::channel;
use super::pusher::{IMAGE, INDEX};
use crate::observe::asking::{World, about, entry_of, failure, short, whole};
use crate::observe::loopback::{Heard, Loopback, Step, answer, head};

const JSON: (&str, &str) = ("content-type", "application/json");

/// A channel for the image `x` of a scripted registry.
pub(super) fn channel_at(server: &Loopback) -> Arc<dyn Ask> {
    let address = server.url("/x");
    channel(address.strip_prefix("http://").unwrap())
}

fn tags(tags: &[&str]) -> Vec<u8> {
    json!({"name": "x", "tags": tags}).to_string().into_bytes()
}

/// An index of one image for linux/amd64.
fn index(image: &str) -> Vec<u8> {
    let digest = Digest::of(image.as_bytes()).to_string();
    let platform = json!({"os": "linux", "architecture": "amd64"});
    let child = json!({"mediaType": IMAGE, "digest": digest, "size": 1, "platform": platform});
    let index = json!({"schemaVersion": 2, "manifests": [child]});
    index.to_string().into_bytes()
}

/// An answer to a HEAD: the head alone.
fn headers_only(headers: &[(&str, &str)]) -> Vec<Step> {
    vec![Step::Send(head("200 OK", headers))]
}

fn not_found() -> Vec<Step> {
    answer("404 Not Found", &[JSON], b"{}")
}

/// A registry with the tag 1.0, which answers questions about manifests so.
fn registry(manifests: impl Fn(&Heard, &str) -> Vec<Step> + Send + Sync + 'static) -> Loopback {
    Loopback::start(move |heard| {
        let path = heard.target.split('?').next().unwrap();
        match path.strip_prefix("/v2/x/manifests/") {
            Some(reference) => manifests(heard, reference),
            None if path == "/v2/x/tags/list" => answer("200 OK", &[JSON], &tags(&["1.0"])),
            None => not_found(),
        }
    })
}

fn look_up(server: &Loopback) -> Vec<Observation> {
    World::new(short()).ask_names(&channel_at(server), &["1.0"], &[])
}

fn broken(observation: &Observation) -> (FailureKind, String, usize) {
    match &observation.answer {
        Answer::Seen {
            facts: lockstep::model::Facts::Listing(listing),
            coverage: Coverage::Partial { why, .. },
            ..
        } => (why.kind, why.detail.clone(), listing.entries.len()),
        other => panic!("not partial: {other:?}"),
    }
}

/// Pages by `last`, one tag each, with what the script makes of the link.
fn paged(link: impl Fn(usize) -> Option<String> + Send + Sync + 'static) -> Loopback {
    Loopback::start(move |heard| {
        let page = heard
            .target
            .split_once("page=")
            .map_or("1", |(_, page)| page);
        let page: usize = page.parse().unwrap();
        let body = match page {
            // A short page, an empty one even, is not the end.
            2 => tags(&[]),
            _ => tags(&[&format!("1.0.{page}")]),
        };
        match link(page) {
            Some(link) => answer("200 OK", &[JSON, ("link", &link)], &body),
            None => answer("200 OK", &[JSON], &body),
        }
    })
}

fn list(server: &Loopback) -> Observation {
    World::new(short())
        .ask_many(vec![channel_at(server)])
        .remove(0)
        .remove(0)
}

#[test]
fn a_short_or_empty_page_is_not_the_end() {
    let server = paged(|page| {
        (page < 4).then(|| format!("</v2/x/tags/list?page={}>; rel=\"next\"", page + 1))
    });
    let seen = list(&server);
    let names: Vec<_> = whole(&seen).entries.keys().cloned().collect();
    assert_eq!(names, ["1.0.1", "1.0.3", "1.0.4"]);
}

/// THREATS row 19: a `Link` never takes a question elsewhere.
#[test]
fn a_link_to_another_host_is_not_followed_and_the_listing_is_not_whole() {
    let other = Arc::new(Loopback::start(|_| {
        answer("200 OK", &[JSON], &tags(&["9.9.9"]))
    }));
    for target in [
        other.url("/v2/x/tags/list?page=2"),
        "https://registry.example/x".into(),
    ] {
        let server = paged(move |_| Some(format!("<{target}>; rel=next")));
        let (kind, words, entries) = broken(&list(&server));
        assert_eq!((kind, entries), (FailureKind::Redirect, 1), "{words}");
    }
    assert!(other.heard().is_empty());
}

/// THREATS row 11.
#[test]
fn pages_that_never_end_or_lead_back_are_not_whole() {
    let back = paged(|page| Some(format!("</v2/x/tags/list?page={}>; rel=next", page % 3 + 1)));
    let (kind, words, entries) = broken(&list(&back));
    assert_eq!((kind, entries), (FailureKind::Malformed, 2), "{words}");
    let unreadable = paged(|_| Some("x; rel=next".to_owned()));
    let (kind, _) = failure(&list(&unreadable)).unwrap();
    assert_eq!(kind, FailureKind::Malformed);
}

/// THREATS row 11; the cap on tags is tested beside it.
#[test]
fn pages_without_end_are_cut_off_and_said_so() {
    let endless = paged(|page| Some(format!("</v2/x/tags/list?page={}>; rel=next", page + 1)));
    let limits = Limits {
        total: Duration::from_millis(100),
        ..short()
    };
    let begun = Instant::now();
    let seen = World::new(limits)
        .ask_many(vec![channel_at(&endless)])
        .remove(0);
    let (kind, words, _) = broken(&seen[0]);
    assert_eq!(kind, FailureKind::Timeout, "{words}");
    assert!(begun.elapsed() < Duration::from_secs(5));
}

#[test]
fn a_listing_that_breaks_off_proves_presence_and_never_absence() {
    let server = Loopback::start(|heard| match heard.target.contains("page=2") {
        true => answer("503 Service Unavailable", &[], b""),
        false => {
            let link = ("link", "</v2/x/tags/list?page=2>; rel=next");
            answer("200 OK", &[JSON, link], &tags(&["1.0"]))
        }
    });
    let (kind, _, entries) = broken(&list(&server));
    assert_eq!((kind, entries), (FailureKind::ServerError, 1));
}

#[test]
fn names_that_are_no_tags_are_kept_apart_and_made_visible() {
    let server =
        Loopback::start(|_| answer("200 OK", &[JSON], &tags(&["1.0", "a\u{1b}[2Jb", "x/y", ""])));
    let seen = list(&server);
    let listing = whole(&seen);
    assert_eq!(listing.entries.len(), 1);
    // THREATS row 28.
    let unnamed: Vec<_> = listing.unnamed.iter().map(String::as_str).collect();
    assert_eq!(unnamed, ["", "a\\u{1b}[2Jb", "x/y"]);
}

#[test]
fn a_registry_that_tells_no_digest_is_asked_for_the_bytes_once() {
    for refuses_head in [false, true] {
        let server = registry(move |heard, _| match heard.method.as_str() {
            "HEAD" if refuses_head => answer("405 Method Not Allowed", &[], b""),
            "HEAD" => headers_only(&[("content-type", INDEX)]),
            _ => answer("200 OK", &[("content-type", INDEX)], &index("a")),
        });
        let seen = look_up(&server);
        let entry = entry_of(&seen, "1.0");
        assert_eq!(entry.digest, Some(Digest::of(&index("a"))));
        assert_eq!(entry.platforms["linux/amd64"], Digest::of(b"a"));
        let methods: Vec<_> = server.heard().into_iter().map(|it| it.method).collect();
        assert_eq!(methods, ["GET", "HEAD", "GET"]);
    }
}

/// THREATS row 6: what a registry says of its digests is compared with the bytes.
#[test]
fn a_digest_that_is_not_that_of_the_bytes_is_refused() {
    let told = Digest::of(b"another image").to_string();
    let by_tag = {
        let told = told.clone();
        registry(move |heard, _| match heard.method.as_str() {
            "HEAD" => headers_only(&[("content-type", INDEX)]),
            _ => {
                let headers = [("content-type", INDEX), ("docker-content-digest", &told)];
                answer("200 OK", &headers, &index("a"))
            }
        })
    };
    let by_digest = registry(move |heard, _| {
        let headers = [("content-type", INDEX), ("docker-content-digest", &*told)];
        match heard.method.as_str() {
            "HEAD" => headers_only(&headers),
            _ => answer("200 OK", &headers, &index("a")),
        }
    });
    for server in [by_tag, by_digest] {
        let seen = look_up(&server);
        let (kind, words) = failure(about(&seen, "1.0")).unwrap();
        assert_eq!(kind, FailureKind::Malformed, "{words}");
        assert!(
            words.contains("digest") || words.contains("content of"),
            "{words}"
        );
    }
}

/// THREATS rows 6 and 27: a tag is resolved once, and everything else goes by its digest.
#[test]
fn a_registry_that_tells_another_digest_each_time_is_asked_once() {
    let count = Arc::new(AtomicUsize::new(0));
    let server = registry(move |heard, reference| {
        if heard.method == "HEAD" {
            let turn = count.fetch_add(1, Ordering::SeqCst);
            let digest = Digest::of(&index(&turn.to_string())).to_string();
            return headers_only(&[("content-type", INDEX), ("docker-content-digest", &digest)]);
        }
        let all = (0..10).map(|turn| index(&turn.to_string()));
        let mut mine = all.filter(|it| Digest::of(it).to_string() == reference);
        answer("200 OK", &[("content-type", INDEX)], &mine.next().unwrap())
    });
    let seen = look_up(&server);
    assert_eq!(entry_of(&seen, "1.0").digest, Some(Digest::of(&index("0"))));
    let asked: Vec<_> = server.heard().into_iter().map(|it| it.target).collect();
    let by_tag = asked
        .iter()
        .filter(|it| it.ends_with("/manifests/1.0"))
        .count();
    assert_eq!(by_tag, 1, "{asked:?}");
}

#[test]
fn digests_other_than_sha256_are_refused_in_words() {
    let sha512 = format!("sha512:{}", "1".repeat(128));
    for (digest, expected) in [
        (sha512.as_str(), FailureKind::Unsupported),
        ("sha256:12", FailureKind::Malformed),
        ("", FailureKind::Malformed),
    ] {
        let digest = digest.to_owned();
        let server = registry(move |_, _| {
            headers_only(&[("content-type", INDEX), ("docker-content-digest", &digest)])
        });
        let (kind, words) = failure(about(&look_up(&server), "1.0")).unwrap();
        assert_eq!(kind, expected, "{words}");
    }
}

/// A pull limit that is used up hides the platforms; the digest is known all the same.
#[test]
fn a_digest_counts_where_its_platforms_cannot_be_read() {
    let server = registry(|heard, _| match heard.method.as_str() {
        "HEAD" => {
            let digest = Digest::of(&index("a")).to_string();
            headers_only(&[("content-type", INDEX), ("docker-content-digest", &digest)])
        }
        _ => answer("429 Too Many Requests", &[("retry-after", "600")], b""),
    });
    let seen = look_up(&server);
    let (kind, _) = failure(about(&seen, "1.0")).unwrap();
    assert_eq!(kind, FailureKind::RateLimited);
    let entry = entry_of(&seen, "1.0");
    assert_eq!(entry.digest, Some(Digest::of(&index("a"))));
    assert!(entry.platforms.is_empty());
}

/// Two answers of one round that contradict each other are for the rules; a manifest that is not
/// there is absent only where the listing was read.
#[test]
fn an_absence_is_not_earned_without_the_listing() {
    let server = Loopback::start(|heard| match heard.target.contains("/tags/list") {
        true => answer("500 Internal Server Error", &[], b""),
        false => not_found(),
    });
    let seen = look_up(&server);
    assert_eq!(
        failure(about(&seen, "1.0")).unwrap().0,
        FailureKind::NotFound
    );
}

/// THREATS row 11: a question about more tags than fit one round is not half answered.
#[test]
fn names_beyond_the_cap_are_unknown_and_not_asked() {
    let server = registry(|_, _| {
        let digest = Digest::of(b"x").to_string();
        headers_only(&[("content-type", INDEX), ("docker-content-digest", &digest)])
    });
    let names: Vec<String> = (0..1_003).map(|number| format!("1.0.{number}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let world = World::new(Limits::default());
    let seen = world.ask_names(&channel_at(&server), &[], &names);
    assert_eq!(seen.len(), 1 + names.len());
    let failed = seen.iter().filter_map(failure);
    let kinds: Vec<_> = failed.map(|(kind, _)| kind).collect();
    assert_eq!(kinds, [FailureKind::TooLarge; 3]);
    assert_eq!(server.heard().len(), 1_001);
    assert!(server.most_at_once() <= 6, "{}", server.most_at_once());
}
