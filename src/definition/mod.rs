//! The definition of an agent, independent of the caller: parsed templates and ready-made tools.
//!
//! A [`Definition`] is built from the agent file and is the same for all calls. Filled with the
//! values of one caller, it becomes the [`AgentProfile`] of one call.

mod call_template;
mod spec;
mod voices;

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use parlor_common::dial::Proxies;
use parlor_common::settings::Source;
use parlor_core::conversation::{AgentProfile, Limits, Lines, Patience, Phase, ToolRule};
use parlor_core::secret::Private;
use parlor_core::wire::agent::{Output, SessionConfig, Tool};
use parlor_tools::mcp::{self, McpSpec, McpTool};
use parlor_tools::{ToolSpec, Toolbox, glob};
use serde_json::Value;

pub use spec::{AgentSpec, LinesSpec, PhaseSpec};
pub(crate) use voices::asked as asked_voice;
pub use voices::{VoiceNotAllowed, Voices};

use call_template::CallTemplate;

/// The definition of an agent, independent of the caller.
#[derive(Default)]
pub struct Definition {
    first: PhaseDefinition,
    others: Vec<PhaseDefinition>,
    voices: Voices,
    tools: Vec<ToolDefinition>,
    limits: Limits,
    lines: LinesDefinition,
    toolbox: Arc<Toolbox>,
    mcp: Vec<McpSpec>,
}

#[derive(Default)]
struct PhaseDefinition {
    name: String,
    session: SessionConfig,
    prompt: Option<CallTemplate>,
    greeting: Option<CallTemplate>,
    patience: Option<Patience>,
    tools: Option<Vec<String>>,
    when_caller_says: Vec<String>,
    after_tool: Vec<String>,
}

struct ToolDefinition {
    /// Without fillers, which are templates.
    rule: ToolRule,
    tool: Tool,
    fillers: Vec<CallTemplate>,
}

#[derive(Default)]
struct LinesDefinition {
    idle: Vec<CallTemplate>,
    goodbye: Option<CallTemplate>,
    busy: Option<CallTemplate>,
    lost: Option<CallTemplate>,
}

impl fmt::Debug for Definition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Definition")
            .field("phases", &(1 + self.others.len()))
            .field("tools", &self.tools.len())
            .field("mcp", &self.mcp.len())
            .finish_non_exhaustive()
    }
}

impl Definition {
    /// Parses the templates and builds the tools of `spec`, with secrets from `source`.
    ///
    /// # Errors
    /// All problems with them, one message each.
    pub fn new(spec: AgentSpec, source: &Source, proxies: &Proxies) -> Result<Self, Vec<String>> {
        let mut problems = Vec::new();
        let tools = spec.tools;
        let toolbox = Toolbox::new(&tools, source, proxies);
        let toolbox = toolbox.map_err(|wrong| problems.extend(wrong)).ok();
        let others = spec.others.into_iter();
        let definition = Self {
            first: phase(spec.first, &mut problems),
            others: others.map(|it| phase(it, &mut problems)).collect(),
            voices: spec.voices,
            tools: tools
                .into_iter()
                .map(|it| tool(it, &mut problems))
                .collect(),
            limits: spec.limits,
            lines: lines(&spec.lines, &mut problems),
            toolbox: Arc::new(toolbox.unwrap_or_default()),
            mcp: spec.mcp,
        };
        problems.extend(mcp::problems(&definition.mcp, source));
        problems.extend(definition.names_twice());
        match problems.is_empty() {
            true => Ok(definition),
            false => Err(problems),
        }
    }

    /// The toolbox that executes its tools.
    pub fn toolbox(&self) -> Arc<Toolbox> {
        self.toolbox.clone()
    }

    /// MCP servers whose tools the agent can use.
    pub fn mcp(&self) -> &[McpSpec] {
        &self.mcp
    }

    /// Name of the agent's own voice; `None` if the API chooses, or if the agent is stored there.
    pub fn voice(&self) -> Option<&str> {
        let output = self.first.session.output.as_ref()?;
        output.voice.as_deref()
    }

    /// The voices that a dispatch may choose.
    pub fn voices(&self) -> &Voices {
        &self.voices
    }

    /// Whether the agent speaks first.
    pub fn greets(&self) -> bool {
        self.first.greeting.is_some()
    }

    /// The text that is written to waiting callers, filled with `values`; `None` if there is none.
    pub fn busy(&self, values: &Value) -> Option<Private<String>> {
        let busy = self.lines.busy.as_ref()?;
        busy.for_person(values, &mut BTreeSet::new())
    }

    /// Warnings about values in spoken or written texts that some callers may lack, one line each.
    pub fn warnings(&self) -> Vec<String> {
        let phases = std::iter::once(&self.first).chain(&self.others);
        let greetings = phases.filter_map(|phase| phase.greeting.as_ref());
        let fillers = self.tools.iter().flat_map(|tool| &tool.fillers);
        let spoken = greetings.chain(self.lines.all()).chain(fillers);
        spoken.flat_map(CallTemplate::warnings).collect()
    }

