//! Recognises the steps of a GitHub workflow that publish: each becomes a clue with file and line.

mod actions;
mod commands;
mod images;

use std::collections::BTreeMap;

use super::shell::{self, Scope};
use super::yaml::{self, Node};
use super::{Clue, Origin, Place, Says};

/// The most steps of one workflow that are looked at.
const STEPS: usize = 2_000;

/// The most distinct places that one workflow publishes to; each is compared with all others.
const PLACES: usize = 200;

/// The most runs of one job.
const RUNS: usize = 32;

/// What the steps of a job have in common.
struct Job {
    scope: Scope,
    /// `with` of the steps of `docker/metadata-action`, by their id.
    metadata: Vec<(String, images::Metadata)>,
    /// The registry that `setup-node` names.
    npm_registry: Option<String>,
    region: Option<String>,
    account: Option<String>,
}

/// A step that publishes.
#[derive(PartialEq, Eq)]
struct Published {
    line: usize,
    what: String,
    place: Place,
}

/// Reads one workflow; `repository` is `owner/name` of the source, where that is known.
///
/// # Errors
/// A sentence that says why it cannot be read.
pub(super) fn read(path: &str, text: &str, repository: Option<&str>) -> Result<Vec<Clue>, String> {
    let root = yaml::parse(text)?;
    let mut published = Vec::new();
    let mut steps = 0;
    for (_, job) in root.get("jobs").into_iter().flat_map(Node::entries) {
        for matrix in matrices(job) {
            let mut state = Job {
                scope: Scope {
                    repository: repository.map(str::to_owned),
                    matrix,
                    ..Scope::default()
                },
                metadata: Vec::new(),
                npm_registry: None,
                region: None,
                account: None,
            };
            learn_variables(&mut state.scope, &root);
            learn_variables(&mut state.scope, job);
            state.region = region_of(&state.scope);
            // A run costs something even where it has no step.
            steps += 1;
            if steps > STEPS {
                return Err(format!("it has more than {STEPS} steps"));
            }
            for step in job.get("steps").map(Node::items).unwrap_or_default() {
                steps += 1;
                if steps > STEPS {
                    return Err(format!("it has more than {STEPS} steps"));
                }
                read_step(&mut state, step, &mut published);
                if published.len() > PLACES {
                    return Err(format!("it publishes to more than {PLACES} places"));
                }
            }
        }
    }
    let clue = |it: Published| {
        let why = format!("{path} line {}: {}", it.line, it.what);
        let uploads = matches!(it.place, Place::PyPi { index: Some(_), .. });
        let withheld = uploads.then_some(
            "this is where it uploads to; `index` takes the address of the index's Simple API",
        );
        Clue {
            withheld,
            ..Clue::new(Origin::Source, Says::Place(it.place), why)
        }
    };
    Ok(published.into_iter().map(clue).collect())
}

/// The runs of a job: each value of its matrix once, beside the first of every other name.
fn matrices(job: &Node) -> Vec<BTreeMap<String, String>> {
    let matrix = job.get("strategy").and_then(|it| it.get("matrix"));
    let names = matrix.into_iter().flat_map(Node::entries);
    let lists: Vec<(&str, Vec<&str>)> = names
        .map(|(name, values)| (name, values.items().iter().filter_map(Node::text).collect()))
        .collect();
    let first = |(name, values): &(&str, Vec<&str>)| {
        Some(((*name).to_owned(), (*values.first()?).to_owned()))
    };
    let usual: BTreeMap<String, String> = lists.iter().filter_map(first).collect();
    // Runs that are listed one by one; without another list they are all that there are.
    let included = matrix.and_then(|it| it.get("include")).map(Node::items);
    let included = included.unwrap_or_default().iter().map(|run| {
        let mut all = usual.clone();
        let texts = run.entries();
        all.extend(
            texts.filter_map(|(name, value)| Some((name.to_owned(), value.text()?.to_owned()))),
        );
        all
    });
    let included: Vec<_> = included.take(RUNS).collect();
    if lists.iter().all(|(_, values)| values.is_empty()) && !included.is_empty() {
        return included;
    }
    let mut runs = vec![usual.clone()];
    for (name, values) in &lists {
        for value in values.iter().skip(1) {
            if runs.len() == RUNS {
                return runs;
            }
            let mut run = usual.clone();
            run.insert((*name).to_owned(), (*value).to_owned());
            runs.push(run);
        }
    }
    let room = RUNS - runs.len();
    runs.extend(included.into_iter().take(room));
    runs
}

