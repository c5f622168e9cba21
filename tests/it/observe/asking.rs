//! Channels as a policy configures them, asked by a client that sees nothing of this machine.

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use lockstep::model::settings::{Diagnostic, Fields, Node, Place, Table, Value};
use lockstep::model::{
    Answer, Commit, Coverage, Entry, Facts, FailureKind, Listing, Name, Observation, Query,
    RedactedUrl, Wanted,
};
use lockstep::observe::http::{Client, Event, Events, Limits};
use lockstep::observe::{
    About, Ask, Environment, KINDS, LookUp, Question, ask_all, look_up_all, now,
};
use url::Url;

/// Short limits, so that a test of a fault is quick.
pub(crate) fn short() -> Limits {
    Limits {
        total: Duration::from_millis(1_500),
        connect: Duration::from_millis(500),
        idle: Duration::from_millis(300),
        tries: 3,
        backoff: Duration::from_millis(10),
        ..Limits::default()
    }
}

/// For real programs, which take their time on a busy machine.
pub(crate) fn patient() -> Limits {
    Limits {
        total: Duration::from_secs(5),
        tries: 2,
        backoff: Duration::from_millis(10),
        ..Limits::default()
    }
}

/// Keeps the events.
#[derive(Default)]
pub(crate) struct Recorder(Mutex<Vec<Event>>);

impl Recorder {
    pub(crate) fn events(&self) -> Vec<Event> {
        self.0.lock().unwrap().clone()
    }

    /// Statuses of finished requests.
    pub(crate) fn statuses(&self) -> Vec<u16> {
        let status = |event: &Event| match event {
            Event::Finished { status, .. } => Some(*status),
            _ => None,
        };
        self.events().iter().filter_map(status).collect()
    }
}

impl Events for Recorder {
    fn event(&self, event: &Event) {
        self.0.lock().unwrap().push(event.clone());
    }
}

/// A client with a cache folder of its own and an environment of its own.
pub(crate) struct World {
    pub(crate) client: Client,
    pub(crate) events: Arc<Recorder>,
    pub(crate) cache: tempfile::TempDir,
}

impl World {
    pub(crate) fn new(limits: Limits) -> Self {
        Self::with(limits, Environment::empty())
    }

    pub(crate) fn with(limits: Limits, environment: Environment) -> Self {
        let cache = tempfile::tempdir().unwrap();
        let events = Arc::new(Recorder::default());
        let path = environment.get("PATH").map(str::to_owned);
        let path = path.unwrap_or_else(|| std::env::var("PATH").unwrap());
        let environment = environment
            .with("LOCKSTEP_CACHE_DIR", cache.path().to_str().unwrap())
            .with("PATH", path);
        let client = Client::new(environment, limits, events.clone()).unwrap();
        Self {
            client,
            events,
            cache,
        }
    }

    /// Asks one channel of a component named `x`.
    pub(crate) fn ask(
        &self,
        kind: &str,
        source: Option<&str>,
        keys: &[(&str, &str)],
    ) -> Vec<Observation> {
        let ask = configure(kind, source, keys).unwrap();
        self.ask_many(vec![ask]).remove(0)
    }

    /// Asks one channel of a component named `x` as a check does: its listing, then what that does
    /// not say about these names.
    pub(crate) fn ask_wanted(
        &self,
        ask: Arc<dyn Ask>,
        wanted: &[Wanted],
    ) -> (Vec<Observation>, Vec<Observation>) {
        let question = question(ask);
        runtime().block_on(async {
            let round = now();
            let listed = ask_all(&self.client, round, vec![question.clone()]).await;
            let listed = listed.concat();
            let look_up = LookUp {
                question,
                listed: listed.clone(),
                wanted: wanted.to_vec(),
            };
            let looked_up = look_up_all(&self.client, round, vec![look_up]).await;
            (listed, looked_up.concat())
        })
    }

