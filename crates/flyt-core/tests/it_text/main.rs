//! Texts: formats, templates, letters, the reading of conditions and actions.

mod formats;
