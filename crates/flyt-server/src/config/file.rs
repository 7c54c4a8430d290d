//! `flyt.toml`: the same names as the flags, with `_` for `-`. What stands in it becomes the default of its flag, so flags and
//! variables go before it. A name that no flag has is refused.

use clap::{Arg, Command};
use flyt_core::invalid::nearest;
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

/// A file to begin with: every setting, commented, with its default.
pub(crate) const DEFAULTS: &str = include_str!("../../config.default.toml");
/// How the file is called where it is looked for.
const NAME: &str = "flyt.toml";
/// The subcommand whose settings a file may hold: it has all of them.
const WHOLE: &str = "serve";

/// A file that was read.
#[derive(Debug, Clone, Default)]
pub(crate) struct File {
    /// Where it lies; `None`: there is none.
    pub(crate) path: Option<PathBuf>,
    /// Its settings, as a flag would be given.
    pub(crate) settings: BTreeMap<String, String>,
}

impl File {
    /// Reads `asked`, else `./flyt.toml`, else the one in `data`. Only the first has to be there.
    pub(crate) fn find(
        asked: Option<&Path>,
        data: Option<&OsStr>,
        command: &Command,
    ) -> Result<Self, String> {
        let beside = data.map(|data| Path::new(data).join(NAME));
        let places = [Some(PathBuf::from(NAME)), beside];
        let path = match asked {
            Some(path) => Some(path.to_owned()),
            None => places.into_iter().flatten().find(|path| path.is_file()),
        };
        let Some(path) = path else {
            return Ok(Self::default());
        };
        let text =
            std::fs::read_to_string(&path).map_err(|e| format!("cannot read {}: {e}", path.display()))?;
        let settings = read(&text, command).map_err(|e| format!("{}: {e}", path.display()))?;
        Ok(Self {
            path: Some(path),
            settings,
        })
    }

    /// The command with the file's settings as defaults, in all its subcommands.
    pub(crate) fn apply(&self, command: Command) -> Command {
        let names: Vec<String> = command
            .get_subcommands()
            .map(|c| c.get_name().to_owned())
            .collect();
        let mut command = command.mut_args(|arg| match self.settings.get(arg.get_id().as_str()) {
            Some(value) if arg.get_env().is_some() => arg.default_value(value.clone()),
            Some(_) | None => arg,
        });
        for name in names {
            command = command.mut_subcommand(name, |sub| self.apply(sub));
        }
        command
    }
}

/// The settings that a file may hold.
pub(crate) fn known(command: &Command) -> Vec<&Arg> {
    let whole = command.find_subcommand(WHOLE);
    let args = whole.into_iter().flat_map(Command::get_arguments);
    args.filter(|arg| arg.get_env().is_some() && !arg.is_global_set())
        .collect()
}

fn read(text: &str, command: &Command) -> Result<BTreeMap<String, String>, String> {
    let table: toml::Table = toml::from_str(text).map_err(|e| e.to_string().trim_end().to_owned())?;
    let known: Vec<&str> = known(command).iter().map(|arg| arg.get_id().as_str()).collect();
    let mut settings = BTreeMap::new();
    for (name, value) in table {
        if !known.contains(&name.as_str()) {
            let meant = nearest(&name, known.iter().copied());
            let meant = meant.map_or_else(String::new, |m| format!(" Did you mean `{m}`?"));
            return Err(format!(
                "`{name}` is not a setting.{meant} `flyt check --defaults` prints all of them."
            ));
        }
        let value = match value {
            toml::Value::String(text) => text,
            toml::Value::Boolean(yes) => yes.to_string(),
            toml::Value::Integer(number) => number.to_string(),
            toml::Value::Datetime(instant) => instant.to_string(),
            toml::Value::Float(_) | toml::Value::Array(_) | toml::Value::Table(_) => {
                return Err(format!("`{name}` must be a text, such as {name} = \"…\""));
            }
        };
        settings.insert(name, value);
    }
    Ok(settings)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Cli;
    use clap::CommandFactory as _;

    #[test]
    fn the_printed_file_names_every_setting_and_no_other() {
        let command = Cli::command();
        let all: Vec<String> = DEFAULTS
            .lines()
            .filter_map(|l| l.strip_prefix("#")?.split_once(" = "))
            .map(|(name, _)| name.to_owned())
            .filter(|name| !name.contains(' '))
            .collect();
        let mut wanted: Vec<&str> = known(&command).iter().map(|a| a.get_id().as_str()).collect();
        let mut found: Vec<&str> = all.iter().map(String::as_str).collect();
        wanted.sort_unstable();
        found.sort_unstable();
        assert_eq!(
            found, wanted,
            "config.default.toml and the flags of `flyt serve` differ"
        );
        // Uncommented it is a file that is read.
        let open: String = DEFAULTS
            .lines()
            .map(|l| match l.strip_prefix('#') {
                Some(rest) if rest.starts_with(char::is_alphabetic) => format!("{rest}\n"),
                _ => format!("{l}\n"),
            })
            .collect();
        assert_eq!(read(&open, &command).unwrap().len(), wanted.len());
    }

    #[test]
    fn a_misspelt_setting_is_refused_with_the_right_one() {
        let told = read("listn = \"127.0.0.1:1\"", &Cli::command()).unwrap_err();
        assert!(
            told.contains("`listn`") && told.contains("Did you mean `listen`?"),
            "{told}"
        );
        let told = read("listen = 127", &Cli::command());
        assert_eq!(
            told.unwrap()["listen"],
            "127",
            "the flag says what is wrong with a value"
        );
        assert!(read("listen = ", &Cli::command()).is_err());
        assert!(
            read("[listen]\na = 1", &Cli::command())
                .unwrap_err()
                .contains("must be a text")
        );
    }
}
