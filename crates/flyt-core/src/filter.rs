//! Filters: the simple "only if" of a workflow, `any_of` / `none_of` (extras also `all_of`) over what a booking points to.

use crate::id::{ExtraId, LocationId, ResourceId, ServiceId};
use crate::language::Language;
use serde::{Deserialize, Serialize};

/// One filter. Empty lists mean any.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Filter<T> {
    /// At least one of these.
    #[serde(default = "Vec::new")]
    pub any_of: Vec<T>,
    /// None of these.
    #[serde(default = "Vec::new")]
    pub none_of: Vec<T>,
    /// Every one of these (extras only).
    #[serde(default = "Vec::new")]
    pub all_of: Vec<T>,
}
impl<T> Default for Filter<T> {
    fn default() -> Self {
        Self {
            any_of: Vec::new(),
            none_of: Vec::new(),
            all_of: Vec::new(),
        }
    }
}

/// All filters of a workflow. Values are ids; `reading` resolves external ids before they come here.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Filters {
    /// Where.
    #[serde(default)]
    pub location: Filter<LocationId>,
    /// With whom or which.
    #[serde(default)]
    pub resource: Filter<ResourceId>,
    /// What.
    #[serde(default)]
    pub service: Filter<ServiceId>,
    /// Add-ons.
    #[serde(default)]
    pub extras: Filter<ExtraId>,
    /// Status keys.
    #[serde(default)]
    pub status: Filter<String>,
    /// Language of the booking, else of the customer.
    #[serde(default)]
    pub language: Filter<Language>,
}
