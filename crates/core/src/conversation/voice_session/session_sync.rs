//! The configuration that the agent needs, and the one that the API has.

use crate::conversation::failover::history::History;
use crate::conversation::profile::{AgentProfile, Patience, Phase};
use crate::secret::Private;
use crate::wire::agent::{Input, Output, SessionConfig, TurnDetection};

/// The API's default silences in milliseconds, minimum and maximum. They are sent to undo a changed
/// setting, because a setting cannot be removed.
const NOMINAL_SILENCE: (u32, u32) = (1_000, 3_000);

/// Number of rejected voices after which the API chooses one: the voice chosen for the call and the
/// agent's own.
const REFUSALS: usize = 2;

/// Keeps the configuration of the voice session in line with the agent and its phase.
#[derive(Debug)]
pub(crate) struct SessionSync {
    profile: AgentProfile,
    /// Name of the current phase.
    name: String,
    /// Index of the current phase in `profile.others`; `None` is the first phase.
    phase: Option<usize>,
    /// Configuration of the session, as last sent.
    sent: Option<SessionConfig>,
    /// History of the call given to a session that was opened in the middle of it.
    given_history: Option<Private<String>>,
    /// The agent expects a long answer.
    patient: bool,
    /// Silences were sent before, so they must be sent from now on.
    has_set_silence: bool,
    /// Voices rejected by the API; after [`REFUSALS`] of them no voice is requested.
    refused_voices: Vec<String>,
}

impl SessionSync {
    /// Continues in `phase` with a session that was given the history `given_history`.
    pub(crate) fn new(phase: String, given_history: Option<Private<String>>) -> Self {
        Self {
            profile: AgentProfile::default(),
            name: phase,
            phase: None,
            sent: None,
            given_history,
            patient: false,
            has_set_silence: false,
            refused_voices: Vec::new(),
        }
    }

    /// Profile of the agent for this caller.
    pub(crate) fn profile(&self) -> &AgentProfile {
        &self.profile
    }

    /// Replaces the profile. The call stays in its phase if the new profile has one of that name.
    pub(crate) fn set_profile(&mut self, profile: AgentProfile) {
        self.profile = profile;
        self.phase = self.find(&self.name).unwrap_or_default();
    }

    /// Name of the current phase.
    pub(crate) fn phase_name(&self) -> &str {
        &self.name
    }

    /// Enters the phase named `name`. Returns whether it exists.
    pub(crate) fn enter(&mut self, name: &str) -> bool {
        let Some(phase) = self.find(name) else {
            return false;
        };
        self.phase = phase;
        name.clone_into(&mut self.name);
        self.patient = false;
        true
    }

    /// Enters the first phase that matches `is_cue`. Returns its name if the phase changed.
    pub(crate) fn enter_if(&mut self, is_cue: impl Fn(&Phase) -> bool) -> Option<String> {
        let name = self.phases().find(|phase| is_cue(phase))?.name.clone();
        (name != self.name && self.enter(&name)).then_some(name)
    }

    /// Names of the first phase and the others.
    pub(crate) fn phase_names(&self) -> impl Iterator<Item = &str> {
        self.phases().map(|phase| phase.name.as_str())
    }

    fn phases(&self) -> impl Iterator<Item = &Phase> {
        std::iter::once(&self.profile.first).chain(&self.profile.others)
    }

    /// Configuration for a new session. In the middle of a call it includes the `history`.
    pub(crate) fn open(&mut self, history: Option<&History>) -> SessionConfig {
        self.given_history = history.and_then(History::for_prompt);
        let mut session = self.wanted();
        if history.is_some_and(History::has_begun) {
            session.greeting = None;
        }
        if session.agent_id.is_some() {
            session = SessionConfig {
                agent_id: session.agent_id,
                ..SessionConfig::default()
            };
        }
        self.note(session.clone());
        session
    }

    /// A session was resumed. If another process opened it, its configuration is assumed to be
    /// current.
    pub(crate) fn resume(&mut self) {
        if self.sent.is_none() {
            let wanted = self.wanted();
            self.note(wanted);
        }
    }

    /// History given to the session.
    pub(crate) fn given_history(&self) -> Option<&Private<String>> {
        self.given_history.as_ref()
    }

    /// Returns the changes to send to the session, if there are any.
    pub(crate) fn change(&mut self) -> Option<SessionConfig> {
        let wanted = self.wanted();
        let change = difference(self.sent.as_ref()?, &wanted);
        if change != SessionConfig::default() {
            self.note(wanted);
            return Some(change);
        }
        None
    }

    /// The API rejected the voice. Returns whether to retry with another voice or none.
    pub(crate) fn refuse_voice(&mut self) -> bool {
        let Some(voice) = self.voice() else {
            return false;
        };
        self.refused_voices.push(voice);
        true
    }

