//! The voices that a dispatch may choose for its call.

use parlor_voice_agent::is_voice_name;
use serde_json::Value;

/// The key of the dispatch metadata that names a voice: `{"voice": "alba"}`.
const KEY: &str = "voice";

/// The voices that a dispatch may choose for its call.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Voices {
    /// No choice: the agent keeps its own voice.
    #[default]
    Own,
    /// Every voice of the API.
    All,
    /// The listed voices.
    Listed(Vec<String>),
}

/// The dispatch asks for a voice that it may not choose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the dispatch asks for a voice that [voice] choices does not allow")]
pub struct VoiceNotAllowed;

impl Voices {
    /// The voice that the dispatch metadata asks for, if it asks for one.
    ///
    /// # Errors
    /// [`VoiceNotAllowed`]
    pub fn choose<'a>(&self, metadata: &'a Value) -> Result<Option<&'a str>, VoiceNotAllowed> {
        let Some(asked) = asked(metadata) else {
            return Ok(None);
        };
        let name = asked.as_str().filter(|name| self.allow(name));
        name.map(Some).ok_or(VoiceNotAllowed)
    }

    /// The voices to offer if the API has those `listed`; `None` if its voices are unknown.
    pub fn offered(&self, listed: Option<&[String]>) -> Vec<String> {
        match (self, listed) {
            (Self::Own, _) | (Self::All, None) => Vec::new(),
            (Self::All, Some(listed)) => listed.to_vec(),
            (Self::Listed(names), None) => names.clone(),
            (Self::Listed(names), Some(listed)) => {
                let names = names.iter().filter(|name| listed.contains(name));
                names.cloned().collect()
            }
        }
    }

    fn allow(&self, name: &str) -> bool {
        match self {
            Self::Own => false,
            Self::All => is_voice_name(name),
            Self::Listed(names) => names.iter().any(|it| it == name),
        }
    }
}

/// The value of the voice key in dispatch metadata, of any type; `None` for null or an empty name.
pub(crate) fn asked(metadata: &Value) -> Option<&Value> {
    let asked = metadata.get(KEY)?;
    let is_none = asked.is_null() || asked.as_str() == Some("");
    (!is_none).then_some(asked)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn listed(names: &[&str]) -> Voices {
        Voices::Listed(names.iter().map(|&it| it.to_owned()).collect())
    }

    #[test]
    fn a_dispatch_gets_only_a_voice_it_may_choose() {
        let metadata = json!({"voice": "alba", "order": 7});
        let choices = listed(&["vera", "alba"]);
        assert_eq!(choices.choose(&metadata), Ok(Some("alba")));
        assert_eq!(Voices::All.choose(&metadata), Ok(Some("alba")));
        assert_eq!(Voices::Own.choose(&metadata), Err(VoiceNotAllowed));
        assert_eq!(listed(&["vera"]).choose(&metadata), Err(VoiceNotAllowed));
    }

    #[test]
    fn metadata_without_a_voice_asks_for_none() {
        for metadata in [
            json!({}),
            json!({"voice": null}),
            json!({"voice": ""}),
            json!({"order": {"voice": "alba"}}),
            json!("voice"),
            json!(["voice"]),
            Value::Null,
        ] {
            assert_eq!(Voices::Own.choose(&metadata), Ok(None), "{metadata}");
        }
    }

    #[test]
    fn an_invalid_voice_name_is_never_chosen() {
        let long = "a".repeat(65);
        for voice in [
            json!("alba\n"),
            json!("{{ env.KEY }}"),
            json!(" "),
            json!(long),
            json!(7),
            json!(["alba"]),
            json!({"name": "alba"}),
        ] {
            let metadata = json!({ "voice": voice });
            assert_eq!(
                Voices::All.choose(&metadata),
                Err(VoiceNotAllowed),
                "{metadata}"
            );
        }
    }

    #[test]
    fn only_voices_of_both_the_api_and_the_file_are_offered() {
        let api = ["alba", "vera", "reid"].map(str::to_owned);
        let offered = |voices: &Voices, api: Option<&[String]>| voices.offered(api).join(" ");
        let file = listed(&["vera", "ivy", "alba"]);
        assert_eq!(
            offered(&file, Some(&api)),
            "vera alba",
            "in the file's order"
        );
        assert_eq!(offered(&file, None), "vera ivy alba");
        assert_eq!(offered(&Voices::All, Some(&api)), "alba vera reid");
        assert_eq!(offered(&Voices::All, None), "");
        assert_eq!(offered(&Voices::Own, Some(&api)), "");
    }
}
