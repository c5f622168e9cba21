//! The files `~/.aws/config` and `~/.aws/credentials`: profiles and their settings.
//!
//! Source: AWS SDKs and Tools Reference Guide, "Shared config and credentials files".

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::observe::Environment;
use crate::observe::environment::configuration_file;

/// The settings of one profile. Not printable: they hold keys.
pub(super) type Profile = BTreeMap<String, String>;

/// All profiles by name.
pub(super) struct Profiles {
    profiles: BTreeMap<String, Profile>,
}

impl Profiles {
    /// Reads `AWS_CONFIG_FILE` and `AWS_SHARED_CREDENTIALS_FILE`, else those in `~/.aws`. A setting
    /// that both have counts as the credentials file has it.
    pub(super) fn of_environment(environment: &Environment) -> Self {
        let mut profiles = BTreeMap::new();
        let sections = |text: &str, config| sections(text, config);
        for (variable, name, config) in [
            ("AWS_CONFIG_FILE", "config", true),
            ("AWS_SHARED_CREDENTIALS_FILE", "credentials", false),
        ] {
            let home = || Some(environment.home()?.join(".aws").join(name));
            let path = match environment.get(variable) {
                Some(path) => Some(in_home(environment, path)),
                None => home(),
            };
            let Some(text) = path.and_then(|path| configuration_file(&path)) else {
                continue;
            };
            for (profile, settings) in sections(&text, config) {
                let known: &mut Profile = profiles.entry(profile).or_default();
                known.extend(settings);
            }
        }
        Self { profiles }
    }

    pub(super) fn get(&self, name: &str) -> Option<&Profile> {
        self.profiles.get(name)
    }
}

/// A path whose `~/` is the home folder.
pub(super) fn in_home(environment: &Environment, path: &str) -> PathBuf {
    match (path.strip_prefix("~/"), environment.home()) {
        (Some(rest), Some(home)) => home.join(rest),
        _ => PathBuf::from(path),
    }
}

/// The profiles of one file. The config file writes `[profile name]`, except for `[default]`; other
/// sections of it (`[sso-session x]`, `[services x]`) are no profiles.
fn sections(text: &str, config: bool) -> Vec<(String, Profile)> {
    let mut sections: Vec<(String, Profile)> = Vec::new();
    let mut inside = false;
    for line in text.lines() {
        let trimmed = line.trim();
        if trimmed.is_empty() || trimmed.starts_with(['#', ';']) {
            continue;
        }
        if let Some(header) = trimmed.strip_prefix('[') {
            let header = header.split(']').next().unwrap_or_default();
            let name = profile_name(header, config);
            inside = name.is_some();
            sections.extend(name.map(|name| (name, Profile::new())));
            continue;
        }
        // An indented line goes on with the setting before it (`s3 =` and its own settings).
        if !inside || line.starts_with([' ', '\t']) {
            continue;
        }
        let setting = trimmed.split_once('=');
        if let (Some((key, value)), Some((_, profile))) = (setting, sections.last_mut()) {
            profile.insert(key.trim().to_ascii_lowercase(), value.trim().to_owned());
        }
    }
    sections
}

fn profile_name(header: &str, config: bool) -> Option<String> {
    let header = header.trim();
    let name = match (header.strip_prefix("profile"), config) {
        (Some(rest), true) if rest.starts_with([' ', '\t']) => rest.trim(),
        (_, true) if header == "default" => header,
        (_, true) => return None,
        (_, false) => header,
    };
    Some(name.trim_matches(['"', '\'']).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn profiles_are_read_from_both_files_and_credentials_go_first() {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str, text: &str| {
            let path = folder.path().join(name);
            std::fs::write(&path, text).unwrap();
            path.to_str().unwrap().to_owned()
        };
        let config = "# c\n[default]\nregion = eu-west-1\n[profile \"prod east\"]\nrole_arn=arn:x\ns3 =\n  addressing_style = path\n; c\n[sso-session x]\nregion = no\n[prod]\nregion = no\n";
        let credentials = "[default]\nAWS_Access_Key_ID = AKIA1\naws_secret_access_key = a=b\nregion = us-east-1\n";
        let environment = Environment::empty()
            .with("AWS_CONFIG_FILE", file("config", config))
            .with(
                "AWS_SHARED_CREDENTIALS_FILE",
                file("credentials", credentials),
            );
        let profiles = Profiles::of_environment(&environment);
        let default = profiles.get("default").unwrap();
        assert_eq!(default["aws_access_key_id"], "AKIA1");
        assert_eq!(default["aws_secret_access_key"], "a=b");
        assert_eq!(default["region"], "us-east-1");
        let east = profiles.get("prod east").unwrap();
        assert_eq!(east["role_arn"], "arn:x");
        assert!(!east.contains_key("addressing_style"));
        assert!(profiles.get("prod").is_none() && profiles.get("x").is_none());
    }

    #[test]
    fn files_of_the_home_folder_are_the_usual_ones() {
        let home = tempfile::tempdir().unwrap();
        std::fs::create_dir(home.path().join(".aws")).unwrap();
        std::fs::write(home.path().join(".aws/credentials"), "[a]\nx = 1\n").unwrap();
        let environment = Environment::empty().with("HOME", home.path().to_str().unwrap());
        assert!(Profiles::of_environment(&environment).get("a").is_some());
        let elsewhere = environment.with("AWS_SHARED_CREDENTIALS_FILE", "/nowhere");
        assert!(Profiles::of_environment(&elsewhere).get("a").is_none());
    }
}
