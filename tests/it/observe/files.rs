//! `files` in real folders, with archives that Python's own `zipfile` and `tarfile` write, and lists
//! of checksums that the real `sha256sum` writes.

use std::path::Path;
use std::process::Command;

use lockstep::model::{Digest, FailureKind, Observation};
use lockstep::observe::http::Limits;

use super::asking::{World, about, configure, entry, failure, short, wanted, whole};
use super::loopback::{Loopback, answer};

/// Runs Python with these arguments; `.ci/run` needs it anyway.
fn python(folder: &Path, script: &str) {
    let output = Command::new("python3")
        .args(["-c", script])
        .current_dir(folder)
        .output()
        .unwrap();
    let words = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{words}");
}

/// `wheel`, `sdist` and `npm`, each with a file name and the version inside.
const BUILD: &str = r#"
import io, json, tarfile, zipfile
def wheel(file, version, name='x', more=()):
    with zipfile.ZipFile(file, 'w', zipfile.ZIP_DEFLATED) as z:
        z.writestr(f'{name}/__init__.py', '')
        z.writestr(f'{name}-1.dist-info/METADATA', f'Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n\nVersion: 9\n')
        for path, text in more: z.writestr(path, text)
def tar(file, files, format=tarfile.PAX_FORMAT):
    with tarfile.open(file, 'w:gz', format=format) as t:
        for path, text in files:
            info = tarfile.TarInfo(path); info.size = len(text); info.mtime = 1.5
            t.addfile(info, io.BytesIO(text.encode()))
def sdist(file, version, format=tarfile.PAX_FORMAT):
    stem = file.removesuffix('.tar.gz')
    egg = f'{stem}/x.egg-info/PKG-INFO'
    tar(file, [(f'{stem}/' + 'd' * 90 + '/' + 'e' * 90 + '.py', ''), (egg, 'Version: 8\n'),
        (f'{stem}/PKG-INFO', f'Name: x\nVersion: {version}\n\n')], format)
def npm(file, version):
    tar(file, [('package/package.json', json.dumps({'name': 'x', 'version': version}))])
"#;

fn folder(script: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    python(folder.path(), &format!("{BUILD}\n{script}"));
    folder
}

fn ask(folder: &Path, names: Option<&str>) -> Vec<Observation> {
    let mut keys = vec![("path", folder.to_str().unwrap())];
    keys.extend(names.map(|names| ("names", names)));
    World::new(Limits::default()).ask("files", None, &keys)
}

#[test]
fn every_file_has_its_release_its_hash_and_its_size() {
    let folder = folder(
        "wheel('x-1.0-py3-none-any.whl', '1.0'); sdist('x-1.0.tar.gz', '1.0'); npm('x-1.1.0.tgz', '1.1.0')\n\
         open('x-1.0.zip.txt', 'w').write('no artifact'); open('.gitignore', 'w').write('*')",
    );
    let observations = ask(folder.path(), None);
    assert_eq!(observations.len(), 1, "{observations:?}");
    let listing = whole(&observations[0]);
    assert_eq!(listing.entries.keys().collect::<Vec<_>>(), ["1.0", "1.1.0"]);
    let one = &listing.entries["1.0"];
    assert_eq!((one.files.len(), &one.version), (2, &None));
    let bytes = std::fs::read(folder.path().join("x-1.0.tar.gz")).unwrap();
    let file = &one.files["x-1.0.tar.gz"];
    assert_eq!(file.digest, Some(Digest::of(&bytes)));
    assert_eq!(file.size, Some(bytes.len() as u64));
    assert!(listing.unnamed.contains("x-1.0.zip.txt"));
    assert!(!format!("{listing:?}").contains("gitignore"));
}

#[test]
fn a_version_inside_that_is_not_the_names_is_stated() {
    for (script, name) in [
        ("wheel('x-1.0-py3-none-any.whl', '1.0.1')", "1.0"),
        ("sdist('x-1.0.tar.gz', '1.0.1')", "1.0"),
        ("sdist('x-1.0.tar.gz', '1.0.1', tarfile.GNU_FORMAT)", "1.0"),
        (
            "sdist('x-1.0.tar.gz', '1.0.1', tarfile.USTAR_FORMAT)",
            "1.0",
        ),
        ("npm('x-1.0.0.tgz', '1.0.1')", "1.0.0"),
        (
            "wheel('x-1.0-py3-none-any.whl', '1.0'); sdist('x-1.0.tar.gz', '1.0.1')",
            "1.0",
        ),
    ] {
        let folder = folder(script);
        let observations = ask(folder.path(), None);
        let entry = &whole(&observations[0]).entries[name];
        assert_eq!(entry.version.as_deref(), Some("1.0.1"), "{script}");
    }
    // Another spelling is no other version.
    let folder = folder("wheel('x-1.0-py3-none-any.whl', '1.0.0')");
    assert_eq!(
        whole(&ask(folder.path(), None)[0]).entries["1.0"].version,
        None
    );
}

