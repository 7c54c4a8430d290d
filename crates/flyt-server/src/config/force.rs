//! What is in force: each setting with where it came from, and what contradicts itself.

use super::Cli;
use super::file::{self, File};
use clap::parser::ValueSource;
use clap::{ArgMatches, CommandFactory as _, FromArgMatches as _};
use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

/// Instead of a secret.
const MASK: &str = "(set)";

/// A setting with its value and where that came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Setting {
    /// Its name in `flyt.toml`.
    pub(crate) name: String,
    /// Its value; `None`: not set.
    pub(crate) value: Option<String>,
    /// `--listen`, `FLYT_LISTEN`, the path of the file, or `default`.
    pub(crate) from: String,
}

/// The command line as it was understood.
pub(crate) struct Read {
    pub(crate) cli: Cli,
    pub(crate) settings: Vec<Setting>,
    pub(crate) file: Option<PathBuf>,
}

/// Why it was not understood.
pub(crate) enum Misread {
    /// clap's own words, help and version among them.
    Clap(clap::Error),
    /// Ours.
    Told(String),
}
impl From<clap::Error> for Misread {
    fn from(error: clap::Error) -> Self {
        Self::Clap(error)
    }
}

/// Reads the command line, the environment and the file.
pub(crate) fn read(words: &[OsString]) -> Result<Read, Misread> {
    let first = Cli::command().try_get_matches_from(words)?;
    let asked = first.try_get_one::<PathBuf>("config").ok().flatten();
    let data = leaf(&first)
        .try_get_raw("data")
        .ok()
        .flatten()
        .and_then(|mut v| v.next());
    let file = File::find(asked.map(PathBuf::as_path), data, &Cli::command()).map_err(Misread::Told)?;
    let matches = file.apply(Cli::command()).try_get_matches_from(words)?;
    let settings = in_force(leaf(&matches), &file);
    contradiction(&settings).map_or(Ok(()), |told| Err(Misread::Told(told)))?;
    Ok(Read {
        cli: Cli::from_arg_matches(&matches)?,
        settings,
        file: file.path,
    })
}

/// The innermost subcommand: its flags are the settings.
fn leaf(matches: &ArgMatches) -> &ArgMatches {
    matches.subcommand().map_or(matches, |(_, inner)| leaf(inner))
}

/// Every setting that this subcommand knows.
fn in_force(matches: &ArgMatches, file: &File) -> Vec<Setting> {
    let command = Cli::command();
    let mut all = Vec::new();
    for arg in file::known(&command) {
        let name = arg.get_id().as_str();
        let Ok(values) = matches.try_get_raw(name) else {
            continue; // not a setting of this subcommand
        };
        let given: Option<String> = values
            .and_then(|mut v| v.next())
            .map(|v: &OsStr| v.to_string_lossy().into_owned());
        let from = match matches.value_source(name) {
            Some(ValueSource::CommandLine) => format!("--{}", name.replace('_', "-")),
            Some(ValueSource::EnvVariable) => arg
                .get_env()
                .map_or_else(String::new, |e| e.to_string_lossy().into_owned()),
            _ if file.settings.contains_key(name) => file
                .path
                .as_ref()
                .map_or_else(String::new, |p| p.display().to_string()),
            _ => "default".to_owned(),
        };
        let secret = arg.is_hide_env_values_set();
        all.push(Setting {
            name: name.to_owned(),
            value: given.map(|v| if secret { masked(&v) } else { v }),
            from,
        });
    }
    all
}

/// A secret, or a URL with one in it: what may be shown of it.
fn masked(value: &str) -> String {
    match url::Url::parse(value) {
        Ok(url) if url.has_host() => {
            let port = url.port().map_or_else(String::new, |p| format!(":{p}"));
            let who = if url.username().is_empty() { "" } else { "…@" };
            format!(
                "{}://{who}{}{port}",
                url.scheme(),
                url.host_str().unwrap_or_default()
            )
        }
        _ => MASK.to_owned(),
    }
}

/// The first thing that cannot be meant.
fn contradiction(settings: &[Setting]) -> Option<String> {
    let given = |name: &str| {
        settings
            .iter()
            .find(|s| s.name == name && s.from != "default" && s.value.is_some())
    };
    let value = |name: &str| given(name).and_then(|s| s.value.as_deref());
    if let (Some(data), Some(url)) = (given("data"), given("database_url")) {
        return Some(format!(
            "`data` ({}) and `database_url` ({}) are both set: the data lie in a folder or in PostgreSQL, so take one away",
            data.from, url.from
        ));
    }
    if let Some(role) = given("role").filter(|r| r.value.as_deref() != Some("all")) {
        let word = role.value.as_deref().unwrap_or_default();
        if let Some(clock) = given("test_clock") {
            return Some(format!(
                "`role = {word}` ({}) and `test_clock` ({}) are both set: a test clock has one process that does everything",
                role.from, clock.from
            ));
        }
        if given("database_url").is_none() {
            return Some(format!(
                "`role = {word}` ({}) is for several processes on one PostgreSQL: give `database_url`, or leave the role out",
                role.from
            ));
        }
    }
    if let Some(old) = given("secret_key_old")
        && value("secret_key").is_none()
    {
        return Some(format!(
            "`secret_key_old` ({}) is set without `secret_key`: it is the key before that one",
            old.from
        ));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn setting(name: &str, value: &str, from: &str) -> Setting {
        Setting {
            name: name.to_owned(),
            value: Some(value.to_owned()),
            from: from.to_owned(),
        }
    }

    #[test]
    fn a_secret_is_not_shown_and_its_host_is() {
        assert_eq!(
            masked("smtp://user:pass@mail.check.example:587"),
            "smtp://…@mail.check.example:587"
        );
        assert_eq!(masked("flyt_platform_x"), "(set)");
    }

    #[test]
    fn what_cannot_be_meant_is_refused_with_where_it_stands() {
        let both = [
            setting("data", "d", "flyt.toml"),
            setting("database_url", "x", "FLYT_DATABASE_URL"),
        ];
        let told = contradiction(&both).unwrap();
        assert!(
            told.contains("(flyt.toml)") && told.contains("(FLYT_DATABASE_URL)"),
            "{told}"
        );
        let usual = [
            setting("data", "flyt-data", "default"),
            setting("database_url", "x", "--database-url"),
        ];
        assert_eq!(contradiction(&usual), None);
        let worker = [setting("role", "worker", "--role")];
        assert!(contradiction(&worker).unwrap().contains("PostgreSQL"));
        let clock = [
            setting("role", "worker", "--role"),
            setting("test_clock", "x", "--test-clock"),
        ];
        assert!(contradiction(&clock).unwrap().contains("test clock"));
        assert!(contradiction(&[setting("secret_key_old", "x", "FLYT_SECRET_KEY_OLD")]).is_some());
    }
}
