//! What the agent is at the moment, and what the API was told of it.

use crate::conversation::failover::history::History;
use crate::conversation::profile::{AgentProfile, Patience, Phase};
use crate::secret::Private;
use crate::wire::agent::{Input, Output, SessionConfig, TurnDetection};

/// What the API's silences are when nobody has set them, in milliseconds. A setting cannot be
/// taken back, so this is what comes after one.
const NOMINAL_SILENCE: (u32, u32) = (1_000, 3_000);

/// Refused voices after which the API chooses one: a chosen voice, and the agent's own.
const REFUSALS: usize = 2;

/// What the agent is at the moment, and what the API was told of it.
#[derive(Debug)]
pub(crate) struct SessionSync {
    profile: AgentProfile,
    /// What the phase is called that the call is in.
    name: String,
    /// Where it is among the others; none is the first.
    phase: Option<usize>,
    /// What the session at the API is.
    told: Option<SessionConfig>,
    /// What a session that began in the middle of the call was told of it.
    cancelled: Option<Private<String>>,
    /// A long answer is awaited.
    patient: bool,
    /// The API was told silences, so it must be told them from now on.
    has_set_silence: bool,
    /// Voices that the API refused; after [`REFUSALS`] of them none is asked for.
    refused_voices: Vec<String>,
}

impl SessionSync {
    /// Goes on in `phase` with a session that was told `cancelled` of the call before it.
    pub(crate) fn new(phase: String, cancelled: Option<Private<String>>) -> Self {
        Self {
            profile: AgentProfile::default(),
            name: phase,
            phase: None,
            told: None,
            cancelled,
            patient: false,
            has_set_silence: false,
            refused_voices: Vec::new(),
        }
    }

    /// What the agent is for this caller.
    pub(crate) fn profile(&self) -> &AgentProfile {
        &self.profile
    }

    /// It has changed. The call stays in its phase, if there still is one of that name.
    pub(crate) fn set_profile(&mut self, profile: AgentProfile) {
        self.profile = profile;
        self.phase = self.find(&self.name).unwrap_or_default();
    }

    /// What the phase is called that the call is in.
    pub(crate) fn phase_name(&self) -> &str {
        &self.name
    }

    /// Goes on in the phase named `name`; whether there is one.
    pub(crate) fn enter(&mut self, name: &str) -> bool {
        let Some(phase) = self.find(name) else {
            return false;
        };
        self.phase = phase;
        name.clone_into(&mut self.name);
        self.patient = false;
        true
    }

    /// Goes on in a phase that is entered by words of the caller or by a tool; gives its name.
    pub(crate) fn enter_if(&mut self, is_cue: impl Fn(&Phase) -> bool) -> Option<String> {
        let name = self.phases().find(|phase| is_cue(phase))?.name.clone();
        (name != self.name && self.enter(&name)).then_some(name)
    }

    /// What the first phase and the others are called.
    pub(crate) fn phase_names(&self) -> impl Iterator<Item = &str> {
        self.phases().map(|phase| phase.name.as_str())
    }

    fn phases(&self) -> impl Iterator<Item = &Phase> {
        std::iter::once(&self.profile.first).chain(&self.profile.others)
    }

    /// What is said first to a session that begins; in the middle of a call it learns of it.
    pub(crate) fn open(&mut self, history: Option<&History>) -> SessionConfig {
        self.cancelled = history.and_then(History::told);
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

    /// A session goes on; if another process has opened it, that was told what we would tell.
    pub(crate) fn resume(&mut self) {
        if self.told.is_none() {
            let wanted = self.wanted();
            self.note(wanted);
        }
    }

    /// What the session was told of the call before it.
    pub(crate) fn cancelled(&self) -> Option<&Private<String>> {
        self.cancelled.as_ref()
    }

    /// What the API has to be told so that the session is what the agent is.
    pub(crate) fn change(&mut self) -> Option<SessionConfig> {
        let wanted = self.wanted();
        let change = difference(self.told.as_ref()?, &wanted);
        if change != SessionConfig::default() {
            self.note(wanted);
            return Some(change);
        }
        None
    }

    /// The API refused the voice; whether the session can be opened with another one, or with none.
    pub(crate) fn refuse_voice(&mut self) -> bool {
        let Some(voice) = self.voice() else {
            return false;
        };
        self.refused_voices.push(voice);
        true
    }

    /// The agent has said something: a long answer may be awaited.
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

    /// Whether the API lets callers interrupt.
    pub(crate) fn is_interruptible(&self) -> bool {
        let input = self.phase().session.input.as_ref();
        let turns = input.and_then(|input| input.turn_detection.as_ref());
        turns.and_then(|turns| turns.interrupt_response) != Some(false)
    }

    /// The voice to ask for: the chosen one, else the agent's own, unless the API refused them.
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

    /// Where the phase named `name` is, if there is one.
    fn find(&self, name: &str) -> Option<Option<usize>> {
        if self.profile.first.name == name {
            return Some(None);
        }
        let at = self.profile.others.iter().position(|it| it.name == name);
        at.map(Some)
    }

    fn note(&mut self, told: SessionConfig) {
        let input = told.input.as_ref();
        let turns = input.and_then(|input| input.turn_detection.as_ref());
        self.has_set_silence |= turns.is_some_and(|it| it.min_silence.is_some());
        self.told = Some(told);
    }

    /// All that the session ought to be.
    fn wanted(&self) -> SessionConfig {
        let phase = self.phase();
        let mut session = phase.session.clone();
        let first = &self.profile.first.session;
        session.agent_id.clone_from(&first.agent_id);
        session.greeting.clone_from(&first.greeting);
        session.webhook.clone_from(&first.webhook);
        if let Some(cancelled) = &self.cancelled {
            let prompt = session.system_prompt.take().unwrap_or_default();
            let prompt = format!("{}\n\n{}", prompt.reveal(), cancelled.reveal());
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

/// What makes `wanted` of `told`, of the fields that may change in a session. Nested objects go
/// whole, formats and voice never.
fn difference(told: &SessionConfig, wanted: &SessionConfig) -> SessionConfig {
    let mut change = SessionConfig::default();
    if told.system_prompt != wanted.system_prompt {
        change.system_prompt = Some(wanted.system_prompt.clone().unwrap_or_default());
    }
    let tools = wanted.tools.clone().unwrap_or_default();
    if told.tools.as_deref().unwrap_or_default() != tools {
        change.tools = Some(tools);
    }
    let input = changeable_input(wanted);
    if changeable_input(told) != input {
        change.input = Some(input);
    }
    let volume = |session: &SessionConfig| session.output.as_ref().and_then(|it| it.volume);
    if let Some(loud) = volume(wanted)
        && volume(told) != Some(loud)
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
