//! What can go wrong, named by who must act. How drivers' errors become these is in `engine.rs`.

/// The result of everything in this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Who must act: the caller (`Conflict`, `Refused`), nobody (`Again`: repeat it), the operator (`Unavailable`, `Newer`),
/// we (`Bug`).
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
pub enum Error {
    /// A unique key is taken.
    #[error("already there: {0}")]
    Conflict(String),
    /// What was asked for makes no sense here.
    #[error("refused: {0}")]
    Refused(String),
    /// A race was lost too often; the same call may succeed.
    #[error("must be tried again: {0}")]
    Again(String),
    /// The database cannot be used: gone, full, broken or stopping. When a commit was under way, it may have happened.
    #[error("the store is not available: {0}")]
    Unavailable(String),
    /// The data were written by a newer version of the program, or a migration was changed after it ran.
    #[error("this program is not the one for these data: {0}")]
    Newer(String),
    /// A mistake in this program.
    #[error("a bug in the program: {0}")]
    Bug(String),
}

impl Error {
    /// The answer of a store that is closed.
    pub(crate) fn stopped() -> Self {
        Self::Unavailable("the store has stopped".into())
    }
}
