//! Context of a call (job, linked caller, current agent), and the agent profile built from it.

use std::collections::BTreeSet;
use std::sync::Arc;

use parlor_core::conversation::Event;
use parlor_core::dispatch::Job;
use parlor_core::ids::Identity;
use parlor_livekit::LiveKit;
use parlor_livekit::room::{self, RoomControl};
use parlor_tools::ToolContext;
use parlor_tools::mcp::McpTool;
use serde_json::{Value, json};
use tokio::sync::watch;

use crate::agent_store::AgentSnapshot;
use crate::definition::VoiceNotAllowed;

/// Builds the agent profile for the linked caller.
#[derive(Debug)]
pub(super) struct CallContext {
    job: Option<Job>,
    livekit: LiveKit,
    control: RoomControl,
    snapshots: watch::Receiver<Arc<AgentSnapshot>>,
    offered: Option<watch::Receiver<Arc<[McpTool]>>>,
    caller: Option<Identity>,
    /// Template variables already logged as missing.
    missing: BTreeSet<String>,
    /// The voice chosen by the dispatch, as last logged.
    voice: Option<Result<String, VoiceNotAllowed>>,
}

impl CallContext {
    pub(super) fn new(
        job: Option<Job>,
        livekit: LiveKit,
        control: RoomControl,
        snapshots: watch::Receiver<Arc<AgentSnapshot>>,
    ) -> Self {
        Self {
            job,
            livekit,
            control,
            snapshots,
            offered: None,
            caller: None,
            missing: BTreeSet::new(),
            voice: None,
        }
    }

    /// Sets the linked caller. Returns an event with the new profile, unless there is no caller.
    pub(super) fn listen(&mut self, caller: Option<Identity>) -> Option<Event> {
        self.caller = caller;
        self.caller.is_some().then(|| self.profile())
    }

    /// Waits until the agent or its MCP tools change, and returns an event with the new profile.
    /// Cancel-safe.
    pub(super) async fn changed(&mut self) -> Event {
        let offered = self.offered.as_mut();
        let changed = tokio::select! {
            changed = self.snapshots.changed() => changed,
            changed = async {
                match offered {
                    Some(offered) => offered.changed().await,
                    None => std::future::pending().await,
                }
            } => changed,
        };
        if changed.is_err() || self.caller.is_none() {
            // No further change can come, or there is no caller to build a profile for.
            std::future::pending::<()>().await;
        }
        self.profile()
    }

    /// Context for a tool that is run now.
    pub(super) fn tool_context(&self) -> ToolContext {
        ToolContext {
            control: self.control.clone(),
            livekit: self.livekit.clone(),
            values: self.values(),
            caller: self.caller.clone(),
            mcp: self.snapshots.borrow().mcp.clone(),
        }
    }

    /// The current agent.
    pub(super) fn snapshot(&self) -> Arc<AgentSnapshot> {
        self.snapshots.borrow().clone()
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
        let snapshot = self.snapshots.borrow_and_update().clone();
        let mut offered = snapshot.mcp.as_ref().map(|mcp| mcp.tools());
        let tools = offered.as_mut().map(|it| it.borrow_and_update().clone());
        self.offered = offered;
        let tools = tools.as_deref().unwrap_or_default();
        let (definition, values) = (&snapshot.agent.definition, self.values());
        self.log_voice(definition.chosen_voice(&values));
        let mut missing = BTreeSet::new();
        let profile = definition.profile(&values, tools, &mut missing);
        self.tell_missing(missing);
        Event::Profile(Box::new(profile))
    }

    /// Logs missing template variables that have not been logged before.
    fn tell_missing(&mut self, mut missing: BTreeSet<String>) {
        missing.retain(|name| !self.missing.contains(name));
        if !missing.is_empty() {
            let variables = missing.iter().map(String::as_str).collect::<Vec<_>>();
            let variables = variables.join(", ");
            tracing::warn!(variables, "template variables have no value");
            self.missing.append(&mut missing);
        }
    }

    /// Logs the chosen voice when it changes. A voice that is not allowed may be any text, so it is
    /// not logged.
    fn log_voice(&mut self, chosen: Result<Option<&str>, VoiceNotAllowed>) {
        let chosen = chosen.map(|voice| voice.map(str::to_owned)).transpose();
        if chosen == self.voice {
            return;
        }
        match &chosen {
            Some(Ok(voice)) => tracing::info!(%voice, "the dispatch chose the voice"),
            Some(Err(refused)) => tracing::warn!("{refused}; using the agent's own voice"),
            None => {}
        }
        self.voice = chosen;
    }

    /// Values of the call that templates and tools can use.
    fn values(&self) -> Value {
        let mut values = match &self.caller {
            Some(caller) => self.control.about(caller),
            None => json!({}),
        };
        let job = self.job.as_ref();
        let metadata = job.map(|job| room::metadata(job.metadata.reveal().clone()));
        values["job"] = json!({
            "id": job.map(|job| job.id.as_str()),
            "metadata": metadata,
            "attributes": job.map_or_else(|| json!({}), |job| json!(job.attributes)),
        });
        values["agent"] = json!({ "name": self.snapshots.borrow().agent.name });
        values
    }
}
