//! What is known of a call before it begins, and what the agent is because of it.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use parlor_core::conversation::Event;
use parlor_core::ids::Identity;
use parlor_core::secret::Private;
use serde_json::{Value, json};
use tokio::sync::watch;

use crate::agent_store::AgentSnapshot;
use crate::config::LiveKit;
use crate::definition::VoiceNotAllowed;
use crate::random;
use crate::room::{self, RoomControl};
use crate::tools::ToolContext;
use crate::tools::mcp::McpTool;

/// What dispatch tells of a call.
#[derive(Debug, Clone, Default)]
pub struct JobData {
    /// Its name; empty for a call that nobody dispatched.
    pub id: String,
    /// What the dispatch brought for the agent, often JSON.
    pub metadata: Private<String>,
    /// What the dispatch brought for the agent's attributes.
    pub attributes: HashMap<String, String>,
}

impl JobData {
    /// What the call's report is named by.
    pub(super) fn report_id(&self) -> String {
        match self.id.is_empty() {
            true => random::random("call"),
            false => self.id.clone(),
        }
    }
}

/// Tells what the agent is for whoever it listens to.
#[derive(Debug)]
pub(super) struct CallContext {
    job: JobData,
    livekit: LiveKit,
    control: RoomControl,
    present: watch::Receiver<Arc<AgentSnapshot>>,
    offered: Option<watch::Receiver<Arc<[McpTool]>>>,
    caller: Option<Identity>,
    /// Variables that were missing in what the agent says.
    missing: BTreeSet<String>,
    /// The voice that the dispatch has chosen, as it was logged last.
    voice: Option<Result<String, VoiceNotAllowed>>,
}

impl CallContext {
    pub(super) fn new(
        job: JobData,
        livekit: LiveKit,
        control: RoomControl,
        present: watch::Receiver<Arc<AgentSnapshot>>,
    ) -> Self {
        Self {
            job,
            livekit,
            control,
            present,
            offered: None,
            caller: None,
            missing: BTreeSet::new(),
            voice: None,
        }
    }

    /// The agent listens to `caller` from now on.
    pub(super) fn listen(&mut self, caller: Option<Identity>) -> Option<Event> {
        self.caller = caller;
        self.caller.is_some().then(|| self.profile())
    }

    /// The agent, or what it can do, has changed; waits for ever while it stays. Cancel-safe.
    pub(super) async fn changed(&mut self) -> Event {
        let offered = self.offered.as_mut();
        let changed = tokio::select! {
            changed = self.present.changed() => changed,
            changed = async {
                match offered {
                    Some(offered) => offered.changed().await,
                    None => std::future::pending().await,
                }
            } => changed,
        };
        if changed.is_err() || self.caller.is_none() {
            // Nobody is there to change it, or to hear of it.
            std::future::pending::<()>().await;
        }
        self.profile()
    }

    /// What a tool may work with, used now.
    pub(super) fn tool_context(&self) -> ToolContext {
        ToolContext {
            control: self.control.clone(),
            livekit: self.livekit.clone(),
            values: self.values(),
            caller: self.caller.clone(),
            mcp: self.present.borrow().mcp.clone(),
        }
    }

    /// The agent as it is now.
    pub(super) fn present(&self) -> Arc<AgentSnapshot> {
        self.present.borrow().clone()
    }

    pub(super) fn livekit(&self) -> &LiveKit {
        &self.livekit
    }

    pub(super) fn control(&self) -> &RoomControl {
        &self.control
    }

    pub(super) fn caller(&self) -> Option<&Identity> {
        self.caller.as_ref()
    }

    fn profile(&mut self) -> Event {
        let present = self.present.borrow_and_update().clone();
        let mut offered = present.mcp.as_ref().map(|mcp| mcp.tools());
        let tools = offered.as_mut().map(|it| it.borrow_and_update().clone());
        self.offered = offered;
        let tools = tools.as_deref().unwrap_or_default();
        let (definition, values) = (&present.agent.definition, self.values());
        self.log_voice(definition.chosen_voice(&values));
        let mut missing = BTreeSet::new();
        let profile = definition.profile(&values, tools, &mut missing);
        self.tell_missing(missing);
        Event::Brief(Box::new(profile))
    }

    /// Logs the names of values that were not missing before.
    fn tell_missing(&mut self, mut missing: BTreeSet<String>) {
        missing.retain(|name| !self.missing.contains(name));
        if !missing.is_empty() {
            let variables = missing.iter().map(String::as_str).collect::<Vec<_>>();
            let variables = variables.join(", ");
            tracing::warn!(
                variables,
                "values are missing in the agent's lines and are left out"
            );
            self.missing.append(&mut missing);
        }
    }

    /// Logs once which voice was chosen. One that is not allowed may be anything, and is not shown.
    fn log_voice(&mut self, chosen: Result<Option<&str>, VoiceNotAllowed>) {
        let chosen = chosen.map(|voice| voice.map(str::to_owned)).transpose();
        if chosen == self.voice {
            return;
        }
        match &chosen {
            Some(Ok(voice)) => tracing::info!(%voice, "the dispatch has chosen the voice"),
            Some(Err(refused)) => tracing::warn!("{refused}: the agent keeps its own"),
            None => {}
        }
        self.voice = chosen;
    }

    /// What templates and tools know of the call.
    fn values(&self) -> Value {
        let mut values = match &self.caller {
            Some(caller) => self.control.about(caller),
            None => json!({}),
        };
        let id = Some(&self.job.id).filter(|id| !id.is_empty());
        values["job"] = json!({
            "id": id,
            "metadata": room::metadata(self.job.metadata.reveal().clone()),
            "attributes": self.job.attributes,
        });
        values["agent"] = json!({ "name": self.present.borrow().agent.name });
        values
    }
}
