//! Languages of one script, told apart by how often groups of letters stand in them.

use super::Found;
use crate::routing::ids::Word;
use lingua::Language::{self, *};
use lingua::{LanguageDetector, LanguageDetectorBuilder};
use std::sync::OnceLock;

/// The languages that have a model, as the roster spells them.
const MODELLED: &[(&str, Language)] = &[
    ("en", English),
    ("es", Spanish),
    ("vi", Vietnamese),
    ("so", Somali),
    ("tl", Tagalog),
    ("fil", Tagalog),
    ("fr", French),
    ("pt", Portuguese),
    ("ro", Romanian),
    ("de", German),
    ("pl", Polish),
    ("sw", Swahili),
    ("ru", Russian),
    ("uk", Ukrainian),
];

/// The likeliest language must reach this, and lead by that, to be believed. Of 1.
const LIKELY: f64 = 0.6;
const LEAD: f64 = 0.2;

/// The models of the languages that are offered; opened when the first text needs them.
pub struct Models {
    offered: Vec<(Word, Language)>,
    detector: OnceLock<LanguageDetector>,
}

impl std::fmt::Debug for Models {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.offered.iter().map(|(code, _)| code)).finish()
    }
}

impl Models {
    pub fn of(offered: &[Word]) -> Models {
        let mut known: Vec<(Word, Language)> = Vec::new();
        for code in offered {
            let model = MODELLED.iter().find(|(tag, _)| *tag == code.as_str());
            if let Some((_, language)) = model
                && !known.iter().any(|(_, other)| other == language)
            {
                known.push((*code, *language));
            }
        }
        Models { offered: known, detector: OnceLock::new() }
    }

    pub fn offers(&self, tag: &str) -> bool {
        self.offered.iter().any(|(code, _)| code.as_str() == tag)
    }

    /// The likeliest language of a text, if it is clear enough to act upon; `None` too where there is nothing to choose
    /// from.
    pub fn clear(&self, text: &str) -> Option<Found> {
        if self.offered.len() < 2 {
            return None; // one language alone would always be the likeliest
        }
        let values = self.detector().compute_language_confidence_values(text);
        let (language, top) = *values.first()?;
        let lead = top - values.get(1).map_or(0.0, |(_, value)| *value);
        let (code, _) = self.offered.iter().find(|(_, known)| *known == language)?;
        let confidence = (top * 100.0).round().clamp(0.0, 100.0) as u8;
        (top >= LIKELY && lead >= LEAD).then_some(Found { code: *code, confidence })
    }

    fn detector(&self) -> &LanguageDetector {
        self.detector.get_or_init(|| {
            let languages: Vec<Language> = self.offered.iter().map(|(_, language)| *language).collect();
            LanguageDetectorBuilder::from_languages(&languages).build()
        })
    }
}
