//! The commands that publish.

use super::super::{ImageTag, Place};
use super::actions::{are_distributions, python};
use super::images::Pushed;
use super::{Job, known};

/// What a command publishes.
pub(super) fn read(job: &mut Job, words: &[String]) -> Vec<Place> {
    // `FOO=bar command` and `sudo command` are the command.
    let is_prefix = |word: &&String| {
        word.contains('=') && !word.starts_with('-')
            || ["sudo", "time", "exec"].contains(&word.as_str())
    };
    let skipped = words.iter().take_while(is_prefix).count();
    let words = &words[skipped..];
    let plain: Vec<&str> = words.iter().map(String::as_str).collect();
    let command = Command { job, words: &plain };
    if command.has("--dry-run") || command.has("--help") {
        return Vec::new();
    }
    // `python -m twine upload` and `uv run twine upload` are `twine upload`.
    let plain = match plain.as_slice() {
        ["python" | "python3", "-m", rest @ ..] => rest,
        ["uv", "run", rest @ ..] | ["uvx" | "npx" | "pipx", rest @ ..] => rest,
        all => all,
    };
    match plain {
        ["twine", "upload", ..] | ["uv" | "poetry" | "flit" | "hatch" | "pdm", "publish", ..] => {
            let url = ["--repository-url", "--publish-url", "--index-url"]
                .iter()
                .find_map(|name| command.option(name));
            let named = ["-r", "--repository", "--index"]
                .iter()
                .find_map(|name| command.option(name));
            python(url.or_else(|| named.filter(|it| it.contains("test"))))
        }
        ["npm" | "pnpm" | "lerna", rest @ ..] if rest.contains(&"publish") => npm(&command),
        ["yarn", "npm", "publish", ..] | ["yarn", "publish", ..] | ["changeset", "publish", ..] => {
            npm(&command)
        }
        ["docker" | "podman", "push", ..] => {
            let mut pushed = Pushed::default();
            for word in command.plain_words().iter().skip(2) {
                pushed.add(&command.job.scope.follow(word));
            }
            pushed.into_places()
        }
        ["docker", "buildx", "build", ..] | ["docker", "build", ..] if command.has("--push") => {
            let mut pushed = Pushed::default();
            for tag in command.options(&["-t", "--tag"]) {
                pushed.add(&tag);
            }
            pushed.into_places()
        }
        ["docker", "buildx", "imagetools", "create", ..] => {
            let mut pushed = Pushed::default();
            for tag in command.options(&["-t", "--tag"]) {
                pushed.add(&tag);
            }
            pushed.into_places()
        }
        ["skopeo", "copy", ..]
        | ["crane", "copy" | "cp", ..]
        | ["regctl", "image", "copy" | "cp", ..]
        | ["oras", "copy" | "cp", ..] => copied(&command),
        ["helm", "push", ..] => helm(&command),
        ["gh", "release", "create", ..] => vec![Place::GithubRelease {
            distributions: plain.iter().any(|word| are_distributions(word)),
        }],
        ["aws", "lambda", "update-function-code", ..] => vec![Place::Lambda {
            function: command.option("--function-name").and_then(known),
            region: command.region(),
        }],
        ["aws", "s3", "cp" | "sync", ..] => s3(&command),
        _ => Vec::new(),
    }
}

struct Command<'c> {
    job: &'c Job,
    words: &'c [&'c str],
}

impl Command<'_> {
    fn has(&self, word: &str) -> bool {
        self.words.contains(&word)
    }

    /// The followed value of `--name value` or `--name=value`.
    fn option(&self, name: &str) -> Option<String> {
        self.options(&[name]).into_iter().next()
    }

    fn options(&self, names: &[&str]) -> Vec<String> {
        let mut found = Vec::new();
        for (at, word) in self.words.iter().enumerate() {
            let value = match word.split_once('=') {
                Some((name, value)) if names.contains(&name) => Some(value),
                _ if names.contains(word) => self.words.get(at + 1).copied(),
                _ => None,
            };
            found.extend(value.map(|value| self.job.scope.follow(value)));
        }
        found
    }

    /// Words that are no options; an option's value counts as a word where it stands apart.
    fn plain_words(&self) -> Vec<&str> {
        let words = self.words.iter().filter(|word| !word.starts_with('-'));
        words.copied().collect()
    }

    fn region(&self) -> Option<String> {
        let own = self.option("--region").and_then(known);
        own.or_else(|| self.job.region.clone())
    }
}

fn npm(command: &Command<'_>) -> Vec<Place> {
    let registry = command.option("--registry").and_then(known);
    vec![Place::Npm {
        package: None,
        registry: registry.or_else(|| command.job.npm_registry.clone()),
    }]
}

/// The last word of a copy is where to. Skopeo's other transports are no registries.
fn copied(command: &Command<'_>) -> Vec<Place> {
    let target = command.plain_words().last().copied().unwrap_or_default();
    let target = match (command.words.first(), target.strip_prefix("docker://")) {
        (Some(&"skopeo"), None) => return Vec::new(),
        (_, stripped) => command.job.scope.follow(stripped.unwrap_or(target)),
    };
    let mut pushed = Pushed::default();
    pushed.add(&target);
    pushed.into_places()
}

/// `helm push NAME-1.2.3.tgz oci://ghcr.io/acme/charts`: Helm adds the chart's own name, which the
/// file's name begins with.
fn helm(command: &Command<'_>) -> Vec<Place> {
    let words = command.plain_words();
    let target = words.iter().find_map(|word| word.strip_prefix("oci://"));
    let Some(target) = target else {
        return Vec::new();
    };
    let target = command.job.scope.follow(target).to_ascii_lowercase();
    let archive = words.get(2).map(|word| command.job.scope.follow(word));
    let name = archive.as_deref().and_then(|archive| {
        let file = archive.rsplit('/').next()?;
        Some(file.split_once("-<")?.0.to_owned())
    });
    let image = name.map(|name| format!("{}/{name}", target.trim_end_matches('/')));
    vec![Place::Oci {
        image: image.and_then(known),
        tags: vec![ImageTag::Version("{version}".to_owned())],
        chart: true,
    }]
}

/// Uploads only: the target is the last address of a bucket, and what comes before is none.
fn s3(command: &Command<'_>) -> Vec<Place> {
    let words = command.plain_words();
    let places: Vec<&str> = words.iter().skip(3).take(2).copied().collect();
    let [from, to] = places.as_slice() else {
        return Vec::new();
    };
    let to = command.job.scope.follow(to);
    let Some(target) = to
        .strip_prefix("s3://")
        .filter(|_| !from.starts_with("s3://"))
    else {
        return Vec::new();
    };
    let (bucket, key) = target.split_once('/').unwrap_or((target, ""));
    // A folder takes the name of the file that is put there.
    let file = from.rsplit('/').next().unwrap_or_default();
    let key = match key.is_empty() || key.ends_with('/') {
        true if !file.is_empty() && file != "." => {
            format!("{key}{}", command.job.scope.follow(file))
        }
        _ => key.to_owned(),
    };
    let key = key
        .replace("<version>", "{version}")
        .replace("<tag>", "{version}");
    vec![Place::S3 {
        bucket: known(bucket.to_owned()),
        key: known(key),
        region: command.region(),
    }]
}