#[test]
fn an_archive_in_which_two_readers_could_see_two_things_is_a_failure() {
    let wheel = "x-1.0-py3-none-any.whl";
    for (script, words) in [
        (
            "wheel(W, '1.0', more=[('x/__init__.py', 'twice')])",
            "stands twice",
        ),
        (
            "wheel(W, '1.0', more=[('y-1.dist-info/METADATA', 'Version: 2')])",
            "stands in it twice",
        ),
        (
            "wheel(W, '1.0', more=[('../../etc/passwd', '')])",
            "leads out of it",
        ),
        ("wheel(W, '1.0', more=[('a/../b', '')])", "leads out of it"),
        (
            "zipfile.ZipFile(W, 'w').writestr('a', 'b')",
            "without METADATA",
        ),
        ("wheel(W, '1.0\\nVersion: 1.1')", "two versions"),
        ("open(W, 'w').write('no zip')", "broken zip"),
        (
            "wheel(W, '1.0'); b = open(W, 'rb').read(); open(W, 'wb').write(b[:-9])",
            "broken zip",
        ),
        (
            "wheel(W, '1.0', more=[('b-1.dist-info/RECORD', 'x')]); b = open(W, 'rb').read(); open(W, 'wb').write(b[:60] + b'\\0' * 200 + b[260:])",
            "",
        ),
        (
            "S = [('x-1.0/PKG-INFO', 'Version: 1.0\\n')]; tar(T, S + S)",
            "stands in it twice",
        ),
        ("tar(T, [('x-1.0/PKG-INFO', 'Name: x\\n')])", "no version"),
        (
            "tar(T, [('/x-1.0/PKG-INFO', 'Version: 1.0')])",
            "leads out of it",
        ),
        ("open(T, 'w').write('no gzip')", "broken archive"),
        (
            "sdist(T, '1.0'); b = open(T, 'rb').read(); open(T, 'wb').write(b[:-20])",
            "broken archive",
        ),
        ("tar(P, [('package/package.json', '{')])", "package.json"),
    ] {
        let names = format!("W = '{wheel}'; T = 'x-1.0.tar.gz'; P = 'x-1.0.0.tgz'");
        let script = format!("import warnings; warnings.simplefilter('ignore')\n{names}\n{script}");
        let folder = folder(&script);
        let observations = ask(folder.path(), None);
        assert_eq!(observations.len(), 2, "{script}: {observations:?}");
        // The hash of the file stands; what it is inside is not known.
        assert_eq!(whole(&observations[0]).entries.len(), 1);
        let (kind, said) = failure(&observations[1]).unwrap();
        assert_eq!(kind, FailureKind::Malformed, "{script}: {said}");
        assert!(said.contains(words), "{script}: {said}");
    }
}

/// What is odd and says one thing only is no fault.
#[test]
fn an_archive_of_old_tools_is_read() {
    for script in [
        "z = zipfile.ZipFile('x-1.0.zip', 'w'); z.writestr('win\\\\a.txt', ''); z.writestr('x-1.0/PKG-INFO', 'Version: 1.1\\n'); z.close()",
        "tar('x-1.0.tar.gz', [('./x-1.0/unit\\\\x2d.slice', ''), ('./x-1.0/PKG-INFO', 'Version: 1.1\\n')])",
    ] {
        let folder = folder(script);
        let observations = ask(folder.path(), None);
        assert_eq!(observations.len(), 1, "{observations:?}");
        assert_eq!(
            whole(&observations[0]).entries["1.0"].version.as_deref(),
            Some("1.1")
        );
    }
    // A `package.json` that `npm pack` did not write belongs to something else.
    let folder = folder("tar('x-1.0.0.tgz', [('x/package.json', '{\"version\":\"9.9.9\"}')])");
    assert_eq!(
        whole(&ask(folder.path(), None)[0]).entries["1.0.0"].version,
        None
    );
}

/// THREATS rows 11 and 12: what is read of an archive follows the caps, whatever it promises.
#[test]
fn a_bomb_stops_at_its_cap() {
    for (script, words) in [
        (
            "wheel('x-1.0-py3-none-any.whl', '1.0' + ' ' * (64 << 20))",
            "its metadata has more than",
        ),
        (
            "tar('x-1.0.tar.gz', [('x-1.0/PKG-INFO', 'Version: 1' + ' ' * (64 << 20))])",
            "its metadata has more than",
        ),
        (
            "z = zipfile.ZipFile('x-1.0-py3-none-any.whl', 'w')\nfor n in range(100_001): z.writestr(str(n), '')\nz.close()",
            "more than 100000 entries",
        ),
        (
            "t = tarfile.TarInfo('x' * (1 << 20)); o = tarfile.open('x-1.0.tar.gz', 'w:gz', format=tarfile.GNU_FORMAT); o.addfile(t); o.close()",
            "an extended header is too large",
        ),
    ] {
        let folder = folder(script);
        let observations = ask(folder.path(), None);
        let (kind, said) = failure(&observations[1]).unwrap();
        assert_eq!(kind, FailureKind::TooLarge, "{said}");
        assert!(said.contains(words), "{said}");
    }
}

