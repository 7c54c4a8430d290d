//! Why a command was not carried out, told by who must act.

use flyt_core::id::{KeyId, RunId, SourceId, UserId};
use flyt_core::invalid::Invalid;

/// Why nothing was written.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Refusal {
    /// The caller: the input has these faults.
    #[error("the input has faults: {0:?}")]
    Invalid(Vec<Invalid>),
    /// The caller: there is no such thing in this business.
    #[error("there is no such thing here")]
    NotFound,
    /// The caller: it stands against what is there.
    #[error("{detail}")]
    Conflict {
        /// A stable word.
        code: &'static str,
        /// A sentence.
        detail: String,
        /// The id of what stands in the way.
        id: Option<String>,
    },
    /// The caller: somebody else changed it meanwhile.
    #[error("it has been changed since it was read")]
    Precondition,
    /// Nobody: the store asks for another try.
    #[error("the store asks for another try")]
    Again(flyt_store::Error),
    /// The operator: the store or the disk.
    #[error("{0}")]
    Unavailable(String),
    /// We.
    #[error("a bug in Flyt: {0}")]
    Bug(String),
}
impl Refusal {
    /// One fault of the input.
    pub fn invalid(pointer: &str, code: &'static str, message: impl Into<String>) -> Self {
        Self::Invalid(vec![Invalid {
            pointer: pointer.to_owned(),
            code,
            message: message.into(),
            suggestion: None,
        }])
    }
    /// Another unit wrote it between our reading and our writing: the unit runs again and reads anew.
    pub(crate) fn overtaken() -> Self {
        Self::Again(flyt_store::Error::Again("it was written meanwhile".to_owned()))
    }
    /// Something stands in the way.
    pub fn conflict(code: &'static str, detail: impl Into<String>, id: Option<String>) -> Self {
        Self::Conflict {
            code,
            detail: detail.into(),
            id,
        }
    }
}

/// Who acts. Every command carries one, and its audit row names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Actor {
    /// The operator's key.
    Platform,
    /// A key of the business.
    Key(KeyId),
    /// A person of the business.
    User(UserId),
    /// A person who runs the installation.
    Admin(UserId),
    /// A customer through a link.
    Customer,
    /// A run of a workflow.
    Run(RunId),
    /// A booking system beside us.
    Adapter(SourceId),
    /// Flyt itself.
    System,
}
impl Actor {
    /// Whether the operator of the installation acts, by key or in person.
    pub fn is_operator(self) -> bool {
        matches!(self, Self::Platform | Self::Admin(_))
    }
}
impl std::fmt::Display for Actor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Platform => f.write_str("platform"),
            Self::Key(id) => id.fmt(f),
            Self::User(id) | Self::Admin(id) => id.fmt(f),
            Self::Customer => f.write_str("customer"),
            Self::Run(id) => id.fmt(f),
            Self::Adapter(id) => id.fmt(f),
            Self::System => f.write_str("system"),
        }
    }
}

/// Who acts in which business.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Caller {
    /// The business, by its small number.
    pub business_no: i64,
    /// Who.
    pub actor: Actor,
}

/// What a command left.
#[derive(Debug, Clone)]
pub struct Written<T> {
    /// The thing as it is now.
    pub value: T,
    /// Whether it is new.
    pub created: bool,
    /// Whether anything changed.
    pub changed: bool,
    /// What was accepted but is worth saying.
    pub warnings: Vec<Invalid>,
}
impl<T> Written<T> {
    /// The same write of another form of its value.
    pub fn map<U>(self, form: impl FnOnce(T) -> U) -> Written<U> {
        Written {
            value: form(self.value),
            created: self.created,
            changed: self.changed,
            warnings: self.warnings,
        }
    }
}

/// Which thing a command is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target<Id> {
    /// One to be made.
    New,
    /// One with this id.
    Id(Id),
    /// One with this external id.
    External(String),
}

/// What the caller asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    /// POST: it must not exist.
    Create,
    /// PATCH: it must exist.
    Patch,
    /// PUT: made if it is missing, else patched.
    Put,
}

impl From<flyt_store::Error> for Refusal {
    fn from(error: flyt_store::Error) -> Self {
        match error {
            flyt_store::Error::Again(_) => Self::Again(error),
            flyt_store::Error::Conflict(text) => Self::Conflict {
                code: "conflict",
                detail: text,
                id: None,
            },
            flyt_store::Error::Unavailable(text) => Self::Unavailable(text),
            flyt_store::Error::Refused(_) | flyt_store::Error::Newer(_) | flyt_store::Error::Bug(_) => {
                Self::Bug(error.to_string())
            }
        }
    }
}

/// Whether a write may go on: PATCH and a target by id need something that is there, and `expect` is its revision.
pub(crate) fn admit<Id>(
    target: &Target<Id>,
    verb: Verb,
    revision: Option<i64>,
    expect: Option<i64>,
) -> Result<(), Refusal> {
    if revision.is_none() && (verb == Verb::Patch || matches!(target, Target::Id(_))) {
        return Err(Refusal::NotFound);
    }
    if expect.is_some_and(|wanted| revision != Some(wanted)) {
        return Err(Refusal::Precondition);
    }
    Ok(())
}