    /// The same for a table of a policy.
    pub(crate) fn ask_for(
        &self,
        kind: &str,
        source: Option<&str>,
        keys: &[(&str, &str)],
        wanted: &[Wanted],
    ) -> (Vec<Observation>, Vec<Observation>) {
        self.ask_wanted(configure(kind, source, keys).unwrap(), wanted)
    }

    /// The same for these versions by name: all observations in this order.
    pub(crate) fn ask_and_look_up(
        &self,
        kind: &str,
        keys: &[(&str, &str)],
        versions: &[&str],
    ) -> Vec<Observation> {
        self.ask_names(&configure(kind, None, keys).unwrap(), versions, &[])
    }

    /// The same for names, and for those of `moving`, which move from release to release.
    pub(crate) fn ask_names(
        &self,
        ask: &Arc<dyn Ask>,
        names: &[&str],
        moving: &[&str],
    ) -> Vec<Observation> {
        let wanted = |line: Option<Name>| {
            move |it: &&str| Wanted {
                name: (*it).to_owned(),
                version: (*it).to_owned(),
                leads: false,
                line: line.clone(),
                commit: None,
            }
        };
        let release = names.iter().map(wanted(Some(name("release"))));
        let wanted: Vec<Wanted> = release.chain(moving.iter().map(wanted(None))).collect();
        let (listed, looked_up) = self.ask_wanted(ask.clone(), &wanted);
        [listed, looked_up].concat()
    }

    pub(crate) fn ask_many(&self, asks: Vec<Arc<dyn Ask>>) -> Vec<Vec<Observation>> {
        let questions = asks.into_iter().map(question);
        runtime().block_on(ask_all(&self.client, now(), questions.collect()))
    }

    /// Asks the leading channel which releases it has, then for more about these names of it.
    pub(crate) fn ask_twice(&self, ask: Arc<dyn Ask>, names: &[&str]) -> [Vec<Observation>; 2] {
        let listed = self.ask_many(vec![ask.clone()]).remove(0);
        let looked_up = self.look_up(ask, listed.clone(), names, true);
        [listed, looked_up]
    }

    /// Asks for more about names, where this was listed; of the channel that leads or of a follower.
    pub(crate) fn look_up(
        &self,
        ask: Arc<dyn Ask>,
        listed: Vec<Observation>,
        names: &[&str],
        leads: bool,
    ) -> Vec<Observation> {
        let wanted = names.iter().map(|wanted| Wanted {
            name: (*wanted).to_owned(),
            version: (*wanted).to_owned(),
            leads,
            line: None,
            commit: None,
        });
        let round = listed.first().map_or_else(now, |listed| listed.round);
        let look_up = LookUp {
            question: question(ask),
            listed,
            wanted: wanted.collect(),
        };
        let looked_up = look_up_all(&self.client, round, vec![look_up]);
        runtime().block_on(looked_up).remove(0)
    }
}

fn question(ask: Arc<dyn Ask>) -> Question {
    Question {
        channel: name("channel"),
        ask: Some(ask),
    }
}

pub(crate) fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap()
}

fn name(text: &str) -> Name {
    text.parse().unwrap()
}

/// The entry of an observation that an exact name was asked for.
pub(crate) fn found(observation: &Observation) -> &Entry {
    match &observation.answer {
        Answer::Seen {
            facts: Facts::Entry(entry),
            coverage: Coverage::Complete,
            ..
        } => entry,
        other => panic!("no entry: {other:?}"),
    }
}

/// A channel's table through its kind (a key that is given again makes a list, `true` is a boolean); the diagnostics where it is refused.
pub(crate) fn configure(
    kind: &str,
    source: Option<&str>,
    keys: &[(&str, &str)],
) -> Result<Arc<dyn Ask>, Vec<Diagnostic>> {
    configure_with(kind, source, keys, &[], None)
}