#[cfg(unix)]
#[test]
fn links_are_followed_inside_the_folder_only() {
    use std::os::unix::fs::symlink;
    let outside = tempfile::tempdir().unwrap();
    std::fs::write(outside.path().join("secret"), "s3cr3t").unwrap();
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("1.0")).unwrap();
    std::fs::write(folder.path().join("1.0/a.bin"), "a").unwrap();
    symlink("a.bin", folder.path().join("1.0/b.bin")).unwrap();
    symlink("..", folder.path().join("1.0/loop")).unwrap();
    let observations = ask(folder.path(), None);
    let files = &whole(&observations[0]).entries["1.0"].files;
    assert_eq!(files.keys().collect::<Vec<_>>(), ["a.bin", "b.bin"]);
    assert_eq!(files["a.bin"], files["b.bin"]);
    for (target, words) in [
        (outside.path().join("secret"), "leads out of the folder"),
        (folder.path().join("nothing"), "cannot be read"),
    ] {
        let link = folder.path().join("1.0/c.bin");
        symlink(target, &link).unwrap();
        let (_, said) = failure(&ask(folder.path(), None)[0]).unwrap();
        assert!(said.contains(words) && !said.contains("s3cr3t"), "{said}");
        std::fs::remove_file(link).unwrap();
    }
    let made = Command::new("mkfifo")
        .arg(folder.path().join("1.0/pipe"))
        .status();
    assert!(made.unwrap().success());
    let (_, said) = failure(&ask(folder.path(), None)[0]).unwrap();
    assert!(said.contains("no regular file"), "{said}");
}

#[test]
fn no_folder_is_unknown_and_an_empty_one_has_no_release() {
    let folder = tempfile::tempdir().unwrap();
    assert!(whole(&ask(folder.path(), None)[0]).entries.is_empty());
    let (kind, _) = failure(&ask(&folder.path().join("none"), None)[0]).unwrap();
    assert_eq!(kind, FailureKind::NotFound);
}

#[test]
fn a_list_of_sha256sum_says_what_the_folder_says() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["x-1.0.zip.bin", "x-1.1.zip.bin", "other"] {
        std::fs::write(folder.path().join(name), name).unwrap();
    }
    let script = "sha256sum x-* other > SUMS && sha256sum --tag x-* other > TAGGED && sha256sum -b ./x-* other > BINARY";
    let made = Command::new("sh")
        .args(["-c", script])
        .current_dir(folder.path())
        .status();
    assert!(made.unwrap().success());
    let names = "x-{version}.zip.bin";
    let of_folder = ask(folder.path(), Some(names));
    let of_folder = whole(&of_folder[0]);
    for list in ["SUMS", "TAGGED", "BINARY"] {
        let path = folder.path().join(list);
        let keys = [("checksums", path.to_str().unwrap()), ("names", names)];
        let observations = World::new(short()).ask("files", None, &keys);
        let listing = whole(&observations[0]);
        assert_eq!(
            listing.entries.keys().collect::<Vec<_>>(),
            ["1.0", "1.1"],
            "{list}"
        );
        for (version, entry) in &listing.entries {
            for (name, file) in &entry.files {
                assert_eq!(file.digest, of_folder.entries[version].files[name].digest);
            }
        }
        assert!(listing.unnamed.contains("other"));
    }
}

