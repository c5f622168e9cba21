//! How one channel names the releases of one line, rendered forward.

use std::borrow::Cow;

use super::plus::is_tag;
use super::{Incomparable, Plus, Scheme, Template, Version};
use crate::model::visible;

/// How one channel names the releases of one line of one component.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Naming {
    line_scheme: Scheme,
    channel_scheme: Scheme,
    component: String,
    templates: Vec<Template>,
    /// The positions of `templates`, those with the most fixed characters first.
    by_weight: Vec<usize>,
    plus: Plus,
    /// The longest first, so that `alpine-slim` is not taken for `slim`.
    variants: Vec<String>,
    floating: Vec<Template>,
    oci_tags: bool,
}

/// The name of one declared variant of a release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VariantName {
    /// The suffix without its hyphen, such as `alpine`.
    pub variant: String,
    /// The whole name.
    pub name: String,
}

impl Naming {
    /// The naming of a channel whose names are read under `channel_scheme` (PyPI's as PEP 440,
    /// npm's as SemVer, otherwise the line's own), for a line that declares `line_scheme`.
    ///
    /// `variants` are suffixes with or without their leading hyphen. `plus` counts only where
    /// `oci_tags` says that names are image tags.
    #[expect(
        clippy::too_many_arguments,
        reason = "each is one key of the policy file"
    )]
    pub fn new(
        line_scheme: Scheme,
        channel_scheme: Scheme,
        component: impl Into<String>,
        templates: Vec<Template>,
        plus: Plus,
        variants: Vec<String>,
        floating: Vec<Template>,
        oci_tags: bool,
    ) -> Self {
        let component = component.into();
        let mut by_weight: Vec<usize> = (0..templates.len()).collect();
        by_weight.sort_by_key(|&at| std::cmp::Reverse(templates[at].weight(&component)));
        let mut variants: Vec<String> = variants
            .into_iter()
            .map(|variant| {
                variant
                    .strip_prefix('-')
                    .map_or(variant.clone(), str::to_owned)
            })
            .filter(|variant| !variant.is_empty())
            .collect();
        variants.sort_by_key(|variant| std::cmp::Reverse(variant.len()));
        Self {
            line_scheme,
            channel_scheme,
            component,
            templates,
            by_weight,
            plus,
            variants,
            floating,
            oci_tags,
        }
    }

    /// Every exact name to look up for this release, in the order of the templates and without
    /// repetition.
    ///
    /// # Errors
    /// [`Incomparable`] when the version has no form in the channel's scheme, holds a `+` that the
    /// channel rejects, or makes no valid image tag.
    pub fn exact(&self, version: &Version) -> Result<Vec<String>, Incomparable> {
        let converted = self.in_channel(version)?;
        let text = self.rendered(&converted)?;
        self.fill(&text)
    }

    /// [`Naming::exact`] and [`Naming::key`] at once.
    ///
    /// # Errors
    /// As both.
    pub fn exact_and_key<'v>(
        &self,
        version: &'v Version,
    ) -> Result<(Vec<String>, Cow<'v, str>), Incomparable> {
        let converted = self.in_channel(version)?;
        let names = self.fill(&self.rendered(&converted)?)?;
        Ok((names, self.key_in_channel(converted)?))
    }

    /// The names of the declared variants of this release, under the first template.
    ///
    /// # Errors
    /// As [`Naming::exact`].
    pub fn variant_names(&self, version: &Version) -> Result<Vec<VariantName>, Incomparable> {
        let converted = self.in_channel(version)?;
        let text = self.rendered(&converted)?;
        let mut names = Vec::new();
        for variant in &self.variants {
            if let Some(name) = self.fill(&format!("{text}-{variant}"))?.into_iter().next() {
                names.push(VariantName {
                    variant: variant.clone(),
                    name,
                });
            }
        }
        Ok(names)
    }

    /// The canonical key of this release in the channel: two releases of the line with one key
    /// cannot be told apart there.
    ///
    /// That is the [`Version::key`] in the channel's scheme of what the channel's names hold, so
    /// `plus = "drop"` gives `1.2.3+a` and `1.2.3+b` one key.
    ///
    /// # Errors
    /// As [`Naming::exact`].
    pub fn key<'v>(&self, version: &'v Version) -> Result<Cow<'v, str>, Incomparable> {
        self.key_in_channel(self.in_channel(version)?)
    }

    fn key_in_channel<'v>(
        &self,
        converted: Cow<'v, Version>,
    ) -> Result<Cow<'v, str>, Incomparable> {
        let own = |converted: Cow<'v, Version>| match converted {
            Cow::Borrowed(version) => Cow::Borrowed(version.key()),
            Cow::Owned(version) => Cow::Owned(version.into_key()),
        };
        if !self.oci_tags || !converted.text().contains('+') {
            return Ok(own(converted));
        }
        let text = self.rendered(&converted)?;
        // `_` is read back as `+` in these two; everywhere else the tag is what it looks like.
        if self.decodes_underscore() {
            drop(text);
            return Ok(own(converted));
        }
        Ok(Cow::Owned(
            match Version::parse(&text, self.channel_scheme) {
                Ok(seen) => seen.into_key(),
                Err(_) => text.into_owned(),
            },
        ))
    }

    /// The scheme that the line declares.
    pub const fn line_scheme(&self) -> Scheme {
        self.line_scheme
    }

    /// The scheme that the channel's names are read under.
    pub const fn channel_scheme(&self) -> Scheme {
        self.channel_scheme
    }

    /// The component that `{name}` stands for.
    pub fn component(&self) -> &str {
        &self.component
    }

    /// The templates of exact names, in the order of the policy.
    pub fn templates(&self) -> &[Template] {
        &self.templates
    }

    /// The declared variants without their hyphen, the longest first.
    pub fn variants(&self) -> &[String] {
        &self.variants
    }

    /// Whether names are image tags.
    pub const fn has_oci_tags(&self) -> bool {
        self.oci_tags
    }

    /// What becomes of `+` in an image tag.
    pub const fn plus(&self) -> Plus {
        self.plus
    }

    pub(super) fn floating_templates(&self) -> &[Template] {
        &self.floating
    }

    /// The templates that say most first: `release-{version}` before `{version}`.
    pub(super) fn templates_by_weight(&self) -> impl Iterator<Item = &Template> {
        self.by_weight
            .iter()
            .filter_map(|&at| self.templates.get(at))
    }

    /// Whether a `_` in a tag is a `+` of the version, without doubt.
    pub(super) fn decodes_underscore(&self) -> bool {
        self.oci_tags
            && self.plus == Plus::Underscore
            && matches!(self.channel_scheme, Scheme::Semver | Scheme::Pep440)
    }

    /// The version in the channel's scheme.
    pub(super) fn in_channel<'v>(
        &self,
        version: &'v Version,
    ) -> Result<Cow<'v, Version>, Incomparable> {
        if version.scheme() != self.line_scheme && version.scheme() != self.channel_scheme {
            return Err(Incomparable::no_form(
                version.text(),
                self.line_scheme,
                "it was read under another scheme than the line declares",
            ));
        }
        if version.scheme() == self.channel_scheme {
            return Ok(Cow::Borrowed(version));
        }
        version.convert(self.channel_scheme).map(Cow::Owned)
    }

    /// The text that fills `{version}` in this channel.
    pub(super) fn rendered<'v>(&self, version: &'v Version) -> Result<Cow<'v, str>, Incomparable> {
        let bare = version.bare_text();
        if !self.oci_tags {
            return Ok(Cow::Borrowed(bare));
        }
        // PEP 440 allows `_` as a separator; a tag in which `_` means `+` must not hold such a one.
        let spelled = if self.decodes_underscore() && bare.contains('_') {
            version.normal_text()
        } else {
            Cow::Borrowed(bare)
        };
        match self.plus.apply(&spelled) {
            Some(Cow::Borrowed(same)) if same.len() == spelled.len() => Ok(spelled),
            Some(applied) => Ok(Cow::Owned(applied.into_owned())),
            None => {
                let why = if self.plus == Plus::Reject {
                    "an image tag cannot hold `+`; say with `plus` what becomes of it"
                } else {
                    "nothing is left of it when `+` and what follows is dropped"
                };
                Err(Incomparable::no_form(
                    version.text(),
                    self.channel_scheme,
                    why,
                ))
            }
        }
    }

    fn fill(&self, text: &str) -> Result<Vec<String>, Incomparable> {
        let mut names: Vec<String> = Vec::with_capacity(self.templates.len());
        for template in &self.templates {
            let name = template.render(&self.component, text);
            if self.oci_tags && !is_tag(&name) {
                return Err(Incomparable::new(format!(
                    "`{}` is not an image tag: at most 128 of A-Z a-z 0-9 _ . -, not beginning \
                     with . or -",
                    visible(&name, 160)
                )));
            }
            if !names.contains(&name) {
                names.push(name);
            }
        }
        Ok(names)
    }
}

#[cfg(test)]
mod tests;
