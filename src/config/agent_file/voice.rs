//! `[voice]` of the agent file: the agent's voice, and the voices that a dispatch may choose.

use std::collections::HashSet;

use parlor_core::wire::agent::{Format, Output};
use parlor_voice_agent::is_voice_name;
use serde::Deserialize;

use crate::definition::Voices;

/// Maximum number of entries in `choices`.
const MOST_CHOICES: usize = 100;

/// Value of `choices` that allows every voice of the API.
const ALL: &str = "all";

/// `[voice]`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Voice {
    name: Option<String>,
    volume: Option<i64>,
    choices: Option<Choices>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(untagged, expecting = "must be \"all\" or a list of voice names")]
enum Choices {
    Word(String),
    Names(Vec<String>),
}

impl Voice {
    pub(super) fn output(&self) -> Output {
        Output {
            voice: self.name.clone(),
            format: Some(Format::PCM),
            // The largest value is out of range, too, and is reported as such.
            volume: self.volume.map(|it| u8::try_from(it).unwrap_or(u8::MAX)),
        }
    }

    pub(super) fn voices(&self) -> Voices {
        match &self.choices {
            None => Voices::Own,
            Some(Choices::Word(_)) => Voices::All,
            Some(Choices::Names(names)) => Voices::Listed(names.clone()),
        }
    }

    pub(super) fn problems(&self) -> Vec<String> {
        let wrong = match &self.choices {
            Some(Choices::Word(word)) if word != ALL => {
                vec!["must be \"all\" or a list of voice names"]
            }
            Some(Choices::Names(names)) => names_wrong(names),
            Some(Choices::Word(_)) | None => Vec::new(),
        };
        let wrong = wrong.into_iter();
        wrong.map(|why| format!("[voice] choices {why}")).collect()
    }
}

fn names_wrong(names: &[String]) -> Vec<&'static str> {
    let mut seen = HashSet::new();
    let cases = [
        (names.is_empty(), "must contain a voice, or be left out"),
        (names.len() > MOST_CHOICES, "must have at most 100 entries"),
        (
            !names.iter().all(|name| is_voice_name(name)),
            "must be voice names: at most 64 letters, digits, - and _",
        ),
        (
            names.iter().any(|name| name == ALL),
            "must be \"all\" without brackets to allow every voice",
        ),
        (
            !names.iter().all(|name| seen.insert(name)),
            "must not contain a voice twice",
        ),
    ];
    let wrong = cases.into_iter().filter(|(is_wrong, _)| *is_wrong);
    wrong.map(|(_, why)| why).collect()
}