#[test]
fn a_list_for_each_release_is_looked_up_by_version() {
    let hash = "a".repeat(64);
    let list = format!("{hash}  x-1.0.tar.gz\n{hash}  unrelated.txt\n");
    let server = Loopback::start(move |heard| match heard.target.as_str() {
        "/x/1.0/SHA256SUMS" => answer("200 OK", &[("content-type", "text/plain")], list.as_bytes()),
        "/x/2.0/SHA256SUMS" => answer("200 OK", &[("content-type", "text/html")], b"<p>404</p>\n"),
        "/x/3.0/SHA256SUMS" => answer("200 OK", &[], list.as_bytes()),
        _ => answer("404 Not Found", &[], b""),
    });
    let template = server.url("/{name}/{version}/SHA256SUMS");
    let names = ["1.0", "2.0", "3.0", "4.0", "../../etc", "a/b", "a?b"].map(|it| wanted(it, None));
    let ask = |keys: &[(&str, &str)]| World::new(short()).ask_for("files", None, keys, &names);
    let keys = [
        ("checksums", template.as_str()),
        ("names", "x-{version}.tar.gz"),
    ];
    let (listed, found) = ask(&keys);
    assert!(listed.is_empty());
    let files = &entry(&found[0]).files;
    assert_eq!(files.keys().collect::<Vec<_>>(), ["x-1.0.tar.gz"]);
    use FailureKind::{Malformed, NotFound};
    for (observation, kind, words) in [
        (&found[1], Malformed, "`text/html`, not a list"),
        (&found[2], Malformed, "no file in the list"),
        (&found[3], NotFound, ""),
        (&found[4], Malformed, "cannot stand in an address"),
        (&found[5], Malformed, "cannot stand in an address"),
        (&found[6], Malformed, "cannot stand in an address"),
    ] {
        let (found, said) = failure(observation).unwrap();
        assert_eq!(found, kind, "{said}");
        assert!(said.contains(words), "{said}");
    }
    assert_eq!(server.heard().len(), 4);
    // Without `names` everything in a release's own list is the release's.
    let (_, found) = ask(&keys[..1]);
    assert_eq!(entry(&found[0]).files.len(), 2);
}

/// Which of two files of one name is compared is not for the order of a list to say.
#[test]
fn a_file_with_two_checksums_in_two_folders_is_no_fact() {
    let (one, other) = ("a".repeat(64), "b".repeat(64));
    let differing = format!("{one}  linux/x-1.0.zip\n{other}  windows/x-1.0.zip\n");
    let alike = format!("{one}  linux/x-1.1.zip\n{one}  windows/x-1.1.zip\n");
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let path = write("SUMS", &format!("{differing}{alike}"));
    let keys = [("checksums", path.as_str()), ("names", "x-{version}.zip")];
    let observations = World::new(short()).ask("files", None, &keys);
    assert_eq!(whole(&observations[0]).entries.len(), 2);
    let (kind, words) = failure(about(&observations, "1.0")).unwrap();
    assert_eq!(kind, FailureKind::Malformed);
    assert!(words.contains("`x-1.0.zip`"), "{words}");
    // The same bytes in two places are one file.
    assert_eq!(observations.len(), 2, "{observations:?}");

    write("SUMS-1.0", &differing);
    write("SUMS-1.1", &alike);
    let template = format!("{path}-{{version}}");
    let names = ["1.0", "1.1"].map(|it| wanted(it, None));
    for names_key in [None, Some(("names", "x-{version}.zip"))] {
        let mut keys = vec![("checksums", template.as_str())];
        keys.extend(names_key);
        let (_, found) = World::new(short()).ask_for("files", None, &keys, &names);
        let (kind, _) = failure(&found[0]).unwrap();
        assert_eq!(kind, FailureKind::Malformed);
        assert_eq!(entry(&found[1]).files.len(), 1);
    }
}

#[test]
fn a_list_takes_the_version_and_no_numbers_of_it() {
    let keys = [("checksums", "https://dl.example/{major}/SHA256SUMS")];
    let Err(diagnostics) = configure("files", None, &keys) else {
        panic!("`{{major}}` is accepted");
    };
    assert!(diagnostics[0].message.contains("takes `{version}` alone"));
}

/// What the real `npm pack` makes, of a package with a scope.
#[test]
fn a_tarball_of_npm_pack_says_its_version() {
    if Command::new("npm").arg("--version").output().is_err() {
        println!("left out: npm: not installed");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let manifest = r#"{"name":"@acme/x","version":"1.2.0-next.1"}"#;
    std::fs::write(folder.path().join("package.json"), manifest).unwrap();
    std::fs::create_dir(folder.path().join("dist")).unwrap();
    let packed = Command::new("npm")
        .args([
            "pack",
            "--silent",
            "--pack-destination",
            "dist",
            "--cache",
            "cache",
        ])
        .current_dir(folder.path())
        .env_clear()
        .env("PATH", std::env::var("PATH").unwrap())
        .env("HOME", folder.path())
        .output()
        .unwrap();
    assert!(packed.status.success(), "{packed:?}");
    let dist = folder.path().join("dist");
    let names = "acme-x-{version}.tgz";
    let observations = ask(&dist, Some(names));
    assert_eq!(observations.len(), 1, "{observations:?}");
    assert_eq!(
        whole(&observations[0]).entries["1.2.0-next.1"].version,
        None
    );
    let real = dist.join("acme-x-1.2.0-next.1.tgz");
    std::fs::rename(real, dist.join("acme-x-1.2.0.tgz")).unwrap();
    let observations = ask(&dist, Some(names));
    let entry = &whole(&observations[0]).entries["1.2.0"];
    assert_eq!(entry.version.as_deref(), Some("1.2.0-next.1"));
}
