//! What the rules look at: the releases in question, and how each stands in every channel.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::sync::OnceLock;

use crate::model::version::{Naming, Version};
use crate::model::{Agreement, Environment, Finding, Line, Name, Policy, Time, Waiver};

use super::Question;
use super::agreement::agreements;
use super::attested::{Ledger, Provenances};
use super::availability::{self, Gaps};
use super::branches::Protected;
use super::history::{Histories, histories};
use super::index::NameIndex;
use super::series::Series;
use super::standing::Standing;
use super::view::{ChannelView, View};
use crate::verify::CheckedEvidence;

/// Everything that one decision looks at.
pub(crate) struct Scene<'a> {
    pub(crate) policy: &'a Policy,
    pub(crate) question: &'a Question,
    pub(crate) environment: Option<&'a Environment>,
    pub(crate) now: Time,
    /// The evidence, for what verifying its bundles gave.
    pub(crate) checked: &'a CheckedEvidence,
    pub(crate) view: &'a View<'a>,
    pub(crate) names: &'a Names<'a>,
    /// The policy's `branches`.
    pub(crate) protected: Protected,
    /// Every agreement with the required channels that it still has.
    pub(crate) agreements: Vec<Agreement>,
    /// The releases in question.
    pub(crate) cases: Vec<Case<'a>>,
    /// Positions of the cases, by version as shown and line. This and all below is made when it is
    /// first needed.
    positions: OnceLock<HashMap<(String, &'a Name), usize>>,
    /// What is attested about them.
    provenances: OnceLock<Provenances<'a>>,
    ledger: OnceLock<Ledger<'a>>,
    histories: OnceLock<Histories<'a>>,
    gaps: OnceLock<Vec<Gaps<'a>>>,
    /// The names under which they are shown, by channel.
    shown: OnceLock<HashSet<(&'a Name, &'a str)>>,
}

/// One release in question.
pub(crate) struct Case<'a> {
    pub(crate) line: &'a Line,
    pub(crate) version: Version,
    /// Its position among those in question.
    pub(crate) number: usize,
    /// The user named it.
    pub(crate) named: bool,
    /// It is older than the line's `judge-since`.
    pub(crate) older: bool,
    /// One for each channel that carries the line, in the order of the policy.
    pub(crate) standings: Vec<Standing<'a>>,
}

/// The name indexes of every channel under every line, made when first needed.
pub(crate) struct Names<'a> {
    view: &'a View<'a>,
    made: Vec<Vec<OnceLock<NameIndex<'a>>>>,
}

impl<'a> Names<'a> {
    pub(crate) fn new(view: &'a View<'a>) -> Self {
        let blank = |channel: &ChannelView<'_>| {
            channel
                .channel
                .lines
                .iter()
                .map(|_| OnceLock::new())
                .collect()
        };
        Self {
            view,
            made: view.channels.iter().map(blank).collect(),
        }
    }

    /// The names of the channel at this position under this line; nothing where it does not carry
    /// the line.
    pub(crate) fn of(
        &'a self,
        position: usize,
        line: &Name,
    ) -> Option<(&'a Naming, &'a NameIndex<'a>)> {
        let view = self.view.channels.get(position)?;
        let at = view
            .channel
            .lines
            .iter()
            .position(|(name, _)| name == line)?;
        let naming = &view.channel.lines[at].1;
        let index = self.made.get(position)?.get(at)?;
        Some((naming, index.get_or_init(|| NameIndex::new(view, naming))))
    }
}

impl<'a> Case<'a> {
    /// How a release of a line stands everywhere.
    pub(crate) fn new(
        policy: &Policy,
        view: &'a View<'a>,
        names: &'a Names<'a>,
        environment: Option<&Environment>,
        line: &'a Line,
        version: Version,
    ) -> Self {
        let standings = view
            .channels
            .iter()
            .enumerate()
            .filter_map(|(position, channel)| {
                let (naming, index) = names.of(position, &line.name)?;
                let name = &channel.channel.name;
                let leads = *name == policy.announced_by;
                let required = is_required(policy, environment, name);
                Some(Standing::of(
                    channel, naming, index, &version, required, leads,
                ))
            })
            .collect();
        Self {
            line,
            version,
            number: 0,
            named: false,
            older: false,
            standings,
        }
    }

    /// The release, as the line's scheme writes it.
    pub(crate) fn text(&self) -> String {
        crate::model::visible(self.version.text(), 100)
    }

    /// The channel that announces this line; nothing where none does.
    pub(crate) fn leader(&self) -> Option<&Standing<'a>> {
        self.standings.iter().find(|standing| standing.leads)
    }

    /// Required channels, the leader among them.
    pub(crate) fn required(&self) -> impl Iterator<Item = &Standing<'a>> {
        self.standings.iter().filter(|standing| standing.required)
    }

    /// Required channels but the leader.
    pub(crate) fn followers(&self) -> impl Iterator<Item = &Standing<'a>> {
        self.required().filter(|standing| !standing.leads)
    }

    /// The standing in a channel.
    pub(crate) fn standing(&self, channel: &Name) -> Option<&Standing<'a>> {
        self.standings
            .iter()
            .find(|standing| standing.channel.name == *channel)
    }

    /// The earliest time from which any required channel is known to have it.
    pub(crate) fn started(&self) -> Option<Time> {
        self.required().filter_map(Standing::clock).min()
    }
}