    /// The voice that the dispatch of the call asks for in `values`, if it does.
    ///
    /// # Errors
    /// [`VoiceNotAllowed`]
    pub fn chosen_voice<'a>(&self, values: &'a Value) -> Result<Option<&'a str>, VoiceNotAllowed> {
        self.voices.choose(&values["job"]["metadata"])
    }

    /// The agent for the caller whom `values` describe, with the tools that MCP servers offer.
    /// Variables that are missing in what the agent says are added to `missing`. If the dispatch
    /// asks for a voice that it may not choose, the agent keeps its own.
    pub fn profile(
        &self,
        values: &Value,
        offered: &[McpTool],
        missing: &mut BTreeSet<String>,
    ) -> AgentProfile {
        let mut fill = |words: &CallTemplate| words.for_person(values, missing);
        let own = self.tools.iter().map(|tool| {
            let fillers = tool.fillers.iter().filter_map(&mut fill).collect();
            let rule = ToolRule {
                fillers,
                ..tool.rule.clone()
            };
            (rule, tool.tool.clone())
        });
        let mut tools: Vec<_> = own.collect();
        tools.extend(offered.iter().map(of_mcp));
        let lines = self.lines.fill(&mut fill);
        let mut phase = |phase: &PhaseDefinition| phase.fill(values, &tools, &mut fill);
        let mut first = phase(&self.first);
        let mut own_voice = None;
        if let Ok(Some(voice)) = self.chosen_voice(values) {
            let output = first.session.output.get_or_insert_with(Output::default);
            own_voice = output.voice.replace(voice.to_owned());
        }
        AgentProfile {
            first,
            others: self.others.iter().map(phase).collect(),
            limits: self.limits.clone(),
            lines,
            tools: tools.into_iter().map(|(rule, _)| rule).collect(),
            own_voice,
        }
    }

    fn names_twice(&self) -> Vec<String> {
        let names: Vec<_> = self.tools.iter().map(|tool| &tool.rule.name).collect();
        let is_twice = |at: &usize| names[..*at].contains(&names[*at]);
        let twice = (0..names.len()).filter(is_twice);
        twice
            .map(|at| {
                format!(
                    "[[tools]] {:?}: there are two tools of that name",
                    names[at]
                )
            })
            .collect()
    }
}

impl PhaseDefinition {
    fn fill(
        &self,
        values: &Value,
        tools: &[(ToolRule, Tool)],
        for_person: &mut impl FnMut(&CallTemplate) -> Option<Private<String>>,
    ) -> Phase {
        let shown = tools.iter().map(|(_, tool)| tool);
        let shown: Vec<_> = shown.filter(|it| self.shows(&it.name)).cloned().collect();
        let session = SessionConfig {
            system_prompt: self.prompt.as_ref().map(|it| it.for_model(values)),
            greeting: self.greeting.as_ref().and_then(for_person),
            tools: (!tools.is_empty()).then_some(shown),
            ..self.session.clone()
        };
        Phase {
            name: self.name.clone(),
            session,
            patience: self.patience.clone(),
            when_caller_says: self.when_caller_says.clone(),
            after_tool: self.after_tool.clone(),
        }
    }

    fn shows(&self, tool: &str) -> bool {
        let Some(patterns) = &self.tools else {
            return true;
        };
        patterns.iter().any(|it| glob::matches(it, tool))
    }
}

impl LinesDefinition {
    fn fill(&self, fill: &mut impl FnMut(&CallTemplate) -> Option<Private<String>>) -> Lines {
        Lines {
            idle: self.idle.iter().filter_map(&mut *fill).collect(),
            goodbye: self.goodbye.as_ref().and_then(&mut *fill),
            busy: self.busy.as_ref().and_then(&mut *fill),
            lost: self.lost.as_ref().and_then(fill),
        }
    }

    fn all(&self) -> impl Iterator<Item = &CallTemplate> {
        let others = [&self.goodbye, &self.busy, &self.lost];
        self.idle.iter().chain(others.into_iter().flatten())
    }
}

fn phase(spec: PhaseSpec, problems: &mut Vec<String>) -> PhaseDefinition {
    let name = spec.name;
    let mut words = |key: &str, text: Option<Private<String>>| {
        call_template::parse(&format!("{key} of {name:?}"), &text?, problems)
    };
    PhaseDefinition {
        prompt: words("prompt", spec.prompt),
        greeting: words("greeting", spec.greeting),
        session: spec.session,
        patience: spec.patience,
        tools: spec.tools,
        when_caller_says: spec.when_caller_says,
        after_tool: spec.after_tool,
        name,
    }
}

fn lines(spec: &LinesSpec, problems: &mut Vec<String>) -> LinesDefinition {
    let mut words = |key: &str, text: Option<&Private<String>>| {
        call_template::parse(&format!("[lines] {key}"), text?, problems)
    };
    let idle = spec.idle.iter();
    LinesDefinition {
        idle: idle.filter_map(|it| words("idle", Some(it))).collect(),
        goodbye: words("goodbye", spec.goodbye.as_ref()),
        busy: words("busy", spec.busy.as_ref()),
        lost: words("lost", spec.lost.as_ref()),
    }
}

fn tool(spec: ToolSpec, problems: &mut Vec<String>) -> ToolDefinition {
    let mut rule = spec.rule;
    let key = format!("fillers of [[tools]] {:?}", rule.name);
    let fillers = std::mem::take(&mut rule.fillers);
    let fillers = fillers.iter();
    ToolDefinition {
        fillers: fillers
            .filter_map(|it| call_template::parse(&key, it, problems))
            .collect(),
        rule,
        tool: spec.tool,
    }
}

/// Rule and description of a tool that an MCP server offers.
fn of_mcp(offered: &McpTool) -> (ToolRule, Tool) {
    let rule = ToolRule {
        name: offered.name.clone(),
        within: offered.timeout,
        ..ToolRule::default()
    };
    let tool = Tool {
        name: offered.name.clone(),
        description: offered.description.clone(),
        parameters: offered.input_schema.clone(),
        execution_mode: None,
        timeout_seconds: None,
        response_instructions: None,
    };
    (rule, tool)
}