/// The same for a component with `branches` and a `repository-id`.
pub(crate) fn configure_with(
    kind: &str,
    source: Option<&str>,
    keys: &[(&str, &str)],
    branches: &[&str],
    repository_id: Option<u64>,
) -> Result<Arc<dyn Ask>, Vec<Diagnostic>> {
    let branches: Vec<String> = branches.iter().map(|glob| (*glob).to_owned()).collect();
    let kind = KINDS.iter().find(|known| known.name() == kind).unwrap();
    let place = Place {
        source: 0,
        bytes: 0..0,
    };
    let node = |value| Node {
        value,
        place: place.clone(),
    };
    let mut entries: Vec<(String, Place, Node)> = Vec::new();
    for (key, value) in keys {
        let value = node(match *value {
            "true" => Value::Boolean(true),
            text => Value::Text(text.to_owned()),
        });
        match entries.iter_mut().find(|(known, _, _)| known == key) {
            None => entries.push(((*key).to_owned(), place.clone(), value)),
            Some((_, _, known)) => match &mut known.value {
                Value::List(values) => values.push(value),
                _ => known.value = node_list(known.clone(), value),
            },
        }
    }
    let table = Table { entries };
    let mut diagnostics = Vec::new();
    let mut fields = Fields::open(
        &table,
        &place,
        "[channel.x]",
        &[kind.keys()],
        &mut diagnostics,
    );
    let source = source.map(|source| Url::parse(source).unwrap());
    let about = About {
        component: &name("x"),
        source: source.as_ref(),
        folder: Path::new("/"),
        branches: &branches,
        repository_id,
    };
    let configured = kind.configure(&mut fields, &about);
    match configured {
        Some(configured) if diagnostics.is_empty() => Ok(configured.ask.unwrap()),
        _ => Err(diagnostics),
    }
}

fn node_list(first: Node, second: Node) -> Value {
    Value::List(vec![first, second])
}

/// The listing of an observation that was read whole.
pub(crate) fn whole(observation: &Observation) -> &Listing {
    match &observation.answer {
        Answer::Seen {
            facts: Facts::Listing(listing),
            coverage: Coverage::Complete,
            ..
        } => listing,
        other => panic!("no whole listing: {other:?}"),
    }
}

/// What an exact look-up found.
pub(crate) fn entry(observation: &Observation) -> &Entry {
    match &observation.answer {
        Answer::Seen {
            facts: Facts::Entry(entry),
            coverage: Coverage::Complete,
            ..
        } => entry,
        other => panic!("no entry: {other:?}"),
    }
}

/// A name to be looked up, with the commit behind it.
pub(crate) fn wanted(name: &str, commit: Option<&str>) -> Wanted {
    Wanted {
        name: name.to_owned(),
        version: name.to_owned(),
        leads: false,
        line: None,
        commit: commit.map(|commit| commit.parse::<Commit>().unwrap()),
    }
}

/// The kind of a failure, or of what broke a partial listing off.
pub(crate) fn failure(observation: &Observation) -> Option<(FailureKind, String)> {
    let why = match &observation.answer {
        Answer::Failed { why, .. } => why,
        Answer::Seen {
            coverage: Coverage::Partial { why, .. },
            ..
        } => why,
        _ => return None,
    };
    Some((why.kind, why.detail.clone()))
}

/// What was answered about an exact name.
pub(crate) fn about<'o>(observations: &'o [Observation], name: &str) -> &'o Observation {
    let asked = |o: &&Observation| o.query == Query::Entry(name.to_owned());
    let mut about = observations.iter().filter(asked);
    let observation = about
        .next()
        .unwrap_or_else(|| panic!("nothing about {name}"));
    assert!(about.next().is_none(), "{name} twice");
    observation
}

/// The entry of a name that was seen, whole or not.
pub(crate) fn entry_of<'o>(observations: &'o [Observation], name: &str) -> &'o Entry {
    match &about(observations, name).answer {
        Answer::Seen {
            facts: Facts::Entry(entry),
            ..
        } => entry,
        other => panic!("{name} was not seen: {other:?}"),
    }
}

pub(crate) fn endpoint(observation: &Observation) -> &RedactedUrl {
    &observation.endpoint
}
