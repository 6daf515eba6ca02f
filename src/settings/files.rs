//! The texts that an installation brings along instead of those built in.

use super::path;
use crate::document::Place;
use crate::document::section::Section;
use std::path::{Path, PathBuf};

/// Texts to read instead of those built in.
#[derive(Clone, Debug, Default)]
pub struct Files {
    pub plan: Option<PathBuf>,
    pub services: Option<PathBuf>,
    pub roster: Option<PathBuf>,
    pub safety: Option<PathBuf>,
}

/// Whether a file that the settings name can be read.
pub(super) type Opens = fn(&Path) -> std::io::Result<()>;

/// A file that cannot be read is named where the settings name it; the built-in text stands in for it.
pub(super) fn files(top: &Section<'_>, folder: &Path, opens: Opens) -> Files {
    let Some(section) = top.section("files") else { return Files::default() };
    let [plan, services, roster, safety] = ["plan", "services", "roster", "safety"].map(|key| {
        let path = path(&section, key, folder)?;
        let Err(error) = opens(&path) else { return Some(path) };
        let place = &section.node(key).map_or(Place::Whole, |node| node.place.clone());
        let mend = format!("write where it is and let the daemon read it, or remove `{key}` to use the built-in one");
        section.problem(place, format!("the {key} file {} cannot be read: {error}", path.display()), mend);
        None
    });
    section.done();
    Files { plan, services, roster, safety }
}