impl<'a> Scene<'a> {
    /// Sets the scene.
    pub(crate) fn new(
        policy: &'a Policy,
        question: &'a Question,
        environment: Option<&'a Environment>,
        now: Time,
        checked: &'a CheckedEvidence,
        (view, names): (&'a View<'a>, &'a Names<'a>),
        mut cases: Vec<Case<'a>>,
    ) -> Self {
        for (number, case) in cases.iter_mut().enumerate() {
            case.number = number;
        }
        Self {
            policy,
            question,
            environment,
            now,
            checked,
            view,
            names,
            protected: Protected::of(&policy.component.branches),
            agreements: agreements(policy, environment),
            cases,
            positions: OnceLock::new(),
            provenances: OnceLock::new(),
            ledger: OnceLock::new(),
            histories: OnceLock::new(),
            gaps: OnceLock::new(),
            shown: OnceLock::new(),
        }
    }

    /// What is attested about the releases in question.
    pub(crate) fn provenances(&self) -> &Provenances<'a> {
        self.provenances.get_or_init(|| Provenances::of(self))
    }

    /// The documents that are attached to anything, each read once.
    pub(crate) fn ledger(&self) -> &Ledger<'a> {
        self.ledger.get_or_init(|| Ledger::new(self))
    }

    /// What earlier rounds said, by required channel; only of those that have any.
    pub(crate) fn histories(&self) -> &Histories<'a> {
        self.histories.get_or_init(|| histories(self))
    }

    /// What is not known of each required channel.
    pub(crate) fn gaps(&self) -> &[Gaps<'a>] {
        self.gaps.get_or_init(|| availability::gaps(self))
    }

    /// The releases of a line that a channel shows, in the order of their versions; nothing where
    /// those have no order.
    pub(crate) fn series(&self, channel: &Name, line: &Name) -> Option<&'a Series<'a>> {
        let mut views = self.view.channels.iter();
        let position = views.position(|view| view.channel.name == *channel)?;
        let (naming, index) = self.names.of(position, line)?;
        index.series(naming)
    }

    /// Whether a channel shows one of the releases in question under a name.
    pub(crate) fn is_in_question(&self, channel: &Name, name: &str) -> bool {
        let shown = self.shown.get_or_init(|| {
            let standings = self.cases.iter().flat_map(|case| &case.standings);
            let shown = standings.filter_map(|it| Some((&it.channel.name, it.found()?.name)));
            shown.collect()
        });
        shown.contains(&(channel, name))
    }

    /// The release that a finding is about; nothing where it is about none in question.
    pub(crate) fn case_of(&self, finding: &Finding) -> Option<&Case<'a>> {
        let key = (finding.version.clone()?, finding.line.as_ref()?);
        let positions = self.positions.get_or_init(|| {
            let cases = self.cases.iter().enumerate();
            cases
                .map(|(at, case)| ((case.text(), &case.line.name), at))
                .collect()
        });
        self.cases.get(*positions.get(&key)?)
    }

    /// Which of the policy's waivers this one is.
    pub(crate) fn number_of(&self, waiver: &Waiver) -> Option<usize> {
        let mut all = self.policy.waivers.iter();
        all.position(|other| std::ptr::eq(other, waiver))
    }

    /// Whether the judged environment needs a channel.
    pub(crate) fn requires(&self, channel: &Name) -> bool {
        is_required(self.policy, self.environment, channel)
    }

    /// Every version of a line that the leading channel announces, in the line's scheme.
    pub(crate) fn announced(&self, line: &Name) -> Vec<Cow<'a, Version>> {
        let leading = |view: &ChannelView<'_>| view.channel.name == self.policy.announced_by;
        let Some(position) = self.view.channels.iter().position(leading) else {
            return Vec::new();
        };
        let Some((naming, index)) = self.names.of(position, line) else {
            return Vec::new();
        };
        let versions = index.releases.iter().map(|(_, version)| version);
        versions
            .filter_map(|version| match version.scheme() == naming.line_scheme() {
                true => Some(Cow::Borrowed(version)),
                false => version.convert(naming.line_scheme()).ok().map(Cow::Owned),
            })
            .collect()
    }

    /// Required channels.
    pub(crate) fn required_views(&self) -> impl Iterator<Item = &'a ChannelView<'a>> {
        let view = self.view;
        view.channels
            .iter()
            .filter(|channel| self.requires(&channel.channel.name))
    }
}

/// Whether an environment of a policy needs a channel.
pub(super) fn is_required(
    policy: &Policy,
    environment: Option<&Environment>,
    channel: &Name,
) -> bool {
    *channel == policy.announced_by
        || environment.is_none_or(|environment| environment.requires.contains(channel))
}
