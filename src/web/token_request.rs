//! Token requests, and what visitors are granted.

use std::collections::HashMap;
use std::time::Duration;

use parlor_common::random;
use parlor_livekit::token::{AgentDispatch, RoomIdentity, VisitorGrant};
use serde::Deserialize;
use serde_json::Value;

use super::error::Refusal;
use crate::definition::asked_voice;

/// Time within which a token can be used to join; a participant who has joined may stay longer.
const VALID: Duration = Duration::from_secs(600);

/// Maximum length of the name of a room, a participant or an attribute, in bytes.
const MAX_NAME: usize = 128;

/// Maximum length of participant metadata and of dispatch metadata, in bytes.
const MAX_METADATA: usize = 4 << 10;

/// Maximum number of attributes, and maximum length of a value in bytes.
const MAX_ATTRIBUTES: (usize, usize) = (32, 1 << 10);

/// Prefix of attributes reserved by LiveKit, such as the agent's state.
const RESERVED: &str = "lk.";

/// LiveKit's token request; unknown fields are ignored. Contains personal data: do not log.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct TokenRequest {
    #[serde(alias = "roomName")]
    room_name: Option<String>,
    #[serde(alias = "participantIdentity")]
    participant_identity: Option<String>,
    #[serde(alias = "participantName")]
    participant_name: Option<String>,
    #[serde(alias = "participantMetadata")]
    participant_metadata: Option<String>,
    #[serde(alias = "participantAttributes")]
    participant_attributes: Option<HashMap<String, String>>,
    #[serde(alias = "roomConfig")]
    room_config: Option<RoomConfig>,
}

/// The part of LiveKit's `RoomConfiguration` that a visitor can influence.
#[derive(Default, Deserialize)]
#[serde(default)]
struct RoomConfig {
    agents: Option<Vec<AskedAgent>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct AskedAgent {
    #[serde(alias = "agentName")]
    agent_name: Option<String>,
    metadata: Option<String>,
}

/// Rules for what visitors may request.
#[derive(Debug)]
pub(super) struct Rules {
    /// Name of the agent to dispatch; empty for an agent that joins every room.
    pub(super) agent_name: String,
    /// Whether visitors may choose their room and identity.
    pub(super) allow_rooms: bool,
    /// Whether visitors may see the agent's whole session and control it.
    pub(super) manage: bool,
}

impl TokenRequest {
    /// Parses the body of a request.
    ///
    /// # Errors
    /// [`Refusal::Body`]
    pub(super) fn read(body: &[u8]) -> Result<Self, Refusal> {
        if body.is_empty() {
            return Ok(Self::default());
        }
        let why = Refusal::Body("the body is not a JSON object with the fields of a token request");
        // Serde would accept an array as the fields in order.
        if !body.trim_ascii_start().starts_with(b"{") {
            return Err(why);
        }
        serde_json::from_slice(body).map_err(|_| why)
    }

    /// The requested voice, which may be a JSON value of any type.
    pub(super) fn voice(&self, rules: &Rules) -> Option<Value> {
        let metadata = self.sent(rules)?.metadata.as_deref()?;
        let metadata = serde_json::from_str(metadata).ok()?;
        asked_voice(&metadata).cloned()
    }

    /// The first requested agent that is ours.
    fn sent(&self, rules: &Rules) -> Option<&AskedAgent> {
        let agents = self.room_config.as_ref()?.agents.as_ref()?;
        agents.iter().find(|it| {
            let name = it.agent_name.as_ref();
            name.is_none_or(|it| *it == rules.agent_name)
        })
    }