/// The runs of a matrix repeat each other; of too many places one more is kept than are allowed.
fn add(published: &mut Vec<Published>, found: impl Iterator<Item = Published>) {
    for one in found {
        if published.len() <= PLACES && !published.contains(&one) {
            published.push(one);
        }
    }
}

/// The beginning of a command, without settings: some are passwords.
fn told(words: &[String]) -> String {
    let plain = words.iter().filter(|word| !word.contains('='));
    plain.take(3).cloned().collect::<Vec<_>>().join(" ")
}

fn read_step(job: &mut Job, step: &Node, published: &mut Vec<Published>) {
    let outer = job.scope.variables.clone();
    learn_variables(&mut job.scope, step);
    let id = step.text_of("id").map(str::to_owned);
    if let Some(uses) = step.get("uses")
        && let Some(action) = uses.text()
    {
        let name = action.split('@').next().unwrap_or_default();
        let place = actions::read(job, &name.to_ascii_lowercase(), id.as_deref(), step);
        let of_place = |place| Published {
            line: uses.line,
            what: format!("uses {name}"),
            place,
        };
        add(published, place.into_iter().map(of_place));
    }
    if let Some(run) = step.get("run") {
        for (line, text) in joined(run) {
            job.scope.learn(id.as_deref(), &text);
            for words in shell::commands(&text) {
                let place = commands::read(job, &words);
                let of_place = |place| Published {
                    line,
                    what: told(&words),
                    place,
                };
                add(published, place.into_iter().map(of_place));
            }
        }
    }
    // What a step declares is its own; what its script exports stays.
    let declared: Vec<String> = step
        .get("env")
        .into_iter()
        .flat_map(Node::entries)
        .map(|(name, _)| name.to_owned())
        .collect();
    for name in declared {
        match outer.get(&name) {
            Some(value) => job.scope.variables.insert(name, value.clone()),
            None => job.scope.variables.remove(&name),
        };
    }
}

/// The commands of a script, lines that end in `\` joined.
fn joined(run: &Node) -> Vec<(usize, String)> {
    let mut joined: Vec<(usize, String)> = Vec::new();
    let mut open = false;
    for (line, text) in run.lines() {
        let (text, continues) = match text.trim_end().strip_suffix('\\') {
            Some(text) => (text, true),
            None => (text, false),
        };
        match joined.last_mut().filter(|_| open) {
            Some((_, last)) => {
                last.push(' ');
                last.push_str(text.trim());
            }
            None => joined.push((line, text.to_owned())),
        }
        open = continues;
    }
    joined
}

fn learn_variables(scope: &mut Scope, at: &Node) {
    let entries = at.get("env").into_iter().flat_map(Node::entries);
    for (name, value) in entries.take(shell::KNOWN) {
        if let Some(value) = value.text() {
            let value = scope.follow(value);
            // What cannot be followed is better guessed from its name when it is used.
            if value != shell::UNKNOWN {
                scope.set(name, value);
            }
        }
    }
}

fn region_of(scope: &Scope) -> Option<String> {
    ["AWS_REGION", "AWS_DEFAULT_REGION"]
        .iter()
        .find_map(|name| scope.variables.get(*name))
        .and_then(|value| known(value.clone()))
}