    /// The agent has spoken: checks whether it expects a long answer.
    pub(crate) fn agent_said(&mut self, words: &str) {
        let Some(patience) = &self.phase().patience else {
            return;
        };
        let words = words.to_lowercase();
        self.patient = patience.after.iter().any(|phrase| words.contains(phrase));
    }

    /// The caller has answered.
    pub(crate) fn caller_said(&mut self) {
        self.patient = false;
    }

    /// Whether callers can interrupt the agent at the API.
    pub(crate) fn is_interruptible(&self) -> bool {
        let input = self.phase().session.input.as_ref();
        let turns = input.and_then(|input| input.turn_detection.as_ref());
        turns.and_then(|turns| turns.interrupt_response) != Some(false)
    }

    /// Voice to request: the chosen one, then the agent's own, unless the API rejected them.
    fn voice(&self) -> Option<String> {
        if self.refused_voices.len() >= REFUSALS {
            return None;
        }
        let output = self.profile.first.session.output.as_ref();
        let chosen = output.and_then(|it| it.voice.as_ref());
        let mut voices = chosen.into_iter().chain(&self.profile.own_voice);
        voices.find(|it| !self.refused_voices.contains(it)).cloned()
    }

    fn phase(&self) -> &Phase {
        let other = self.phase.and_then(|at| self.profile.others.get(at));
        other.unwrap_or(&self.profile.first)
    }

    /// Finds the phase named `name`: `Some(None)` is the first phase, `Some(Some(index))` another
    /// one.
    fn find(&self, name: &str) -> Option<Option<usize>> {
        if self.profile.first.name == name {
            return Some(None);
        }
        let at = self.profile.others.iter().position(|it| it.name == name);
        at.map(Some)
    }

    fn note(&mut self, sent: SessionConfig) {
        let input = sent.input.as_ref();
        let turns = input.and_then(|input| input.turn_detection.as_ref());
        self.has_set_silence |= turns.is_some_and(|it| it.min_silence.is_some());
        self.sent = Some(sent);
    }

    /// The full configuration that the session should have.
    fn wanted(&self) -> SessionConfig {
        let phase = self.phase();
        let mut session = phase.session.clone();
        let first = &self.profile.first.session;
        session.agent_id.clone_from(&first.agent_id);
        session.greeting.clone_from(&first.greeting);
        session.webhook.clone_from(&first.webhook);
        if let Some(given_history) = &self.given_history {
            let prompt = session.system_prompt.take().unwrap_or_default();
            let prompt = format!("{}\n\n{}", prompt.reveal(), given_history.reveal());
            session.system_prompt = Some(prompt.trim().to_owned().into());
        }
        if let Some(output) = session.output.as_mut() {
            output.voice = self.voice();
        }
        match &phase.patience {
            Some(patience) if self.patient => set_silence(&mut session, patience.silence()),
            _ if self.has_set_silence => set_silence_unless_set(&mut session),
            _ => {}
        }
        session
    }
}

impl Patience {
    fn silence(&self) -> (u32, u32) {
        (self.min_silence, self.max_silence)
    }
}

fn turn_detection(session: &mut SessionConfig) -> &mut TurnDetection {
    let input = session.input.get_or_insert_with(Input::default);
    input
        .turn_detection
        .get_or_insert_with(TurnDetection::default)
}

fn set_silence(session: &mut SessionConfig, (least, most): (u32, u32)) {
    let turns = turn_detection(session);
    turns.min_silence = Some(least);
    turns.max_silence = Some(most);
}

fn set_silence_unless_set(session: &mut SessionConfig) {
    let turns = turn_detection(session);
    if turns.min_silence.is_none() && turns.max_silence.is_none() {
        set_silence(session, NOMINAL_SILENCE);
    }
}

/// Changes from `sent` to `wanted`, limited to fields that can change during a session. Nested
/// objects are sent whole; formats and voice are never sent.
fn difference(sent: &SessionConfig, wanted: &SessionConfig) -> SessionConfig {
    let mut change = SessionConfig::default();
    if sent.system_prompt != wanted.system_prompt {
        change.system_prompt = Some(wanted.system_prompt.clone().unwrap_or_default());
    }
    let tools = wanted.tools.clone().unwrap_or_default();
    if sent.tools.as_deref().unwrap_or_default() != tools {
        change.tools = Some(tools);
    }
    let input = changeable_input(wanted);
    if changeable_input(sent) != input {
        change.input = Some(input);
    }
    let volume = |session: &SessionConfig| session.output.as_ref().and_then(|it| it.volume);
    if let Some(loud) = volume(wanted)
        && volume(sent) != Some(loud)
    {
        change.output = Some(Output {
            volume: Some(loud),
            ..Output::default()
        });
    }
    change
}

fn changeable_input(session: &SessionConfig) -> Input {
    Input {
        format: None,
        ..session.input.clone().unwrap_or_default()
    }
}