    /// Grants what the rules allow; `had` is the room and identity to return to, from an earlier
    /// token.
    ///
    /// # Errors
    /// [`Refusal::Body`] or [`Refusal::Rejoin`].
    pub(super) fn grant(
        self,
        rules: &Rules,
        had: Option<RoomIdentity>,
    ) -> Result<VisitorGrant, Refusal> {
        let agent = agent(rules, self.sent(rules))?;
        let room = named(
            self.room_name,
            "room_name is too long or contains control characters",
        )?;
        let identity = named(
            self.participant_identity,
            "participant_identity is too long or contains control characters",
        )?;
        let name = named(
            self.participant_name,
            "participant_name is too long or contains control characters",
        )?;
        let metadata = self.participant_metadata.unwrap_or_default();
        if metadata.len() > MAX_METADATA {
            return Err(Refusal::Body("participant_metadata is too long"));
        }
        Ok(VisitorGrant {
            room_identity: choose_identity(rules, (room, identity), had)?,
            name: name.unwrap_or_default(),
            metadata,
            attributes: attributes(self.participant_attributes.unwrap_or_default())?,
            agent,
            manages: rules.manage,
            valid: VALID,
        })
    }
}

/// Returns `name` if it is given and not empty; refuses it with `why` if it is invalid.
fn named(name: Option<String>, why: &'static str) -> Result<Option<String>, Refusal> {
    match name.filter(|name| !name.is_empty()) {
        Some(name) if name.len() > MAX_NAME || name.contains(char::is_control) => {
            Err(Refusal::Body(why))
        }
        name => Ok(name),
    }
}

type Named = (Option<String>, Option<String>);

fn choose_identity(
    rules: &Rules,
    (room, identity): Named,
    had: Option<RoomIdentity>,
) -> Result<RoomIdentity, Refusal> {
    if let Some(room_identity) = had {
        let is_it = room.is_none_or(|it| it == room_identity.room)
            && identity.is_none_or(|it| it == room_identity.identity);
        return is_it.then_some(room_identity).ok_or(Refusal::Rejoin);
    }
    let chosen = |name: Option<String>| name.filter(|_| rules.allow_rooms);
    Ok(RoomIdentity {
        room: chosen(room).unwrap_or_else(|| random::random("visit")),
        identity: chosen(identity).unwrap_or_else(|| random::random("visitor")),
    })
}

fn attributes(given: HashMap<String, String>) -> Result<HashMap<String, String>, Refusal> {
    let (most, longest) = MAX_ATTRIBUTES;
    if given.keys().any(|name| name.starts_with(RESERVED)) {
        let why = "participant_attributes must not start with lk., which LiveKit reserves";
        return Err(Refusal::Body(why));
    }
    let fits = |(name, value): (&String, &String)| name.len() <= MAX_NAME && value.len() <= longest;
    if given.len() > most || !given.iter().all(fits) {
        return Err(Refusal::Body(
            "participant_attributes has too many entries, or one that is too long",
        ));
    }
    Ok(given)
}

/// Our agent, with the dispatch metadata that the visitor requested.
fn agent(rules: &Rules, asked: Option<&AskedAgent>) -> Result<Option<AgentDispatch>, Refusal> {
    let metadata = asked.and_then(|it| it.metadata.clone());
    let metadata = metadata.unwrap_or_default();
    if metadata.len() > MAX_METADATA {
        return Err(Refusal::Body("the agent's metadata is too long"));
    }
    // An agent without a name joins every room by itself, but then gets no metadata.
    let is_needed = !(rules.agent_name.is_empty() && metadata.is_empty());
    let name = rules.agent_name.clone();
    Ok(is_needed.then_some(AgentDispatch { name, metadata }))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const CLERK: &str = "clerk";

    fn rules(agent_name: &str, allow_rooms: bool) -> Rules {
        Rules {
            agent_name: agent_name.to_owned(),
            allow_rooms,
            manage: false,
        }
    }

    fn grant(
        rules: &Rules,
        body: &Value,
        had: Option<&RoomIdentity>,
    ) -> Result<VisitorGrant, Refusal> {
        TokenRequest::read(body.to_string().as_bytes())?.grant(rules, had.cloned())
    }

    fn refused(body: &Value) -> bool {
        let refused = grant(&rules(CLERK, true), body, None).err();
        matches!(refused, Some(Refusal::Body(_)))
    }

    fn room_identity(room: &str, identity: &str) -> RoomIdentity {
        RoomIdentity {
            room: room.to_owned(),
            identity: identity.to_owned(),
        }
    }

    #[test]
    fn rooms_and_identities_are_random_unless_visitors_may_choose_them() {
        let body = json!({"room_name": "kitchen", "participantIdentity": "ada"});
        let chosen = grant(&rules("", true), &body, None).unwrap();
        assert_eq!(chosen.room_identity, room_identity("kitchen", "ada"));
        let made_up =
            [(); 2].map(|()| grant(&rules("", false), &body, None).unwrap().room_identity);
        assert!(made_up.iter().all(|it| it.room.starts_with("visit-")));
        assert_ne!(made_up[0].room, made_up[1].room);
        assert_ne!(made_up[0].identity, made_up[1].identity);
    }

    #[test]
    fn a_visitor_returns_to_the_same_seat_and_to_no_other() {
        let had = room_identity("visit-1", "visitor-1");
        let ask = |body| grant(&rules("", false), &body, Some(&had)).map(|it| it.room_identity);
        assert_eq!(ask(json!({})), Ok(had.clone()));
        let same = json!({"room_name": "visit-1", "participant_identity": "visitor-1"});
        assert_eq!(ask(same), Ok(had.clone()));
        for other in [
            json!({"room_name": "visit-2"}),
            json!({"participant_identity": "visitor-2"}),
        ] {
            assert_eq!(ask(other), Err(Refusal::Rejoin));
        }
    }

    #[test]
    fn only_our_agent_is_dispatched() {
        let sent = |ours: &str, agents: Value| {
            let body = json!({"room_config": {"agents": agents, "egress": {}}});
            let grant = grant(&rules(ours, false), &body, None).unwrap();
            grant.agent.map(|it| (it.name, it.metadata))
        };
        let agent = |name: &str, metadata: &str| Some((name.to_owned(), metadata.to_owned()));
        let asked = json!([{"agent_name": CLERK, "metadata": "desk 3"}]);
        assert_eq!(sent(CLERK, asked.clone()), agent(CLERK, "desk 3"));
        let camel = json!([{"agentName": "other"}, {"agentName": CLERK, "metadata": "4"}]);
        assert_eq!(sent(CLERK, camel), agent(CLERK, "4"));
        assert_eq!(sent(CLERK, json!([{"metadata": "5"}])), agent(CLERK, "5"));
        assert_eq!(sent(CLERK, json!([{"agent_name": "x"}])), agent(CLERK, ""));
        assert_eq!(sent(CLERK, json!([])), agent(CLERK, ""));
        // An agent without a name joins by itself.
        assert_eq!(sent("", json!([])), None);
        assert_eq!(sent("", asked), None);
        assert_eq!(sent("", json!([{"metadata": "6"}])), agent("", "6"));
    }

    #[test]
    fn the_metadata_of_our_agent_may_request_a_voice() {
        let voice = |agents: Value| {
            let body = json!({"room_config": {"agents": agents}}).to_string();
            let ask = TokenRequest::read(body.as_bytes()).unwrap();
            ask.voice(&rules(CLERK, false))
        };
        let metadata = |it: Value| json!([{"metadata": it.to_string()}]);
        assert_eq!(
            voice(metadata(json!({"voice": "alba"}))),
            Some(json!("alba"))
        );
        assert_eq!(voice(metadata(json!({"voice": [1]}))), Some(json!([1])));
        assert_eq!(voice(metadata(json!({"voice": ""}))), None);
        assert_eq!(voice(metadata(json!({"order": 7}))), None);
        assert_eq!(voice(json!([{"metadata": "voice"}])), None);
        assert_eq!(voice(json!([])), None);
        // The check reads the metadata that is passed on to our agent.
        let alba = json!({"voice": "alba"}).to_string();
        let other = json!({"agent_name": "other", "metadata": alba});
        assert_eq!(voice(json!([other, {"agent_name": CLERK}])), None);
        assert_eq!(
            voice(json!([other, {"agent_name": CLERK, "metadata": alba}])),
            Some(json!("alba"))
        );
    }

    #[test]
    fn fields_that_are_too_long_reserved_or_of_the_wrong_type_are_refused() {
        let many: HashMap<_, _> = (0..33).map(|n| (n.to_string(), "")).collect();
        for body in [
            json!({"room_name": "r".repeat(129)}),
            json!({"room_name": "a\nb"}),
            json!({"participant_identity": "i".repeat(129)}),
            json!({"participant_name": "n".repeat(129)}),
            json!({"participant_metadata": "m".repeat(4097)}),
            json!({"participant_attributes": {"lk.agent.state": "speaking"}}),
            json!({"participant_attributes": {"a": "v".repeat(1025)}}),
            json!({"participant_attributes": {"a": 1}}),
            json!({"participant_attributes": many}),
            json!({"room_config": {"agents": [{"metadata": "m".repeat(4097)}]}}),
            json!({"room_config": "none"}),
            json!([]),
            json!("text"),
        ] {
            assert!(refused(&body), "{body}");
        }
    }

    #[test]
    fn missing_empty_and_unknown_fields_are_ignored() {
        for body in [
            json!({}),
            json!({"room_name": "", "participant_name": null, "room_config": null}),
            json!({"favourite_colour": {"deep": [1]}, "room_config": {"agents": null}}),
        ] {
            assert!(grant(&rules("", true), &body, None).is_ok(), "{body}");
        }
        assert!(TokenRequest::read(b"").is_ok() && TokenRequest::read(b"{").is_err());
    }
}