/// A text in which everything could be followed.
fn known(text: String) -> Option<String> {
    (!text.is_empty() && !text.contains('<')).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::super::ImageTag;
    use super::*;

    fn places(text: &str) -> Vec<(Place, String)> {
        let clues = read(".github/workflows/release.yml", text, Some("acme/api")).unwrap();
        let place = |clue: Clue| match clue.says {
            Says::Place(place) => (place, clue.why),
            other => panic!("{other:?}"),
        };
        clues.into_iter().map(place).collect()
    }

    fn job(steps: &str) -> String {
        format!("on: push\njobs:\n  release:\n    runs-on: ubuntu-latest\n    steps:\n{steps}")
    }

    #[test]
    fn a_step_is_named_with_its_file_and_line() {
        let found = places(&job(
            "      - uses: pypa/gh-action-pypi-publish@release/v1\n",
        ));
        assert_eq!(
            found[0].1,
            ".github/workflows/release.yml line 6: uses pypa/gh-action-pypi-publish"
        );
        let steps = "      - run: |\n          python -m build\n          twine upload \\\n            dist/*\n";
        let found = places(&job(steps));
        assert_eq!(found.len(), 1);
        assert!(
            found[0].1.contains("line 8: twine upload dist/*"),
            "{}",
            found[0].1
        );
    }

    #[test]
    fn a_trial_index_a_pull_request_build_and_a_dry_run_publish_nothing() {
        for step in [
            "      - uses: pypa/gh-action-pypi-publish@v1\n        with:\n          repository-url: https://test.pypi.org/legacy/\n",
            "      - run: twine upload -r testpypi dist/*\n",
            "      - run: npm publish --dry-run\n",
            "      - uses: docker/build-push-action@v6\n        with:\n          tags: acme/api:latest\n",
            "      - uses: docker/build-push-action@v6\n        with:\n          push: false\n          tags: acme/api:latest\n",
            "      - run: echo docker push acme/api:1\n",
            "      - run: '# twine upload dist/*'\n",
            "      - run: aws s3 cp s3://bucket/key local\n",
        ] {
            assert_eq!(places(&job(step)), [], "{step}");
        }
    }

    #[test]
    fn images_are_followed_through_metadata_steps_and_variables() {
        let steps = r#"      - id: meta
        uses: docker/metadata-action@v5
        with:
          images: |
            acme/api
            ghcr.io/${{ github.repository }}
          tags: |
            type=semver,pattern={{version}}
            type=semver,pattern={{major}}.{{minor}}
      - uses: docker/build-push-action@v6
        with:
          push: ${{ github.event_name != 'pull_request' }}
          tags: ${{ steps.meta.outputs.tags }}
"#;
        let found = places(&job(steps));
        let tags = vec![
            ImageTag::Version("{version}".to_owned()),
            ImageTag::Floating("{major}.{minor}".to_owned()),
            ImageTag::Floating("latest".to_owned()),
        ];
        let images: Vec<_> = ["docker.io/acme/api", "ghcr.io/acme/api"]
            .iter()
            .map(|image| Place::Oci {
                image: Some((*image).to_owned()),
                tags: tags.clone(),
                chart: false,
            })
            .collect();
        let found: Vec<Place> = found.into_iter().map(|it| it.0).collect();
        assert_eq!(found, images);
    }

    #[test]
    fn an_image_that_is_copied_is_where_it_is_copied_to() {
        for (step, image) in [
            (
                "skopeo copy --all docker://ghcr.io/acme/api:${GITHUB_REF_NAME} docker://docker.io/acme/api:${GITHUB_REF_NAME}",
                "docker.io/acme/api",
            ),
            (
                "crane cp ghcr.io/acme/api:${GITHUB_REF_NAME} quay.io/acme/api:${GITHUB_REF_NAME}",
                "quay.io/acme/api",
            ),
            (
                "docker buildx imagetools create -t acme/api:${GITHUB_REF_NAME} ghcr.io/acme/api@sha256:00",
                "docker.io/acme/api",
            ),
        ] {
            let found = places(&job(&format!("      - run: {step}\n")));
            let expected = Place::Oci {
                image: Some(image.to_owned()),
                tags: vec![ImageTag::AsGitTag],
                chart: false,
            };
            let found: Vec<Place> = found.into_iter().map(|it| it.0).collect();
            assert_eq!(found, [expected], "{step}");
        }
        let local = "      - run: skopeo copy docker://ghcr.io/acme/api:1 dir:out\n";
        assert_eq!(places(&job(local)), []);
    }

    #[test]
    fn runs_that_a_matrix_lists_one_by_one_are_followed() {
        let text = "on: push\njobs:\n  a:\n    strategy:\n      matrix:\n        include:\n          - {image: api, file: a}\n          - {image: web, file: b}\n    steps:\n      - uses: docker/build-push-action@v6\n        with:\n          push: true\n          tags: acme/${{ matrix.image }}:${{ github.ref_name }}\n";
        let image = |place: &(Place, String)| match &place.0 {
            Place::Oci { image, .. } => image.clone(),
            other => panic!("{other:?}"),
        };
        let found: Vec<_> = places(text).iter().filter_map(image).collect();
        assert_eq!(found, ["docker.io/acme/api", "docker.io/acme/web"]);
    }

    #[test]
    fn an_ecr_registry_is_put_together_from_role_and_region() {
        let steps = r#"      - uses: aws-actions/configure-aws-credentials@v4
        with:
          role-to-assume: arn:aws:iam::111122223333:role/deploy
          aws-region: eu-west-1
      - id: login
        uses: aws-actions/amazon-ecr-login@v2
      - run: docker push ${{ steps.login.outputs.registry }}/api:$GITHUB_SHA
      - run: docker push ${{ steps.login.outputs.registry }}/api:${GITHUB_REF_NAME}
"#;
        let found = places(&job(steps));
        assert_eq!(
            found[1].0,
            Place::Oci {
                image: Some("111122223333.dkr.ecr.eu-west-1.amazonaws.com/api".to_owned()),
                tags: vec![ImageTag::AsGitTag],
                chart: false,
            }
        );
    }
}
