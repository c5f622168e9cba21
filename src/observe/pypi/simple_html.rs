//! The Simple API in HTML (PEP 503, 592, 629, 792), as every index has it.

use html5gum::{StartTag, Token, Tokenizer};
use url::Url;

use super::simple_json::check_version;
use super::{SimpleFile, SimplePage, version_of_file};
use crate::model::{Digest, Failure};
use crate::observe::http::percent_decoded;
use crate::observe::malformed;

/// Reads a project page in HTML that came from `url`.
///
/// A page is one where it says so (PEP 629) or links at least one distribution of `project`: a login
/// page is none. Without an end tag of its body or document it counts as cut off.
///
/// # Errors
/// A [`Failure`] of the kind `malformed` where it is none, is of another major version, or has a
/// hash that is none.
pub fn parse_simple_html(bytes: &[u8], url: &Url, project: &str) -> Result<SimplePage, Failure> {
    let mut page = SimplePage::default();
    let mut base = url.clone();
    let mut says_so = false;
    for token in Tokenizer::new(bytes) {
        let Ok(token) = token;
        match token {
            Token::StartTag(tag) => match tag.name.as_slice() {
                b"a" => page.files.extend(link(&tag, &base)?),
                b"base" => {
                    if let Some(href) = attribute(&tag, "href")
                        && let Ok(stated) = url.join(href.trim())
                    {
                        base = stated;
                    }
                }
                b"meta" => says_so |= meta(&tag, &mut page)?,
                _ => {}
            },
            Token::EndTag(tag) => {
                page.whole |= matches!(tag.name.as_slice(), b"body" | b"html");
            }
            Token::Comment(comment) => {
                let text = String::from_utf8_lossy(&comment);
                let serial = text.trim().strip_prefix("SERIAL ");
                page.serial = page
                    .serial
                    .or(serial.and_then(|number| number.parse().ok()));
            }
            _ => {}
        }
    }
    let is_ours = |file: &SimpleFile| version_of_file(project, &file.filename).is_some();
    if !says_so && !page.files.iter().any(is_ours) {
        return Err(malformed("an HTML page that is no page of a Simple API"));
    }
    Ok(page)
}

/// The file behind a link; nothing where it leads to no file (`../`, a signature, metadata).
fn link(tag: &StartTag<()>, base: &Url) -> Result<Option<SimpleFile>, Failure> {
    let Some(target) = attribute(tag, "href").and_then(|href| base.join(href.trim()).ok()) else {
        return Ok(None);
    };
    let name = target
        .path_segments()
        .and_then(|mut parts| parts.next_back());
    let filename = percent_decoded(name.unwrap_or_default().as_bytes());
    let beside = [".asc", ".sig", ".metadata", ".provenance"];
    if filename.is_empty() || beside.iter().any(|end| filename.ends_with(end)) {
        return Ok(None);
    }
    let mut sha256 = None;
    for part in target.fragment().unwrap_or_default().split('&') {
        if let Some(hex) = part.strip_prefix("sha256=") {
            sha256 = Some(Digest::from_hex(hex).map_err(|error| malformed(error.to_string()))?);
        }
    }
    Ok(Some(SimpleFile {
        filename,
        sha256,
        yanked: attribute(tag, "data-yanked").is_some(),
        ..SimpleFile::default()
    }))
}

/// Reads a `<meta>` of the Simple API; true where it states the API's version.
fn meta(tag: &StartTag<()>, page: &mut SimplePage) -> Result<bool, Failure> {
    let content = attribute(tag, "content").unwrap_or_default();
    match attribute(tag, "name").as_deref() {
        Some("pypi:repository-version") => check_version(content.trim()).map(|()| true),
        Some("pypi:project-status") => {
            page.status = Some(content.trim().to_owned());
            Ok(false)
        }
        _ => Ok(false),
    }
}

fn attribute(tag: &StartTag<()>, name: &str) -> Option<String> {
    let value = tag.attributes.get(name.as_bytes())?;
    Some(String::from_utf8_lossy(value).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(html: &str) -> Result<SimplePage, Failure> {
        let url = Url::parse("https://index.example/simple/x/").unwrap();
        parse_simple_html(html.as_bytes(), &url, "x")
    }

    #[test]
    fn links_hashes_yanks_entities_and_status_are_read() {
        let digest = Digest::of(b"x");
        let page = read(&format!(
            "<!DOCTYPE html><html><head><meta name='pypi:repository-version' content='1.3'>\
             <meta name=pypi:project-status content=archived><base href='/files/'></head><body>\
             <A HREF='x-1.0%2Blocal.zip?a=1&amp;b#sha256={}' data-yanked>x</A><a href='../'>up</a>\
             <a href='x-1.0.zip.asc'>s</a></body></html><!--SERIAL 12-->",
            digest.hex()
        ))
        .unwrap();
        assert_eq!(page.files.len(), 1);
        assert_eq!(page.files[0].filename, "x-1.0+local.zip");
        assert_eq!(page.files[0].sha256, Some(digest));
        assert!(page.files[0].yanked && page.whole);
        assert_eq!(page.status.as_deref(), Some("archived"));
        assert_eq!(page.serial, Some(12));
    }

    #[test]
    fn a_page_without_its_end_is_not_whole() {
        let html = "<html><body><a href='x-1.0.zip'>x</a><a href='x-2.0.zip'>x</a></body></html>";
        assert!(read(html).unwrap().whole);
        let end = html.find("</body").unwrap() + 4;
        assert!(!read(&html[..end]).unwrap().whole);
    }

    #[test]
    fn a_login_page_or_another_version_is_no_page() {
        assert!(read("<html><body><a href='/login'>Log in</a></body></html>").is_err());
        assert!(read("<html><body></body></html>").is_err());
        let two = "<meta name='pypi:repository-version' content='2.0'><a href='x-1.0.zip'></a>";
        assert!(read(two).is_err());
        assert!(read("<a href='x-1.0.zip#sha256=beef'></a></html>").is_err());
    }
}
